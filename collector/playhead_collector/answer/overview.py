"""The numbers of the start page."""

from typing import Any, Final

from playhead_collector.answer.search import Condition, parse
from playhead_collector.answer.shapes import cost, money, run_view
from playhead_collector.store.store import Store
from playhead_collector.views import Overview, RunView

RUNS_SHOWN: Final = 8  # of each list


def read_overview(store: Store, *, since_ns: int | None, now_ns: int) -> Overview:
    """Return the numbers since a moment (or of all time), and of the same length before it."""
    now = _totals(store, parse("", since_ns=since_ns))
    earlier = _totals(store, Condition("false"))
    if since_ns is not None:
        length = max(0, now_ns - since_ns)
        earlier = _totals(store, parse("", since_ns=since_ns - length, until_ns=since_ns))
    span = parse("", since_ns=since_ns)
    days = store.records("run_days", span.parameters, where=span.sql)
    return Overview(
        runs=now["runs"],
        failed=now["failed"],
        running=now["running"],
        p95_ns=now["p95_ns"],
        cost=cost(now["cost_usd"], now["calls_unknown"]),
        runs_before=earlier["runs"],
        failed_before=earlier["failed"],
        p95_before_ns=earlier["p95_ns"],
        cost_before=cost(earlier["cost_usd"], earlier["calls_unknown"]),
        days=[{**day, "cost_usd": money(day["cost_usd"])} for day in days],
        newest=_runs(store, "", since_ns, "start_ns desc, run_id"),
        newest_failures=_runs(store, "status:failed", since_ns, "start_ns desc, run_id"),
        slowest=_runs(store, "", since_ns, "duration_ns desc nulls last, run_id"),
        dearest=_runs(store, "cost>0", since_ns, "cost_usd desc nulls last, run_id"),
    )


def _totals(store: Store, condition: Condition) -> dict[str, Any]:
    return store.records("run_totals", condition.parameters, where=condition.sql)[0]


def _runs(store: Store, q: str, since_ns: int | None, order: str) -> list[RunView]:
    condition = parse(q, since_ns=since_ns)
    parameters = {**condition.parameters, "limit": RUNS_SHOWN}
    rows = store.records("runs_page", parameters, where=condition.sql, order=order)
    return [run_view(row) for row in rows]
