"""OTLP/protobuf to wire structures.

The envelope is walked by hand, because a parser makes hundreds of bytes of objects out of the two
bytes of an empty span; each span is then parsed by the official classes (upb), one at a time.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogRecordMessage
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric as MetricMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from playhead_collector.wire.groups import Counter, Group
from playhead_collector.wire.shapes import (
    DEPTH_MAX,
    VALUES_PER_SPAN_MAX,
    Event,
    Invalid,
    Link,
    LogEvent,
    Resource,
    Scope,
    Signal,
    Span,
    Unparsable,
    Value,
    WireError,
)

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_RESOURCE_GROUPS: Final = 1  # field numbers of the three envelopes, equal in all signals
_RESOURCE, _SCOPE_GROUPS, _SCHEMA_URL = 1, 2, 3
_SCOPE, _ITEMS = 1, 2
_PARTS_PER_SPAN_MAX: Final = 2 * VALUES_PER_SPAN_MAX  # an attribute is a pair and its value
# Where messages lie in messages: of a kind, the field number and the kind of what it holds.
_NESTED: Final[dict[str, dict[int, str]]] = {
    "span": {9: "key_value", 11: "event", 13: "link"},
    "event": {3: "key_value"},
    "link": {4: "key_value"},
    "log record": {5: "value", 6: "key_value"},
    "resource": {1: "key_value"},
    "scope": {3: "key_value"},
    "key_value": {2: "value"},
    "value": {5: "array", 6: "kvlist"},
    "array": {1: "value"},
    "kvlist": {1: "key_value"},
    "metric": {5: "points", 7: "points", 9: "points", 10: "points", 11: "points", 12: "key_value"},
    "points": {1: "point"},
    "point": {},
}

MessageT = TypeVar("MessageT", bound=Message)


def groups(signal: Signal, body: bytes) -> Iterator[Group[bytes]]:
    """Yield the spans (log records, metrics) of a request, unparsed, by resource and scope.

    The three envelopes have the same field numbers, so the signal does not matter here.

    Raises:
        WireError: not protobuf, or cut off.
        TooLarge: more spans or scopes than allowed.
    """
    del signal
    counter = Counter()
    for number, start, end in _fields(body, 0, len(body)):
        if number == _RESOURCE_GROUPS:
            yield from _resource_group(body, start, end, counter)


def _resource_group(body: bytes, start: int, end: int, counter: Counter) -> Iterator[Group[bytes]]:
    counter.scopes(1)
    resource = schema_url = b""
    scope_groups: list[tuple[int, int]] = []
    for number, at, until in _fields(body, start, end):
        if number == _RESOURCE:
            resource += body[at:until]  # protobuf merges a message that comes twice
        elif number == _SCOPE_GROUPS:
            counter.scopes(1)
            scope_groups.append((at, until))
        elif number == _SCHEMA_URL:
            schema_url = body[at:until]
    for at, until in scope_groups:
        scope, scope_schema_url, items = _scope_group(body, at, until, counter)
        yield Group(resource, _text(schema_url), scope, _text(scope_schema_url), items)


def _scope_group(
    body: bytes, start: int, end: int, counter: Counter
) -> tuple[bytes, bytes, list[bytes]]:
    scope = schema_url = b""
    items: list[bytes] = []
    for number, at, until in _fields(body, start, end):
        if number == _ITEMS:
            counter.items(1)
            items.append(body[at:until])
        elif number == _SCOPE:
            scope += body[at:until]
        elif number == _SCHEMA_URL:
            schema_url = body[at:until]
    return scope, schema_url, items


def _fields(body: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (number, start, end) of each length-delimited field; skip all others."""
    at = start
    while at < end:
        tag, at = _varint(body, at, end)
        wire_type = tag & 7
        if tag >> 3 == 0:
            raise WireError(f"field number 0 at byte {at}")
        if wire_type == _BYTES:
            length, at = _varint(body, at, end)
            if length > end - at:
                raise WireError(f"cut off: {length} bytes announced at byte {at}, {end - at} there")
            yield tag >> 3, at, at + length
            at += length
        elif wire_type == _VARINT:
            _, at = _varint(body, at, end)
        elif wire_type in (_FIXED64, _FIXED32):
            at += 8 if wire_type == _FIXED64 else 4
            if at > end:
                raise WireError("cut off inside a fixed-width field")
        else:
            raise WireError(f"wire type {wire_type} at byte {at} is not protobuf 3")


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise WireError(f"a number of more than 64 bits ends at byte {at}")
    raise WireError("cut off inside a number")


def _text(sent: bytes) -> str:
    return sent.decode("utf-8", "replace")


def read_resource(raw: bytes, schema_url: str) -> Resource:
    """Parse a resource; an absent one is empty."""
    parsed = _parse(ResourceMessage, raw, "resource")
    return Resource(_attributes(parsed.attributes), parsed.dropped_attributes_count, schema_url)


def read_scope(raw: bytes, schema_url: str) -> Scope:
    """Parse a scope; an absent one is empty."""
    parsed = _parse(InstrumentationScope, raw, "scope")
    attributes = _attributes(parsed.attributes)
    dropped = parsed.dropped_attributes_count
    return Scope(parsed.name, parsed.version, attributes, dropped, schema_url)


def parse_span(raw: bytes) -> SpanMessage:
    """Parse and check one span.

    Raises:
        Invalid: its ids or times are not valid, or it is beyond a bound.
        Unparsable: it is not a span at all.
    """
    span = _parse(SpanMessage, raw, "span")
    _id(span.trace_id, 16, "trace id")
    _id(span.span_id, 8, "span id")
    if not span.start_time_unix_nano:
        raise Invalid("start time is missing")
    if values_of(span) > VALUES_PER_SPAN_MAX:
        raise Invalid(f"span has more than {VALUES_PER_SPAN_MAX} values")
    return span


