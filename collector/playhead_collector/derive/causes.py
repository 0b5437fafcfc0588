"""The primary cause of a failed run, and the fingerprint that groups equal ones."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playhead_collector.derive.refine import Draft

NORMAL_CHARS_MAX: Final = 300
# What varies between two failures of one kind, the longest forms first.
_VOLATILE: Final = (
    (re.compile(r"https?://[^\s'\"<>]+"), "<url>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b(?=[a-zA-Z_-]*[0-9])[a-zA-Z]+[-_][a-zA-Z0-9_-]{6,}\b"), "<id>"),
    (re.compile(r"\b(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}\b"), "<id>"),
    (re.compile(r"'[^'\n]{1,200}'|\"[^\"\n]{1,200}\""), "<value>"),
    (re.compile(r"\b\d+(?:\.\d+)?"), "<n>"),
)


@dataclass(frozen=True, slots=True)
class Cause:
    """The step that really failed, and what it is grouped by."""

    row: int
    error_type: str
    message: str
    normal: str  # the message without what varies
    step: str
    fingerprint: str


def find_cause(drafts: Sequence[Draft], tops: Sequence[int]) -> Cause | None:
    """Return the deepest step that really failed, None where no step says so.

    From the failed root down, always into the failed child that the parent's failure came from:
    one that says the same, else the last one after which nothing else was tried. Attempts that a
    later one healed, HTTP attempts, cancelled siblings and interrupts are not causes.
    """
    failed = [row for row in tops if drafts[row].status == "error"]
    if not failed:
        loose = [row for row, draft in enumerate(drafts) if _may_be_cause(draft)]
        failed = [row for row in loose if not _healed(drafts, row)]
    if not failed:
        return None
    row = max(failed, key=lambda one: _when(drafts, one))
    while (deeper := _origin_below(drafts, row)) is not None:
        row = deeper
    return describe(drafts[row], row)


def describe(draft: Draft, row: int) -> Cause:
    """Return a failed step as a cause."""
    error_type = draft.record.error_type or "_OTHER"
    message = draft.record.error_message or ""
    step = draft.node or draft.name
    normal = normalise(message)
    text = f"{error_type}\n{step}\n{normal}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Cause(row, error_type, message, normal, step, fingerprint)


def normalise(message: str) -> str:
    """Return a message with urls, ids, quoted values and numbers blanked, in one short line."""
    normal = message[: 4 * NORMAL_CHARS_MAX]
    for pattern, blank in _VOLATILE:
        normal = pattern.sub(blank, normal)
    return " ".join(normal.split())[:NORMAL_CHARS_MAX]


def _origin_below(drafts: Sequence[Draft], row: int) -> int | None:
    parent = drafts[row]
    failed = [below for below in parent.below if _may_be_cause(drafts[below])]
    if not failed:
        return None
    same = [below for below in failed if _says_the_same(drafts[below], parent)]
    if same:
        return max(same, key=lambda one: _when(drafts, one))
    last = max(failed, key=lambda one: _when(drafts, one))
    end_ns = drafts[last].end_ns or 0
    tried_after = any(
        drafts[below].record.start_ns >= end_ns
        and drafts[below].kind not in ("checkpoint", "decision")
        for below in parent.below
        if below != last
    )
    return None if tried_after else last


def _says_the_same(child: Draft, parent: Draft) -> bool:
    inner, outer = child.record.error_message, parent.record.error_message
    if inner and outer:
        return inner == outer or inner[:200] in outer
    return child.record.error_type == parent.record.error_type


def _may_be_cause(draft: Draft) -> bool:
    return draft.status == "error" and draft.kind not in ("http_attempt", "boundary")


def _healed(drafts: Sequence[Draft], row: int) -> bool:
    parent = drafts[row].parent
    while parent >= 0:
        if drafts[parent].status == "ok":
            return True
        parent = drafts[parent].parent
    return False


def _when(drafts: Sequence[Draft], row: int) -> tuple[int, str, str]:
    draft = drafts[row]
    return draft.end_ns or 0, draft.record.trace_id, draft.row_id
