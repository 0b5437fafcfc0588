"""Where the money went: spend by workflow, model, tool, step or day."""

from collections.abc import Mapping
from typing import Any, Final

from playhead_collector.answer.search import Condition, quote
from playhead_collector.answer.shapes import cost
from playhead_collector.read import CostBy
from playhead_collector.store.store import Store
from playhead_collector.views import CostRow

RUN_KEYS: Final = {"workflow": "workflow", "day": "day"}
STEP_KEYS: Final = {
    "model": ("s.model", "(s.kind = 'model_call' or s.usage_scope = 'call')"),
    "tool": ("s.tool", "s.kind in ('tool_call', 'handoff')"),
    "step": ("s.node", "true"),
}


def read_costs(store: Store, by: CostBy, q: str, condition: Condition) -> list[CostRow]:
    """Return the groups of the runs that a condition finds, the dearest first.

    Groups by model, tool or step add up to the same money as groups by workflow or day, since
    every billed call lies in exactly one of each; tools have none of their own.
    """
    if by in RUN_KEYS:
        key = RUN_KEYS[by]
        rows = store.records("costs_of_runs", condition.parameters, key=key, where=condition.sql)
    else:
        key, which = STEP_KEYS[by]
        rows = store.records(
            "costs_of_steps", condition.parameters, key=key, which=which, where=condition.sql
        )
    return [_row(row, narrowed(q, by, row["key"])) for row in rows]


def narrowed(q: str, field: str, value: str | None) -> str:
    """Return a query that finds the runs of one group only."""
    if value is None and field == "step":
        return q  # steps outside every node: any run may have them
    term = f"-{field}:*" if value is None else f"{field}:{quote(value)}"
    return f"{q} {term}".strip()


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
