"""The shape of a ground fact: one field per column of table `record`, in column order.

A row states what one received record says by itself. Nothing here depends on another record, so a
row never changes; what follows from several is derived. Lists travel as JSON text.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_type_hints

from arro3.core import Array, DataType, Table

Form = Literal["ended", "started", "checkpoint", "interrupt", "resumed", "content"]


@dataclass(slots=True)
class RecordRow:
    """One distinct record: a span that ended or started, or a log event that says something."""

    record_no: int  # of the segment log
    ordinal: int  # place of the span or log event in that request
    content_hash: int  # of the span or log event as decoded; 63 bits
    form: str  # ended | started | checkpoint | interrupt | resumed | content
    trace_id: str
    row_id: str  # span id; of a checkpoint or an interrupt the hash of its event
    parent_id: str | None  # span id of the parent
    start_ns: int
    end_ns: int | None  # None while open
    name: str  # as sent
    label: str | None  # what a person calls the step, where the sender says so
    kind: str
    kind_word: str | None  # the sender's own word where the kind is `custom`
    dialect: str
    framework: str | None
    framework_version: str | None
    scope: str | None
    outcome: str | None  # ok | error | interrupted | cancelled; None while open
    # who and where
    run_hint: str | None  # identity that the sender gave
    run_segment: int | None
    run_parent_id: str | None
    run_origin_id: str | None
    run_relation: str | None
    run_outcome: str | None
    workflow: str | None
    workflow_version: str | None
    conversation_id: str | None
    user_id: str | None
    agent: str | None
    project: str | None
    service: str | None
    host: str | None
    pid: int | None
    instance: str | None
    tags: str | None  # "\nkey=value\n…\n"
    graph: str | None  # JSON {"nodes", "edges"}
    # the step
    node: str | None
    graph_node: str | None  # LangGraph node that a foreign carrier names in its metadata
    step_index: int | None
    execution_id: str | None
    attempt: int | None
    max_attempts: int | None
    # model call
    provider: str | None
    model_requested: str | None
    model_served: str | None
    response_id: str | None
    service_tier: str | None
    finish: str | None
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    tools_offered: str | None  # JSON list of names
    tools_called: str | None  # JSON list of names
    # tool call, HTTP attempt, decision
    tool: str | None
    tool_call_id: str | None
    http_status: int | None
    resend_count: int | None
    decision_type: str | None
    chosen: str | None  # JSON list
    candidates: str | None  # JSON list
    picked: str | None  # JSON list: a bare name, or names, that the span returned
    # failure
    error_type: str | None
    error_message: str | None
    # checkpoint and interrupt
    state_scope: str | None  # checkpoint namespace
    state_full: bool | None
    changed_keys: str | None  # JSON list
    interrupt_id: str | None
    question: str | None
    # the record as sent
    links: str | None  # JSON list of [trace id, span id, type]
    dropped_attributes: int


@cache
def column_names(shape: type) -> tuple[str, ...]:
    """Return the columns of a row shape, in column order."""
    return tuple(field.name for field in fields(shape))


def to_table(shape: type, rows: Sequence[Any]) -> Table:
    """Return rows of one shape as an Arrow table, a column at a time."""
    columns: dict[str, Any] = {
        name: Array(list(map(operator.attrgetter(name), rows)), type=arrow)
        for name, arrow in _arrow_types(shape)
    }
    return Table.from_pydict(columns)  # pyright: ignore[reportUnknownMemberType]


@cache
def _arrow_types(shape: type) -> tuple[tuple[str, DataType], ...]:
    hints = get_type_hints(shape)
    return tuple((name, _arrow_type(name, hints[name])) for name in column_names(shape))


def _arrow_type(name: str, hint: Any) -> DataType:
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
    if kinds == [str]:
        return DataType.utf8()
    if kinds == [bool]:
        return DataType.bool()
    if kinds == [float]:
        return DataType.float64()
    # Times are unsigned 64-bit as OTLP sends them: the year 2262 does not fit a signed one.
    return DataType.uint64() if name in MOMENTS else DataType.int64()


MOMENTS = frozenset({"start_ns", "end_ns", "first_ns", "last_ns", "last_seen_ns"})
