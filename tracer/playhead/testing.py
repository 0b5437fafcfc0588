"""Public test kit, without pytest: record into memory, with fixed ids and a fixed clock.

What it gives has gone the real way: encoded, masked, bounded, written as bytes and read back.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playhead import semconv as names
from playhead.codec import Event, decode, decode_event
from playhead.counters import Stats
from playhead.ids import CountedIds
from playhead.otlp import Attributes, Scope, read_attributes
from playhead.recorder import Recorder, Signal
from playhead.steps import Step

if TYPE_CHECKING:
    from playhead.conformance import AdapterConformance as AdapterConformance  # noqa: PLC0414

START_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
TICK_NS = 1_000_000  # the clock moves on by a millisecond each time it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStep:
    """One ended step, with its children in the order of their start."""

    step: Step
    run_id: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start_ns: int
    end_ns: int
    scope: str
    error_type: str | None
    error_message: str | None
    attributes: Attributes  # as on the wire, all of them
    links: tuple[tuple[str, str, str], ...]  # (type, trace id, span id)
    events: tuple[Event, ...]
    children: tuple["RecordedStep", ...]

    def walk(self) -> Iterator["RecordedStep"]:
        """Yield this step and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def outline(self, depth: int = 0) -> str:
        """Return kinds, names and errors as an indented tree, one step a line."""
        error = f" !{self.error_type}" if self.error_type else ""
        lines = [f"{'  ' * depth}{self.step.kind} {self.step.name}{error}"]
        return "\n".join(lines + [child.outline(depth + 1) for child in self.children])


@dataclass
class MemorySink:
    """Keeps every record, parsed, in the order of arrival."""

    spans: list[tuple[Scope, dict[str, Any]]] = field(default_factory=list[Any])
    logs: list[tuple[Scope, dict[str, Any]]] = field(default_factory=list[Any])

    def append(self, signal: Signal, scope: Scope, record: bytes) -> None:
        """Keep one record."""
        (self.spans if signal == "traces" else self.logs).append((scope, json.loads(record)))


class Recording:
    """What was recorded so far. `recorder` is what adapters get."""

    def __init__(self, recorder: Recorder, sink: MemorySink) -> None:
        """Use `playhead.testing.recorder`."""
        self.recorder = recorder
        self._sink = sink

    def steps(self) -> list[RecordedStep]:
        """Return the roots of all ended steps as trees, in the order of their start."""
        children: dict[str | None, list[dict[str, Any]]] = {}
        known = {span["spanId"] for _, span in self._sink.spans}
        scopes = {span["spanId"]: scope.name for scope, span in self._sink.spans}
        for _, span in sorted(self._sink.spans, key=lambda each: _start(each[1])):
            parent = span["parentSpanId"] or None
            children.setdefault(parent if parent in known else None, []).append(span)
        return [self._tree(span, children, scopes) for span in children.get(None, [])]

    def all(self) -> list[RecordedStep]:
        """Return all ended steps, parents before children."""
        return [step for root in self.steps() for step in root.walk()]

    def outline(self) -> str:
        """Return all trees as text, for a test to state."""
        return "\n".join(root.outline() for root in self.steps())

    def started(self) -> list[str]:
        """Return the names of the spans that were announced while they ran, in order."""
        return [
            read_attributes(log["attributes"])[names.SPAN_NAME]
            for _, log in self._sink.logs
            if log["eventName"] == names.EVENT_STARTED
        ]

    def stats(self) -> Stats:
        """Return the counters."""
        return self.recorder.counters.read()

    def _tree(
        self,
        span: dict[str, Any],
        children: dict[str | None, list[dict[str, Any]]],
        scopes: dict[str, str],
    ) -> RecordedStep:
        attributes = read_attributes(span["attributes"])
        below = children.get(span["spanId"], [])
        return RecordedStep(
            step=decode(attributes),
            run_id=attributes[names.RUN_ID],
            trace_id=span["traceId"],
            span_id=span["spanId"],
            parent_id=span["parentSpanId"] or None,
            start_ns=_start(span),
            end_ns=int(span["endTimeUnixNano"]),
            scope=scopes[span["spanId"]],
            error_type=attributes.get(names.ERROR_TYPE),
            error_message=span.get("status", {}).get("message"),
            attributes=attributes,
            links=tuple(
                (
                    read_attributes(link["attributes"])[names.LINK_TYPE],
                    link["traceId"],
                    link["spanId"],
                )
                for link in span.get("links", ())
            ),
            events=tuple(self._events(span["spanId"])),
            children=tuple(self._tree(child, children, scopes) for child in below),
        )

    def _events(self, span_id: str) -> Iterator[Event]:
        for _, log in self._sink.logs:
            if log["spanId"] == span_id and log["eventName"] != names.EVENT_STARTED:
                body = log.get("body", {}).get("stringValue")
                yield decode_event(log["eventName"], read_attributes(log["attributes"]), body)


@contextmanager
def recorder(*, adapters: tuple[Any, ...] = ()) -> Generator[Recording]:
    """Record into memory inside the block, with `adapters` (instances) installed.

    Ids count from 1; the clock starts at 2026-01-01 and ticks a millisecond at each look. The
    recorder is the one of `playhead.workflow`, `step`, `tool` and `decide` until the block ends.
    """
    from playhead import start

    sink = MemorySink()
    made = Recorder(sink, ids=CountedIds(), clock=_Ticks(), scope=Scope("playhead", "test"))
    with start.using(made):
        try:
            for adapter in adapters:
                adapter.install(made.scoped(f"playhead.adapters.{adapter.name}", "test"))
            yield Recording(made, sink)
        finally:
            for adapter in reversed(adapters):
                adapter.uninstall()


class _Ticks:
    def __init__(self) -> None:
        self._now_ns = START_NS

    def __call__(self) -> int:
        now_ns = self._now_ns
        self._now_ns += TICK_NS
        return now_ns


def _start(span: dict[str, Any]) -> int:
    return int(span["startTimeUnixNano"])


def __getattr__(name: str) -> object:
    """Give `AdapterConformance`, which is built on this module, to those who look for it here."""
    if name == "AdapterConformance":
        from playhead.conformance import AdapterConformance

        return AdapterConformance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
