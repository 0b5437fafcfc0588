"""Where the money went: spend by workflow, model, tool, step or day."""

from collections.abc import Mapping
from typing import Any, Final

from playhead_collector.answer.search import USED_FIELDS, Condition, quote
from playhead_collector.answer.shapes import cost
from playhead_collector.read import CostBy
from playhead_collector.store.store import Store
from playhead_collector.views import CostRow

STEP_FIELDS: Final = {"model": "model", "tool": "tool", "step": "node"}  # of the search language


def read_costs(store: Store, by: CostBy, q: str, condition: Condition) -> list[CostRow]:
    """Return the groups of the runs that a condition finds, the dearest first.

    Groups by model, tool or step add up to the same money as groups by workflow or day, since
    every billed call lies in exactly one of each; tools have none of their own.
    """
    where = {"where": condition.sql}
    field = STEP_FIELDS.get(by, by)
    if by in STEP_FIELDS:
        columns, which = USED_FIELDS[field]
        fragments = {"key": f"s.{columns[0]}", "which": which, **where}
        rows = store.records("costs_of_steps", condition.parameters, **fragments)
    else:
        rows = store.records("costs_of_runs", condition.parameters, key=by, **where)
    return [_row(row, narrowed(q, field, row["key"])) for row in rows]


def narrowed(q: str, field: str, value: str | None) -> str:
    """Return a query that finds the runs of one group only; without a value, of those unnamed."""
    return f"{q} {field}:{quote(value or '')}".strip()


def _row(row: Mapping[str, Any], q: str) -> CostRow:
    counts = ("tokens_input", "tokens_output", "tokens_cache_read", "tokens_reasoning")
    return CostRow(
        key=row["key"],
        runs=row["runs"],
        model_calls=row["model_calls"],
        tool_calls=row["tool_calls"],
        **{name: None if row[name] is None else int(row[name]) for name in counts},
        cost=cost(row["cost_usd"], row["calls_unknown"]),
        duration_ns=int(row["duration_ns"]),
        q=q,
    )
