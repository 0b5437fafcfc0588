"""What a step turns out to be once its relatives are known: kind, status, attempt, usage scope.

Works on a `Draft` per row of the tree, in place, in passes that each visit every row once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from playhead_collector.derive.states import State
from playhead_collector.derive.tree import Place
from playhead_collector.translate.convert import INT64_MAX, to_json
from playhead_collector.translate.rows import RecordRow

BILLABLE = {"model_call": 1, "embedding": 2, "decision": 4, "rerank": 8}
INSIDE_KINDS = frozenset({"http_attempt", "boundary", "decision", "checkpoint", "interrupt"})
NAMELESS = "LangGraph"  # what a graph is called that was given no name


@dataclass(slots=True)
class Draft:
    """One row of the tree on its way to a step."""

    record: RecordRow
    variants: int
    parent: int
    depth: int
    detached: bool
    kind: str
    name: str
    node: str | None
    attempt: int | None
    status: str = "ok"
    usage_scope: str | None = None
    billed: bool = False  # it is a model call that costs something, known or not
    own_ns: int | None = None
    chosen: str | None = None
    candidates: str | None = None
    form: str = ""
    row_id: str = ""
    below: list[int] = field(default_factory=list[int])

    @property
    def step_id(self) -> str:
        """The id that pages and the API use."""
        return f"{self.record.trace_id}-{self.row_id}"

    @property
    def end_ns(self) -> int | None:
        """The end, None while open."""
        return self.record.end_ns

    @property
    def duration_ns(self) -> int | None:
        """Time from start to end; a clock that went backwards gives zero."""
        if self.record.end_ns is None:
            return None
        return min(max(0, self.record.end_ns - self.record.start_ns), INT64_MAX)


def refine(places: Sequence[Place], *, lost: bool) -> list[Draft]:
    """Return the rows with everything that depends on their relatives.

    `lost` says that the run's process is gone, so what is open will never end.
    """
    drafts = with_tool_choices([_draft(place) for place in places])
    for row, draft in enumerate(drafts):
        if draft.parent >= 0:
            drafts[draft.parent].below.append(row)
    name_nodes(drafts)
    set_statuses(drafts, lost=lost)
    count_attempts(drafts)
    scope_usage(drafts)
    set_billed(drafts)
    take_own_time(drafts)
    return drafts


def _draft(place: Place) -> Draft:
    state: State = place.state
    record = state.record
    return Draft(
        record=record,
        variants=state.variants,
        parent=place.parent,
        depth=place.depth,
        detached=place.detached,
        kind=record.kind,
        name=_display_name(record),
        node=record.node,
        attempt=record.attempt,
        chosen=record.chosen,
        candidates=record.candidates,
        form=record.form,
        row_id=record.row_id,
    )


def _display_name(record: RecordRow) -> str:
    by_kind = {"workflow": record.workflow, "agent": record.agent, "tool_call": record.tool}
    if record.kind in ("checkpoint", "interrupt"):
        return record.name
    return by_kind.get(record.kind) or record.label or record.name


def with_tool_choices(drafts: list[Draft]) -> list[Draft]:
    """Put a decision under each model call that chose among offered tools, last of its children.

    None where the sender states that decision itself, by a link to the model call.
    """
    stated = {
        (trace_id, span_id)
        for draft in drafts
        if draft.kind == "decision" and draft.record.links
        for trace_id, span_id, _ in msgspec.json.decode(draft.record.links)
    }
    calls = [
        draft.record for draft in drafts if draft.kind == "model_call" and draft.record.tools_called
    ]
    due = {id(call) for call in calls if (call.trace_id, call.row_id) not in stated}
    if not due:
        return drafts
    grown: list[Draft] = []
    moved: list[int] = []
    choosing: list[int] = []  # rows of the calls around us whose decision is still to come
    for draft in drafts:
        _choose(grown, choosing, depth=draft.depth)
        draft.parent = moved[draft.parent] if draft.parent >= 0 else -1
        moved.append(len(grown))
        grown.append(draft)
        if id(draft.record) in due:
            choosing.append(len(grown) - 1)
    _choose(grown, choosing, depth=0)
    return grown


def _choose(grown: list[Draft], choosing: list[int], *, depth: int) -> None:
    """Append the decisions of the calls that end before a step at `depth`."""
    while choosing and grown[choosing[-1]].depth >= depth:
        row = choosing.pop()
        grown.append(_tool_choice(grown[row], parent=row))


def tool_choice_id(span_id: str) -> str:
    """Return the row id of the decision that is derived from a model call."""
    return hashlib.sha256(f"tool_choice:{span_id}".encode()).hexdigest()[:16]


def _tool_choice(call: Draft, *, parent: int) -> Draft:
    return Draft(
        record=call.record,
        variants=0,
        parent=parent,
        depth=call.depth + 1,
        detached=False,
        kind="decision",
        name="tool choice",
        node=call.node,
        attempt=None,
        chosen=call.record.tools_called,
        candidates=call.record.tools_offered,
        form="derived",
        row_id=tool_choice_id(call.record.row_id),
    )


def name_nodes(drafts: list[Draft]) -> None:
    """Give every step the node that it lies in, and foreign LangGraph spans their true kind.

    A carrier's span with its node's own name is the node, whatever kind the carrier guessed from
    that name; a span inside it that gave back bare names is the node's router.
    """
    for draft in drafts:
        above = drafts[draft.parent] if draft.parent >= 0 else None
        record = draft.record
        if record.graph_node and draft.kind in ("node", "agent"):
            if draft.name == record.graph_node or record.name == record.graph_node:
                draft.kind, draft.node = "node", record.graph_node
            elif above and above.record.graph_node == record.graph_node and record.picked:
                draft.kind, draft.chosen = "decision", record.picked
        if draft.kind == "node" and draft.node is None:
            draft.node = draft.name
        if draft.node is None:
            draft.node = record.graph_node or (above.node if above else None)


def set_statuses(drafts: list[Draft], *, lost: bool) -> None:
    """Set each step's status; a step that is open under an ended one will never end."""
    answered = {d.record.interrupt_id for d in drafts if d.form == "resumed"}
    over: list[bool] = []  # the row or one above it has ended
    for draft in drafts:
        ended_above = over[draft.parent] if draft.parent >= 0 else False
        ended = draft.end_ns is not None
        over.append(ended or ended_above)
        if draft.form == "derived":
            draft.status = "ok"
        elif draft.form == "interrupt":
            draft.status = "ok" if draft.record.interrupt_id in answered else "interrupted"
        elif ended:
            draft.status = draft.record.outcome or "ok"
        else:
            draft.status = "lost" if lost or ended_above else "running"


