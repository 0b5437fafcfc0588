"""Moves a recorded run to another time, under ids of its own. Pure: text in, text out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, cast

from playhead_dashboard.demo.schedule import Slot

# Attributes whose values are ids that may not be shared by two runs. Span ids may: they count
# within their trace.
ID_ATTRIBUTES = frozenset({"playhead.run.id", "gen_ai.conversation.id", "service.instance.id"})
_INSTANT = re.compile(
    r'"(1[5-9]\d{17})"'
)  # nanoseconds since the epoch, 2017 to 2033, as OTLP/JSON


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run as OTLP/JSON text, and what in it must change when it is moved."""

    traces: str
    logs: str
    start_ns: int
    ids: tuple[str, ...]

    @classmethod
    def of(cls, parts: dict[str, list[Any]]) -> Self:
        """Read the two lists of resources that a tracer sent."""
        traces, logs = parts["traces"], parts["logs"]
        spans = [span for r in traces for scope in r["scopeSpans"] for span in scope["spans"]]
        found = {span["traceId"] for span in spans} | set(_id_values([traces, logs]))
        return cls(
            traces=json.dumps({"resourceSpans": traces}, ensure_ascii=False),
            logs=json.dumps({"resourceLogs": logs}, ensure_ascii=False) if logs else "",
            start_ns=min(int(span["startTimeUnixNano"]) for span in spans),
            ids=tuple(sorted(found, key=len, reverse=True)),
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """One run ready to be sent; `logs` is empty where it has none."""

    traces: bytes
    logs: bytes


def move(recording: Recording, slot: Slot) -> Moved:
    """Return the recording as if it had happened at the slot."""
    shift_ns = slot.start_ns - recording.start_ns
    ids = re.compile("|".join(map(re.escape, recording.ids)))

    def moved(text: str) -> bytes:
        text = ids.sub(lambda found: slot.derive(found[0]), text)
        return _INSTANT.sub(lambda found: f'"{int(found[1]) + shift_ns}"', text).encode()

    return Moved(moved(recording.traces), moved(recording.logs))


def _id_values(tree: Any) -> Iterator[str]:
    """Yield the values of attributes that are ids, wherever they stand."""
    if isinstance(tree, list):
        for part in cast("list[Any]", tree):
            yield from _id_values(part)
    elif isinstance(tree, dict):
        node = cast("dict[str, Any]", tree)
        if node.get("key") in ID_ATTRIBUTES and (value := node["value"].get("stringValue")):
            yield value
        for part in node.values():
            yield from _id_values(part)
