"""One run from its records: status, outcome, tree, cause, totals. A pure function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playhead_collector.derive import ledger
from playhead_collector.derive.causes import Cause, describe, find_cause
from playhead_collector.derive.pricing import PriceBook
from playhead_collector.derive.refine import NAMELESS, Draft, details_of, refine
from playhead_collector.derive.rows import LedgerRow, RunRow, StepRow
from playhead_collector.derive.states import Key, resolve
from playhead_collector.derive.tree import plant
from playhead_collector.translate.convert import INT64_MAX, to_json
from playhead_collector.translate.rows import RecordRow

OUTCOMES = {
    "completed": "completed",
    "continued": "completed",
    "failed": "failed",
    "paused": "paused",
    "cancelled": "cancelled",
}
STATUS_OF_STEP = {
    "ok": "completed",
    "error": "failed",
    "cancelled": "cancelled",
    "interrupted": "paused",
}


@dataclass(frozen=True, slots=True)
class DerivedRun:
    """Everything that is derived from one run's records."""

    run: RunRow
    steps: list[StepRow]
    ledger: list[LedgerRow]


def derive_run(
    run_id: str,
    records: Iterable[RecordRow],
    *,
    book: PriceBook,
    segments: int = 1,
    elsewhere: dict[Key, str] | None = None,
    lost: bool = False,
) -> DerivedRun | None:
    """Return a run from its records, in any order and with any repetition of them.

    Args:
        run_id: The identity that its segments agreed on.
        records: All that arrived for its segments.
        book: What model calls are priced by.
        segments: How many activations make it up.
        elsewhere: Steps of the same traces that belong to other runs, and to which.
        lost: The run's process is known to be gone: what is open will never end.

    Returns:
        None where there is no step yet, only log records about steps that have not arrived.
    """
    known = list(records)
    states = resolve(known)
    if not states:
        return None
    others = elsewhere or {}
    drafts = refine(plant(states, frozenset(others)), lost=lost)
    tops = _tops(drafts)
    status = run_status(drafts, tops)
    cause = None
    if status == "failed":
        cause = find_cause(drafts, tops) or describe(drafts[tops[-1]], tops[-1])
    bills = ledger.bill(drafts, run_id, book)
    steps = _step_rows(drafts, run_id, bills)
    run = _run_row(run_id, drafts, tops, status, cause, bills)
    run.version = 2 * max(record.record_no for record in known) + (status == "lost")
    run.segments = segments
    if run.parent_run_id is None:
        run.parent_run_id = _parent_run(drafts, others)
    return DerivedRun(run, steps, bills)


def run_status(drafts: Sequence[Draft], tops: Sequence[int]) -> str:
    """Return the status of a run from its roots: the last one speaks for the run.

    A root that is still open keeps the run running (or lost). Where a root is an orphan, its
    parent is somebody else's span that never comes: it speaks for the run all the same.
    """
    open_tops = {drafts[row].status for row in tops} & {"running", "lost"}
    if open_tops:
        return "running" if "running" in open_tops else "lost"
    last = max(tops, key=lambda row: _activation(drafts[row]))
    stated = OUTCOMES.get(drafts[last].record.run_outcome or "")
    if stated:
        return stated
    status = STATUS_OF_STEP.get(drafts[last].status, "completed")
    if status == "completed" and _waits(drafts, last):
        return "paused"
    return status


def _tops(drafts: Sequence[Draft]) -> list[int]:
    """Return the rows that stand for the run: its workflows, else its other roots."""
    roots = [
        row for row, draft in enumerate(drafts) if draft.parent < 0 and draft.form != "checkpoint"
    ]
    roots = roots or [0]
    whole = [row for row in roots if not drafts[row].detached]
    return (
        [row for row in whole if drafts[row].kind == "workflow"]
        or [row for row in roots if drafts[row].kind in ("workflow", "agent")]
        or whole
        or roots
    )


def _activation(draft: Draft) -> tuple[int, int, str, str]:
    record = draft.record
    return record.run_segment or 1, record.start_ns, record.trace_id, record.row_id


def _waits(drafts: Sequence[Draft], top: int) -> bool:
    """Return whether the newest thing under a root is an interrupt that nobody has answered."""
    stack, waiting = [top], False
    while stack:
        draft = drafts[stack.pop()]
        waiting = waiting or draft.status == "interrupted"
        stack.extend(draft.below)
    return waiting


def _parent_run(drafts: Sequence[Draft], others: dict[Key, str]) -> str | None:
    for draft in drafts:
        if draft.parent < 0 and draft.record.parent_id:
            found = others.get((draft.record.trace_id, draft.record.parent_id))
            if found:
                return found
    return None


def _step_rows(drafts: Sequence[Draft], run_id: str, bills: list[LedgerRow]) -> list[StepRow]:
    billed = {bill.step_id: bill for bill in bills}
    return [
        _step_row(row, draft, drafts, run_id, billed.get(draft.step_id))
        for row, draft in enumerate(drafts)
    ]


