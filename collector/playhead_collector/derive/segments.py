"""Which parts of which traces are one run. A run is not a trace; identity goes before transport.

A segment is the part of one trace that states one identity. Segments are one run when they state
the same identity, when one links to the other as its continuation, when one answers an interrupt
that the other asked, or when a paused one is followed by the next of its conversation.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from playhead_collector.derive.rows import SegmentRow
from playhead_collector.derive.states import Key, rank
from playhead_collector.translate.rows import RecordRow

SegmentKey = tuple[str, str]  # trace id, hint
CONTINUING: Final = frozenset({"resume", "continued_from"})


def split(records: Iterable[RecordRow]) -> dict[SegmentKey, list[RecordRow]]:
    """Return the records of one trace by the identity that they state.

    A step is in one run: where its records disagree, the one that wins says which. A step that
    states none belongs with its nearest relative above that does; without one, with the identity
    that the trace stated first.
    """
    known = list(records)
    stated = {record.run_hint for record in known if record.run_hint}
    if len(stated) <= 1:
        return {(known[0].trace_id, next(iter(stated), "")): known} if known else {}
    first = min((r for r in known if r.run_hint), key=lambda r: (r.start_ns, r.row_id))
    hints: dict[Key, str] = {}
    parents: dict[Key, str | None] = {}
    for record in sorted(known, key=rank):
        key = (record.trace_id, record.row_id)
        if record.run_hint:
            hints.setdefault(key, record.run_hint)
        if record.form != "content":
            parents.setdefault(key, record.parent_id)
    segments: dict[SegmentKey, list[RecordRow]] = {}
    for record in known:
        hint = _hint_above(record, hints, parents) or first.run_hint or ""
        segments.setdefault((record.trace_id, hint), []).append(record)
    return segments


def summarise(key: SegmentKey, records: Sequence[RecordRow]) -> SegmentRow:
    """Return what other segments are joined to this one by; it is its own run until `join`."""
    trace_id, hint = key
    stated = sorted(records, key=lambda r: (r.start_ns, r.row_id))
    return SegmentRow(
        trace_id=trace_id,
        hint=hint,
        run_id=hint or trace_id,
        workflow=_first(stated, lambda r: r.workflow or (r.name if not r.parent_id else None)),
        conversation_id=_first(stated, lambda r: r.conversation_id),
        first_ns=stated[0].start_ns,
        last_ns=max(record.start_ns for record in stated),
        paused=any(record.outcome == "interrupted" for record in stated),
        native=bool(hint),
        asked=_lines(r.interrupt_id for r in stated if r.form == "interrupt"),
        answered=_lines(r.interrupt_id for r in stated if r.form == "resumed"),
        continues=_lines(_continued(stated)),
    )


def join(segments: Sequence[SegmentRow]) -> dict[SegmentKey, str]:
    """Return the run of each segment: the identity of its earliest one. Order does not matter."""
    groups = _Groups(len(segments))
    by_hint: dict[str, int] = {}
    by_trace: dict[str, int] = {}
    by_question: dict[tuple[str, str | None], int] = {}
    for number, segment in enumerate(segments):
        if segment.hint:
            groups.unite(number, by_hint.setdefault(segment.hint, number))
        known = by_trace.setdefault(segment.trace_id, number)
        if _starts(segment) < _starts(segments[known]):
            by_trace[segment.trace_id] = number
        for question in lines_in(segment.asked):
            by_question.setdefault((question, segment.conversation_id), number)
    for number, segment in enumerate(segments):
        for trace_id in lines_in(segment.continues):
            if trace_id in by_trace:
                groups.unite(number, by_trace[trace_id])
        for answer in lines_in(segment.answered):
            asked = by_question.get((answer, segment.conversation_id))
            if asked is not None:
                groups.unite(number, asked)
    for paused, next_one in _resumptions(segments):
        groups.unite(paused, next_one)
    heads: dict[int, int] = {}
    for number, segment in enumerate(segments):
        root = groups.root(number)
        head = heads.setdefault(root, number)
        if _starts(segment) < _starts(segments[head]):
            heads[root] = number
    return {
        (segment.trace_id, segment.hint): _identity(segments[heads[groups.root(number)]])
        for number, segment in enumerate(segments)
    }


def lines_in(listed: str | None) -> list[str]:
    """Return the entries of a line-list column."""
    return listed.strip("\n").split("\n") if listed else []


def _identity(segment: SegmentRow) -> str:
    return segment.hint or segment.trace_id


def _starts(segment: SegmentRow) -> tuple[int, str, str]:
    return segment.first_ns, segment.trace_id, segment.hint


def _resumptions(segments: Sequence[SegmentRow]) -> Iterable[tuple[int, int]]:
    """Yield pairs of a paused foreign segment and the next one of its conversation and workflow."""
    talks: dict[tuple[str, str | None], list[int]] = {}
    for number, segment in enumerate(segments):
        if not segment.native and segment.conversation_id:
            talks.setdefault((segment.conversation_id, segment.workflow), []).append(number)
    for numbers in talks.values():
        numbers.sort(key=lambda number: _starts(segments[number]))
        for earlier, later in itertools.pairwise(numbers):
            if segments[earlier].paused:
                yield earlier, later


def _continued(records: Sequence[RecordRow]) -> Iterable[str]:
    for record in records:
        if record.links:
            for trace_id, _, kind in msgspec.json.decode(record.links, type=list[list[str]]):
                if kind in CONTINUING and trace_id != record.trace_id:
                    yield trace_id


def _hint_above(
    record: RecordRow, hints: dict[Key, str], parents: dict[Key, str | None]
) -> str | None:
    key: Key = (record.trace_id, record.row_id)
    walked: set[Key] = set()
    while key not in walked:
        if key in hints:
            return hints[key]
        walked.add(key)
        parent = parents.get(key)
        if not parent:
            return None
        key = (record.trace_id, parent)
    return None


def _first(records: Sequence[RecordRow], read: Callable[[RecordRow], str | None]) -> str | None:
    return next((stated for record in records if (stated := read(record))), None)


def _lines(found: Iterable[str | None]) -> str | None:
    kept = sorted({one for one in found if one and "\n" not in one})
    return "\n" + "\n".join(kept) + "\n" if kept else None


class _Groups:
    """Union-find over numbers."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def unite(self, one: int, other: int) -> None:
        self._above[self.root(one)] = self.root(other)
