"""What breaks: failed runs by cause and place, and by weekday and hour."""

from typing import Final

from playhead_collector.answer.costs import narrowed
from playhead_collector.answer.search import WEEKDAYS, Condition
from playhead_collector.answer.shapes import cost
from playhead_collector.store.store import Store
from playhead_collector.views import FailureGroup, HourCell

DAYS_SHOWN: Final = 30


def read_groups(store: Store, q: str, condition: Condition) -> list[FailureGroup]:
    """Return groups of failed runs with the same fingerprint, the most frequent first."""
    days: dict[str, list[tuple[str, int]]] = {}
    where = {"where": condition.sql}
    for fingerprint, day, runs in store.query("failure_days", condition.parameters, **where):
        days.setdefault(fingerprint, []).append((day, runs))
    rows = store.records("failure_groups", condition.parameters, **where)
    return [
        FailureGroup(
            **{
                key: value for key, value in row.items() if key not in ("cost_usd", "calls_unknown")
            },
            cost=cost(row["cost_usd"], row["calls_unknown"]),
            days=days.get(row["fingerprint"], [])[-DAYS_SHOWN:],
            q=narrowed(q, "fingerprint", row["fingerprint"]),
        )
        for row in rows
    ]


def read_hours(store: Store, q: str, condition: Condition) -> list[HourCell]:
    """Return the cells that have any run."""
    rows = store.query("failure_hours", condition.parameters, where=condition.sql)
    return [
        HourCell(
            weekday=weekday,
            hour=hour,
            runs=runs,
            failed=failed,
            q=f"{q} weekday:{WEEKDAYS[weekday]} hour:{hour}".strip(),
        )
        for weekday, hour, runs, failed in rows
    ]
