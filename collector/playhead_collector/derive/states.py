"""One state per step from all records that arrived for it, whatever their order and number."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from playhead_collector.translate.rows import RecordRow

Key = tuple[str, str]  # trace id, row id
MERGED = ("tools_offered", "tools_called", "error_type", "error_message", "finish")


@dataclass(slots=True)
class State:
    """A step's winning record, and how many other ended records there are for its id."""

    record: RecordRow
    variants: int = 0

    @property
    def key(self) -> Key:
        """The identity of the step."""
        return self.record.trace_id, self.record.row_id


def resolve(records: Iterable[RecordRow]) -> dict[Key, State]:
    """Return the state of each step: a pure function of the set of distinct records.

    Ended beats started; of two different ended ones the later end, then the smaller content hash,
    wins. Log records about a span fill what the span itself leaves open; they are no step.
    """
    ranked: dict[Key, dict[int, RecordRow]] = {}
    beside: dict[Key, dict[int, RecordRow]] = {}
    for record in records:
        group = beside if record.form == "content" else ranked
        group.setdefault((record.trace_id, record.row_id), {})[record.content_hash] = record
    states: dict[Key, State] = {}
    for key, distinct in ranked.items():
        if len(distinct) == 1:
            (winner,) = distinct.values()
            states[key] = State(winner)
            continue
        winner = min(distinct.values(), key=rank)
        ended = sum(record.end_ns is not None for record in distinct.values())
        states[key] = State(winner, max(0, ended - 1))
    for key, contents in beside.items():
        if key in states:
            states[key].record = _merge(states[key].record, contents)
    return states


def rank(record: RecordRow) -> tuple[bool, int, int]:
    """Return the order in which records of one step win: the least one does."""
    return record.end_ns is None, -(record.end_ns or 0), record.content_hash


def _merge(record: RecordRow, contents: dict[int, RecordRow]) -> RecordRow:
    """Fill open columns from log records, in an order that does not depend on arrival."""
    merged = record
    for content_hash in sorted(contents):
        stated = contents[content_hash]
        fill = {
            column: getattr(stated, column)
            for column in MERGED
            if getattr(merged, column) is None and getattr(stated, column) is not None
        }
        if merged.outcome != "error":
            fill.pop("error_type", None)
            fill.pop("error_message", None)
        if fill:
            merged = replace(merged, **fill)
    return merged