def count_attempts(drafts: list[Draft]) -> None:
    """Number the attempts that no sender numbered: the same work again after it failed."""
    series: dict[tuple[int, str, str, str, int | str | None], list[Draft]] = {}
    for draft in drafts:
        if draft.kind in ("node", "model_call") and draft.attempt is None:
            record = draft.record
            which = record.step_index if record.step_index is not None else record.execution_id
            root = record.trace_id if draft.parent < 0 else ""
            key = (draft.parent, root, draft.kind, draft.name, which)
            series.setdefault(key, []).append(draft)
    for tries in series.values():
        number, failed = 1, False
        for draft in tries:
            number = number + 1 if failed else 1
            failed = draft.status == "error"
            if number > 1 or (failed and len(tries) > 1):
                draft.attempt = number


def scope_usage(drafts: list[Draft]) -> None:
    """Say whose tokens are billed: a call's. Never those of a call around it, or of a parent."""
    below = [0] * len(drafts)  # bits of the billable kinds that carry usage underneath
    for row in range(len(drafts) - 1, -1, -1):
        draft = drafts[row]
        bit = _billable(draft)
        if draft.form != "derived" and has_usage(draft.record):
            if not bit:
                draft.usage_scope = "aggregate"
            elif below[row] & bit:
                draft.usage_scope = "wrapper"
            else:
                draft.usage_scope = "call"
            below[row] |= bit
        elif bit and below[row] & bit:
            draft.usage_scope = "wrapper"
        if draft.parent >= 0:
            below[draft.parent] |= below[row]


def set_billed(drafts: list[Draft]) -> None:
    """Say which calls are billed: those that state their usage, and silent ones that went through.

    A silent call costs something that nobody knows, unless it is part of a billed call of its kind
    above it, which has its usage. One that failed and states no usage was not billed.
    """
    above = [0] * len(drafts)  # bits of the billed calls above the row, and of its own
    for row, draft in enumerate(drafts):
        bit = _billable(draft)
        above[row] = above[draft.parent] if draft.parent >= 0 else 0
        silent = (
            draft.kind in ("model_call", "embedding")
            and draft.form == "ended"
            and draft.status == "ok"
            and draft.usage_scope is None
            and not above[row] & bit
        )
        draft.billed = draft.usage_scope == "call" or silent
        if draft.billed:
            above[row] |= bit


def _billable(draft: Draft) -> int:
    """Return the bit of the kind of call that a row is, 0 where it is none."""
    if draft.form == "derived":
        return 0
    return BILLABLE.get(draft.record.kind_word or draft.kind, 0)


def has_usage(record: RecordRow) -> bool:
    """Return whether the record states any count of tokens."""
    return record.tokens_input is not None or record.tokens_output is not None


def take_own_time(drafts: list[Draft]) -> None:
    """Set each step's own time: its duration without what its child steps account for."""
    for draft in drafts:
        duration = draft.duration_ns
        if duration is None:
            continue
        covered, reached = 0, draft.record.start_ns
        for row in draft.below:
            child = drafts[row]
            if child.kind in INSIDE_KINDS or child.end_ns is None:
                continue
            begin = max(child.record.start_ns, reached)
            end = min(child.end_ns, draft.record.end_ns or 0)
            if end > begin:
                covered += end - begin
                reached = end
        draft.own_ns = max(0, duration - covered)


def details_of(draft: Draft) -> str | None:
    """Return the few facts that the waterfall shows of a step without asking for its content."""
    record = draft.record
    shown: dict[str, object] = {}
    if draft.kind in ("decision", "handoff"):
        shown["decision_type"] = "tool_choice" if draft.form == "derived" else record.decision_type
        shown["chosen"] = names_in(draft.chosen)
        shown["candidates"] = names_in(draft.candidates)
    if draft.status == "error":
        shown["error"] = {"type": record.error_type, "message": record.error_message}
    if draft.form == "checkpoint":
        shown["changed_keys"] = names_in(record.changed_keys)
    if draft.kind == "interrupt" and record.question is not None:
        shown["answer" if draft.form == "resumed" else "question"] = record.question
    return to_json(shown) if shown else None


def names_in(listed: str | None) -> list[str]:
    """Return the names of a list column, an empty list for none."""
    return msgspec.json.decode(listed, type=list[str]) if listed else []
