"""Opens and ends steps: gives them their ids, parents and times, and hands their bytes to a sink.

What adapters and the manual API both stand on. Nothing in here raises into the caller: a step that
could not be opened is a silent one.
"""

import copy
import time
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from opentelemetry.trace import get_current_span

from playhead import context
from playhead import semconv as names
from playhead.codec import Event, encode, encode_event, span_name
from playhead.counters import Counters
from playhead.ids import Ids, RandomIds
from playhead.otlp import Attributes, Scope, WireLink, WireLog, WireSpan, log_bytes, span_bytes
from playhead.processor import Processor
from playhead.semconv import LinkType
from playhead.shield import shield
from playhead.steps import ModelCall, RunId, SpanId, Step, TraceId, Workflow

Signal = Literal["traces", "logs"]
STACK_FRAMES_MAX = 64  # of a traceback: the ends matter, a recursion error has thousands
_INTERNAL, _CLIENT = 1, 3  # OTLP span kinds


class Sink(Protocol):
    """Where recorded bytes go: the spool, or a list in tests."""

    def append(self, signal: Signal, scope: Scope, record: bytes) -> None:
        """Take one span's or one log event's OTLP/JSON. Never blocks, never raises."""
        ...


class Clock(Protocol):
    """Gives the time in nanoseconds since the epoch."""

    def __call__(self) -> int:
        """Return now."""
        ...


class Watcher(Protocol):
    """Is told of every opened step, so that those that stay open can be shown while they run."""

    def watch(self, step: "OpenStep") -> None:
        """Take note of a step that has just been opened."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Points from a step to another one, also in another trace."""

    type: LinkType
    trace_id: str
    span_id: str
    run_id: str | None = None


_OWN_SCOPE: Final = Scope("playhead", "")


class _Current:
    """Says "the step we are in" where `None` says "no parent"."""


CURRENT: Final = _Current()


class Recorder:
    """Opens steps in the name of one scope. `scoped` gives the same recorder under another name."""

    def __init__(
        self,
        sink: Sink,
        *,
        processor: Processor | None = None,
        counters: Counters | None = None,
        ids: Ids | None = None,
        clock: Clock = time.time_ns,
        watcher: Watcher | None = None,
        scope: Scope = _OWN_SCOPE,
        program: "Program | None" = None,
    ) -> None:
        """Build from parts; `playhead.init` and `playhead.testing.recorder` do it for you."""
        self.sink = sink
        self.counters = counters or Counters()
        self.processor = processor or Processor(counters=self.counters)
        self.ids = ids or RandomIds()
        self.clock = clock
        self.watcher = watcher
        self.scope = scope
        self.program = program
        self._closed: list[bool] = [False]  # shared by all scopes

    @property
    def closed(self) -> bool:
        """Whether nothing more is recorded."""
        return self._closed[0]

    def scoped(self, name: str, version: str) -> "Recorder":
        """Return a recorder with the same sink, clock and ids that states steps under another scope."""
        scoped = copy.copy(self)
        scoped.scope = Scope(name, version)
        return scoped

    def open(
        self,
        step: Step,
        *,
        parent: "OpenStep | _Current | None" = CURRENT,
        start_ns: int | None = None,
        links: Sequence[Link] = (),
        run_id: RunId | None = None,
    ) -> "OpenStep":
        """Open a step under `parent` (by default the one we are in) and return it. Never raises.

        Without a parent a new trace starts, and a new run unless `run_id` names the one that this
        activation continues. The step does not become current: use `OpenStep.active`.
        """
        above = context.current() if isinstance(parent, _Current) else parent
        opened = OpenStep(self, step, above, self.clock() if start_ns is None else start_ns)
        with shield("recorder.open"):
            opened.begin(links, run_id)
        return opened

    def event(self, event: Event, *, at: "OpenStep", time_ns: int | None = None) -> None:
        """Write a snapshot or an interrupt as a log event of the step `at`. Never raises."""
        with shield("recorder.event"):
            if at.silent or self.closed:
                return
            name, attributes, body = encode_event(event)
            self.write_log(at, name, attributes, body, self.clock() if time_ns is None else time_ns)

    def write_log(
        self, at: "OpenStep", name: str, attributes: Attributes, body: str | None, time_ns: int
    ) -> None:
        """Hand one log event of the step `at` to the sink."""
        attributes[names.RUN_ID] = at.run_id
        body = self.processor.process_event(attributes, body)
        log = WireLog(at.trace_id, at.span_id, name, time_ns, attributes, body)
        self.sink.append("logs", self.scope, log_bytes(log))

    def write_started(self, at: "OpenStep", attributes: Attributes) -> None:
        """Hand the sink the event that says that `at` is open."""
        attributes[names.RUN_ID] = at.run_id
        self.processor.process_started(attributes)
        log = WireLog(at.trace_id, at.span_id, names.EVENT_STARTED, at.start_ns, attributes, None)
        self.sink.append("logs", self.scope, log_bytes(log))

    def close(self) -> None:
        """Record nothing more, in no scope."""
        self._closed[0] = True