def _step_row(
    row: int, draft: Draft, drafts: Sequence[Draft], run_id: str, bill: LedgerRow | None
) -> StepRow:
    record = draft.record
    derived = draft.form == "derived"
    moment = record.end_ns if derived and record.end_ns is not None else record.start_ns
    stated = None if derived else record
    return StepRow(
        run_id,
        row,
        draft.parent,
        draft.depth,
        draft.detached,
        draft.step_id,
        drafts[draft.parent].step_id if draft.parent >= 0 else None,
        draft.kind,
        draft.name,
        draft.status,
        moment if derived else record.start_ns,
        moment if derived else record.end_ns,
        0 if derived else draft.duration_ns,
        0 if derived else draft.own_ns,
        record.framework,
        record.dialect,
        record.agent,
        draft.node,
        record.step_index,
        draft.attempt,
        stated and stated.max_attempts,
        stated and stated.provider,
        stated and (stated.model_served or stated.model_requested),
        stated and (stated.tool if draft.kind in ("tool_call", "handoff") else None),
        stated and stated.tokens_input,
        stated and stated.tokens_output,
        stated and stated.tokens_cache_read,
        stated and stated.tokens_cache_write,
        stated and stated.tokens_reasoning,
        draft.usage_scope,
        bill and bill.usd,
        bill and bill.provenance,
        stated and stated.http_status,
        stated.error_type if stated and draft.status == "error" else None,
        stated.error_message if stated and draft.status == "error" else None,
        draft.chosen,
        draft.candidates,
        details_of(draft),
        draft.form,
        record.record_no,
        record.ordinal,
        record.content_hash,
        draft.variants,
        stated and stated.state_scope,
        stated and stated.state_full,
    )


def _run_row(
    run_id: str,
    drafts: Sequence[Draft],
    tops: Sequence[int],
    status: str,
    cause: Cause | None,
    bills: list[LedgerRow],
) -> RunRow:
    head = drafts[min(tops, key=lambda row: _activation(drafts[row]))].record
    start_ns = min(draft.record.start_ns for draft in drafts)
    ends = [drafts[row].end_ns or 0 for row in tops]
    last_seen_ns = max(max(d.record.start_ns, d.end_ns or 0) for d in drafts)
    end_ns = max(ends) if status not in ("running", "lost") else None
    day, weekday, hour = calendar(start_ns)
    cost_usd, calls_unknown = ledger.total(bills)
    return RunRow(
        run_id=run_id,
        version=0,
        workflow=_workflow_name(drafts, tops),
        project=_first(drafts, "project", head),
        framework=_first(drafts, "framework", head),
        status=status,
        start_ns=start_ns,
        end_ns=end_ns,
        last_seen_ns=last_seen_ns,
        duration_ns=_length(start_ns, end_ns if end_ns is not None else last_seen_ns),
        day=day,
        weekday=weekday,
        hour=hour,
        **_counts(drafts),
        tokens_input=_sum(bills, "tokens_input"),
        tokens_output=_sum(bills, "tokens_output"),
        tokens_cache_read=_sum(bills, "tokens_cache_read"),
        tokens_reasoning=_sum(bills, "tokens_reasoning"),
        cost_usd=cost_usd,
        calls_unknown=calls_unknown,
        models=to_json(sorted({bill.model for bill in bills if bill.model})),
        conversation_id=_first(drafts, "conversation_id", head),
        user_id=_first(drafts, "user_id", head),
        service=_first(drafts, "service", head),
        tags=_first(drafts, "tags", head),
        error_type=cause and cause.error_type,
        error_message=cause and cause.message,
        error_normal=cause and cause.normal,
        error_step=cause and cause.step,
        error_step_id=drafts[cause.row].step_id if cause else None,
        fingerprint=cause and cause.fingerprint,
        segments=1,
        parent_run_id=_first(drafts, "run_parent_id", head),
        origin_run_id=_first(drafts, "run_origin_id", head),
        relation=_first(drafts, "run_relation", head),
        dropped_attributes=sum(d.record.dropped_attributes for d in drafts if d.form != "derived"),
        graph=_first(drafts, "graph", head),
        host=_first(drafts, "host", drafts[tops[-1]].record),
        pid=_first(drafts, "pid", drafts[tops[-1]].record),
    )


def _counts(drafts: Sequence[Draft]) -> dict[str, int]:
    calls = tools = decisions = retries = errors = 0
    for draft in drafts:
        calls += draft.kind == "model_call" and draft.usage_scope != "wrapper"
        tools += draft.kind == "tool_call"
        decisions += draft.kind == "decision"
        again = draft.record.resend_count if draft.kind == "http_attempt" else draft.attempt
        retries += (
            bool(again and (again > 1 or draft.kind == "http_attempt")) and draft.form != "derived"
        )
        errors += draft.status == "error"
    return {
        "steps": len(drafts),
        "model_calls": calls,
        "tool_calls": tools,
        "decisions": decisions,
        "retries": retries,
        "errors": errors,
    }


def _workflow_name(drafts: Sequence[Draft], tops: Sequence[int]) -> str | None:
    for row in sorted(tops, key=lambda row: _activation(drafts[row])):
        draft = drafts[row]
        name = draft.record.workflow or draft.name
        for ending in (".kickoff", ".run", ".workflow"):
            name = name.removesuffix(ending)
        if name and name != NAMELESS:
            return name
    return drafts[0].record.service


def _first(drafts: Sequence[Draft], column: str, head: RecordRow) -> Any:
    """Return what the run's head says, else what its first step that says anything says."""
    stated = getattr(head, column)
    if stated is not None:
        return stated
    for draft in drafts:
        stated = getattr(draft.record, column)
        if stated is not None:
            return stated
    return None


def _sum(bills: list[LedgerRow], column: str) -> int | None:
    known = [value for bill in bills if (value := getattr(bill, column)) is not None]
    return min(sum(known), INT64_MAX) if known else None


def _length(start_ns: int, end_ns: int) -> int:
    return min(max(0, end_ns - start_ns), INT64_MAX)


def calendar(at_ns: int) -> tuple[str, int, int]:
    """Return the UTC day, weekday (0 is Monday) and hour of a moment."""
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
    return at.strftime("%Y-%m-%d"), at.weekday(), at.hour