def parse_log(raw: bytes) -> LogRecordMessage:
    """Parse and check one log record; raises as `parse_span` does."""
    record = _parse(LogRecordMessage, raw, "log record")
    _log_id(record.trace_id, 16, "trace id")
    _log_id(record.span_id, 8, "span id")
    return record


def parse_metric(raw: bytes) -> MetricMessage:
    """Parse one metric; raises as `parse_span` does."""
    return _parse(MetricMessage, raw, "metric")


def values_of(span: SpanMessage) -> int:
    """Count the attributes of a span, of its events and of its links."""
    nested = sum(len(event.attributes) + 1 for event in span.events)
    nested += sum(len(link.attributes) + 1 for link in span.links)
    return len(span.attributes) + nested


def names_enum(span: SpanMessage) -> bool:
    """Tell that no enum is named: protobuf sends numbers."""
    del span
    return False


def read_span(span: SpanMessage, *, ordinal: int, resource: Resource, scope: Scope) -> Span:
    """Make the wire structure of a span that `parse_span` returned."""
    parent_id = span.parent_span_id
    return Span(
        ordinal=ordinal,
        resource=resource,
        scope=scope,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=parent_id[:32].hex() if any(parent_id) else None,
        name=span.name,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        events=[
            Event(
                event.name,
                event.time_unix_nano,
                _attributes(event.attributes),
                event.dropped_attributes_count,
            )
            for event in span.events
        ],
        links=[
            Link(
                link.trace_id.hex(),
                link.span_id.hex(),
                _attributes(link.attributes),
                link.trace_state,
                link.flags,
                link.dropped_attributes_count,
            )
            for link in span.links
        ],
        status_code=span.status.code,
        status_message=span.status.message,
        trace_state=span.trace_state,
        flags=span.flags,
        dropped_attributes=span.dropped_attributes_count,
        dropped_events=span.dropped_events_count,
        dropped_links=span.dropped_links_count,
    )


def read_log(
    record: LogRecordMessage, *, ordinal: int, resource: Resource, scope: Scope
) -> LogEvent:
    """Make the wire structure of a log record that `parse_log` returned."""
    attributes = _attributes(record.attributes)
    return LogEvent(
        ordinal=ordinal,
        resource=resource,
        scope=scope,
        trace_id=_log_id(record.trace_id, 16, "trace id"),
        span_id=_log_id(record.span_id, 8, "span id"),
        time_ns=record.time_unix_nano,
        observed_ns=record.observed_time_unix_nano,
        event_name=record.event_name or str(attributes.get("event.name") or ""),
        severity_number=record.severity_number,
        severity_text=record.severity_text,
        body=_value(record.body, DEPTH_MAX) if record.HasField("body") else None,
        attributes=attributes,
        flags=record.flags,
        dropped_attributes=record.dropped_attributes_count,
    )


def _parse(message: type[MessageT], raw: bytes, what: str) -> MessageT:
    # A part takes two bytes at least, so a shorter span cannot hold too many.
    if len(raw) > 2 * _PARTS_PER_SPAN_MAX:
        _count_parts(raw, what)
    try:
        return message.FromString(raw)
    except DecodeError as problem:
        raise Unparsable(f"{what}: {_reason(problem)}") from None


def _reason(problem: DecodeError) -> str:
    return re.sub(r"^Error parsing message[^:]*: ?", "", str(problem)) or "not protobuf"


def _count_parts(raw: bytes, what: str) -> None:
    """Count the messages inside a message, without making them; raises `Invalid` at the bound."""
    stack = [(what, 0, len(raw))]
    parts = 0
    while stack:
        kind, start, end = stack.pop()
        nested = _NESTED[kind]
        try:
            for number, at, until in _fields(raw, start, end):
                if number in nested:
                    parts += 1
                    stack.append((nested[number], at, until))
                if parts > _PARTS_PER_SPAN_MAX:
                    raise Invalid(f"{what} has more than {VALUES_PER_SPAN_MAX} values")
        except WireError as problem:
            raise Unparsable(f"{what}: {problem}") from None


def _id(sent: bytes, length: int, what: str) -> None:
    if not sent:
        raise Invalid(f"{what} is missing")
    if len(sent) != length:
        raise Invalid(f"{what} is not {length} bytes")
    if not any(sent):
        raise Invalid(f"{what} is all zeros")


def _log_id(sent: bytes, length: int, what: str) -> str | None:
    if not any(sent):
        return None
    _id(sent, length, what)
    return sent.hex()


def _attributes(pairs: Iterable[KeyValue], depth: int = DEPTH_MAX) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for pair in pairs:
        value = pair.value
        # The cheap question first: asking which field is set costs five times as much.
        attributes[pair.key] = value.string_value or _value(value, depth)
    return attributes


def _value(value: AnyValue, depth: int) -> Value:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "bool_value":
            return value.bool_value
        case "double_value":
            return value.double_value
        case "bytes_value":
            return value.bytes_value
        case "array_value":
            return _nested(
                [_value(v, depth - 1) for v in value.array_value.values] if depth else None
            )
        case "kvlist_value":
            return _nested(_attributes(value.kvlist_value.values, depth - 1) if depth else None)
        case _:
            return None


def _nested(value: Value) -> Value:
    return "<nested too deeply>" if value is None else value
