"""The shapes that both encodings of OTLP become, and the bounds on their number.

Attribute values are plain Python: a kvlist is a `dict` (the last of equal keys wins), an array a
`list`, bytes are `bytes`, an empty value is `None`. Ids are lower-case hex. Times are what was
sent: unsigned 64-bit nanoseconds.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

Signal = Literal["traces", "logs", "metrics"]
Encoding = Literal["protobuf", "json"]
Value: TypeAlias = "None | bool | int | float | str | bytes | list[Value] | dict[str, Value]"

SPANS_MAX: Final = 100_000  # 200 times the stock exporter's batch
SCOPES_MAX: Final = 20_000  # resources and scopes together
VALUES_MAX: Final = 1_000_000  # attributes of a whole request: 150 MB as unparsed JSON
VALUES_PER_SPAN_MAX: Final = 250_000  # about 100 MB of Python objects, alive one span at a time
DEPTH_MAX: Final = 64  # of one attribute value; protobuf's own parser stops at 100
PARENT_ID_CHARS_MAX: Final = 64  # a parent id of a wrong shape is kept as sent, within reason


class WireError(ValueError):
    """The body as a whole is not OTLP: nothing of it is kept."""


class TooLarge(WireError):
    """The body holds more parts than a bound allows: nothing of it is kept."""


class Invalid(ValueError):
    """One span (log event, metric) is not valid; its siblings are."""


class Unparsable(Invalid):
    """One span (log event, metric) could not even be parsed."""


class Resource(Struct, gc=False, frozen=True):
    """Who sent the spans."""

    attributes: dict[str, Value]
    dropped_attributes: int = 0
    schema_url: str = ""


class Scope(Struct, gc=False, frozen=True):
    """The instrumentation library that made the spans."""

    name: str = ""
    version: str = ""
    attributes: dict[str, Value] = {}
    dropped_attributes: int = 0
    schema_url: str = ""


class Event(Struct, gc=False, frozen=True):
    """An event on a span."""

    name: str
    time_ns: int
    attributes: dict[str, Value]
    dropped_attributes: int = 0


class Link(Struct, gc=False, frozen=True):
    """A link to another span. Ids of a wrong shape are kept as sent."""

    trace_id: str
    span_id: str
    attributes: dict[str, Value]
    trace_state: str = ""
    flags: int = 0
    dropped_attributes: int = 0


class Span(Struct, gc=False, frozen=True, kw_only=True):
    """One span with valid ids and a start. `ordinal` is its place in its request, from 0."""

    ordinal: int
    resource: Resource
    scope: Scope
    trace_id: str
    span_id: str
    parent_id: str | None  # None for a root; may be of a wrong shape (then the span is an orphan)
    name: str
    kind: int
    start_ns: int
    end_ns: int  # 0 while the span is open
    attributes: dict[str, Value]
    events: list[Event]
    links: list[Link]
    status_code: int  # 0 unset, 1 ok, 2 error
    status_message: str
    trace_state: str
    flags: int
    dropped_attributes: int
    dropped_events: int
    dropped_links: int


class LogEvent(Struct, gc=False, frozen=True, kw_only=True):
    """One log record. Ids are None where it belongs to no span."""

    ordinal: int
    resource: Resource
    scope: Scope
    trace_id: str | None
    span_id: str | None
    time_ns: int  # 0 where not sent
    observed_ns: int
    event_name: str  # from `eventName`, else the attribute `event.name`, else empty
    severity_number: int
    severity_text: str
    body: Value
    attributes: dict[str, Value]
    flags: int
    dropped_attributes: int


class Rejected(Struct, gc=False, frozen=True):
    """A span, log event or metric that is not kept, and why."""

    ordinal: int
    reason: str
    unparsable: bool = False


class TraceRequest(Struct, gc=False, frozen=True):
    """All spans of one request, in document order; `rejected` has the ordinals that lack."""

    spans: list[Span]
    rejected: list[Rejected]


class LogsRequest(Struct, gc=False, frozen=True):
    """All log events of one request, in document order."""

    events: list[LogEvent]
    rejected: list[Rejected]


class Checked(Struct, gc=False, frozen=True):
    """The verdict on a request's structure: how many are kept, which are not, and the first why."""

    kept: int
    rejected: list[int]
    reason: str
    unparsable: int  # of the rejected, those that are no spans at all
    enum_names: int  # spans that name an enum value where the specification asks for its number