class OpenStep:
    """A step between its start and its end. All methods are safe to call at any time, from any thread."""

    __slots__ = (
        "__weakref__",
        "_ended",
        "_links",
        "_user_span",
        "parent",
        "recorder",
        "root",
        "run_id",
        "silent",
        "span_id",
        "start_ns",
        "step",
        "trace_id",
    )

    def __init__(
        self, recorder: Recorder, step: Step, parent: "OpenStep | None", start_ns: int
    ) -> None:
        """Use `Recorder.open`."""
        self.recorder = recorder
        self.step = step
        self.parent = parent
        self.start_ns = start_ns
        self.root: OpenStep = parent.root if parent is not None else self
        self.run_id = RunId("")
        self.trace_id = TraceId("")
        self.span_id = SpanId("")
        self.silent = True
        self._ended = False
        self._links: list[WireLink] = []
        self._user_span: tuple[int, int] | None = None

    @property
    def step_id(self) -> str:
        """The id that pages and the API use: trace id, a dash, span id."""
        return f"{self.trace_id}-{self.span_id}"

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended

    def begin(self, links: Sequence[Link], run_id: RunId | None) -> None:
        """Take ids and write the started event where it is due at once."""
        ids, parent = self.recorder.ids, self.parent
        self.span_id = ids.span_id()
        if parent is None or parent.silent:
            self.trace_id = ids.trace_id()
            self.run_id = run_id or ids.run_id()
        else:
            self.trace_id = parent.trace_id
            self.run_id = parent.run_id
        self._links = [_wire_link(link) for link in links]
        self._link_user_span()
        self.silent = self.recorder.closed
        if isinstance(self.step, Workflow):
            self.announce()
        elif self.recorder.watcher is not None:
            self.recorder.watcher.watch(self)

    def update(self, **facts: Any) -> None:
        """Replace facts of the step, e.g. `update(output=…)`. Never raises; ignored after the end."""
        with shield("step.update"):
            if not self._ended:
                self.step = replace(self.step, **facts)

    def active(self) -> AbstractContextManager[None]:
        """Return a block in which this step is the current one."""
        return context.active(self)

    def announce(self) -> None:
        """Write the event that says that this step has started and is still open."""
        with shield("step.announce"):
            if self.silent or self._ended:
                return
            attributes = encode(self.step)
            attributes[names.SPAN_NAME] = span_name(self.step)
            if self._parent_id():
                attributes[names.SPAN_PARENT_ID] = self._parent_id()
            self._add_program(attributes)
            self.recorder.write_started(self, attributes)

    def end(self, *, error: BaseException | None = None, end_ns: int | None = None) -> None:
        """Write the step. The first call counts; `error` is what the step raised."""
        if self._ended:
            return
        self._ended = True
        with shield("step.end"):
            if not self.silent and not self.recorder.closed:
                self._write(error, self.recorder.clock() if end_ns is None else end_ns)

    def _write(self, error: BaseException | None, end_ns: int) -> None:
        recorder, step = self.recorder, self.step
        if isinstance(step, Workflow) and step.outcome is None:
            step = self.step = replace(step, outcome=_outcome(error))
        attributes = encode(step)
        attributes[names.RUN_ID] = self.run_id
        message = None
        if error is not None:
            attributes[names.ERROR_TYPE] = _type_name(error)
            attributes[names.ERROR_STACK] = _stack(error)
            message = _message(error)
        self._add_program(attributes)
        name, message = recorder.processor.process_span(
            attributes, name=span_name(step), message=message
        )
        span = WireSpan(
            self.trace_id,
            self.span_id,
            self._parent_id(),
            name,
            _CLIENT if isinstance(step, ModelCall) or step.kind == "http_attempt" else _INTERNAL,
            self.start_ns,
            end_ns,
            attributes,
            self._links,
            message,
        )
        recorder.sink.append("traces", recorder.scope, span_bytes(span))
        recorder.counters.add("recorded")

    def _parent_id(self) -> str:
        return "" if self.parent is None or self.parent.silent else self.parent.span_id

    def _add_program(self, attributes: Attributes) -> None:
        program = self.recorder.program
        if program is not None and self.root is self and isinstance(self.step, Workflow):
            attributes[names.RUN_PROGRAM] = program.to_json()

    def _link_user_span(self) -> None:
        """Keep the user's own active span as a link, once per stretch of steps under it."""
        spot = get_current_span().get_span_context()
        if not spot.is_valid:
            return
        self._user_span = (spot.trace_id, spot.span_id)
        if self.parent is None or self.parent._user_span != self._user_span:
            self._links.append(
                WireLink(
                    f"{spot.trace_id:032x}", f"{spot.span_id:016x}", {names.LINK_TYPE: "user_span"}
                )
            )


class Program(Protocol):
    """Facts about the running program, as JSON text."""

    def to_json(self) -> str:
        """Return the facts, masked later like any other content."""
        ...


def _outcome(error: BaseException | None) -> Literal["completed", "failed", "cancelled"]:
    if error is None:
        return "completed"
    # Control flow from outside, not a defect of the workflow. By name: asyncio may not be loaded.
    cancelled = isinstance(error, KeyboardInterrupt | GeneratorExit) or any(
        kind.__name__ == "CancelledError" for kind in type(error).__mro__
    )
    return "cancelled" if cancelled else "failed"


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a hostile or broken __str__ of a user's exception
        return f"<unprintable {type(error).__name__}>"


def _stack(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error, limit=-STACK_FRAMES_MAX))
    except Exception:  # noqa: BLE001 - __str__, __cause__ or __notes__ of a user's exception misbehave
        return "".join(traceback.format_tb(error.__traceback__, limit=-STACK_FRAMES_MAX))


def _wire_link(link: Link) -> WireLink:
    attributes: Attributes = {names.LINK_TYPE: link.type}
    if link.run_id is not None:
        attributes[names.RUN_ID] = link.run_id
    return WireLink(link.trace_id, link.span_id, attributes)
