"""OTLP/JSON to wire structures.

Liberal where senders in the wild are: enum names are mapped, lone surrogates (JavaScript cuts texts
inside a pair) become U+FFFD, a value that does not fit its field is kept as the text that was sent.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from playhead_collector.wire import json_shapes as js
from playhead_collector.wire.groups import Counter, Group
from playhead_collector.wire.json_scan import mend_surrogates, outside_strings
from playhead_collector.wire.shapes import (
    DEPTH_MAX,
    PARENT_ID_CHARS_MAX,
    SPANS_MAX,
    VALUES_MAX,
    VALUES_PER_SPAN_MAX,
    Event,
    Invalid,
    Link,
    LogEvent,
    Resource,
    Scope,
    Signal,
    Span,
    TooLarge,
    Unparsable,
    Value,
    WireError,
)

# Every element of a list but the first costs a comma, and an attribute costs two. At 70 bytes for
# an unparsed element this keeps the walk through an envelope under 150 MB.
_COMMAS_MAX: Final = 2 * (VALUES_MAX + SPANS_MAX)
_COMMAS_PER_SPAN_MAX: Final = 3 * VALUES_PER_SPAN_MAX
_UINT64_MAX: Final = 2**64 - 1
_INT64: Final = range(-(2**63), 2**63)
_LISTS_AROUND: Final = 3  # of events, of their attributes, and one to spare
_HEX: Final = re.compile(r"[0-9a-fA-F]+\Z")
_KINDS: Final = {
    name: number
    for number, name in enumerate(
        ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
    )
}
_STATUSES: Final = {"UNSET": 0, "OK": 1, "ERROR": 2}
_SEVERITIES: Final = {
    name + suffix: base + step
    for base, name in [
        (1, "TRACE"), (5, "DEBUG"), (9, "INFO"), (13, "WARN"), (17, "ERROR"), (21, "FATAL"),
    ]
    for step, suffix in enumerate(["", "2", "3", "4"])
}  # fmt: skip

StructT = TypeVar("StructT")
_request_decoder: Final = msgspec.json.Decoder(js.JsonRequest)
_resource_decoder: Final = msgspec.json.Decoder(js.JsonResource | None)
_scope_decoder: Final = msgspec.json.Decoder(js.JsonScope | None)
_span_decoder: Final = msgspec.json.Decoder(js.JsonSpan)
_log_decoder: Final = msgspec.json.Decoder(js.JsonLogRecord)
_metric_decoder: Final = msgspec.json.Decoder(js.JsonMetric)


def groups(signal: Signal, body: bytes) -> Iterator[Group[Raw]]:
    """Yield the spans (log records, metrics) of a request, unparsed, by resource and scope.

    Raises:
        WireError: not JSON, or not the envelope of this signal.
        TooLarge: more spans, scopes or list elements than allowed.
    """
    if _commas(body) > _COMMAS_MAX:
        raise TooLarge(f"more than {_COMMAS_MAX} list elements and fields in one request")
    request = _parse_request(body)
    counter = Counter()
    for resource_group in _resource_groups(signal, request):
        counter.scopes(1)
        resource = bytes(resource_group.resource)
        resource_schema = resource_group.schema_url or ""
        for group in _scope_groups(signal, resource_group):
            items = _items(signal, group)
            counter.scopes(1)
            counter.items(len(items))
            yield Group(
                resource, resource_schema, bytes(group.scope), group.schema_url or "", items
            )


def _parse_request(body: bytes) -> js.JsonRequest:
    if not body.strip():
        return js.JsonRequest()
    try:
        return _request_decoder.decode(body)
    except RecursionError:
        raise WireError("the JSON is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        mended = mend_surrogates(body)
        if mended is body:
            raise WireError(str(problem)) from None
        return _parse_request(mended)


def _commas(body: bytes) -> int:
    """Count the commas outside strings, at the price of a scan where that could matter."""
    commas = body.count(b",")
    return commas if commas <= _COMMAS_PER_SPAN_MAX else len(outside_strings(body, b","))


def _resource_groups(signal: Signal, request: js.JsonRequest) -> Iterable[js.JsonResourceGroup]:
    match signal:
        case "traces":
            return request.resource_spans or ()
        case "logs":
            return request.resource_logs or ()
        case "metrics":
            return request.resource_metrics or ()


def _scope_groups(signal: Signal, group: js.JsonResourceGroup) -> Iterable[js.JsonScopeGroup]:
    match signal:
        case "traces":
            return group.scope_spans or ()
        case "logs":
            return group.scope_logs or ()
        case "metrics":
            return group.scope_metrics or ()


def _items(signal: Signal, group: js.JsonScopeGroup) -> list[Raw]:
    match signal:
        case "traces":
            return group.spans or []
        case "logs":
            return group.log_records or []
        case "metrics":
            return group.metrics or []


def read_resource(raw: bytes, schema_url: str) -> Resource:
    """Parse a resource; an absent one is empty."""
    parsed = _parse(_resource_decoder, raw, "resource") if raw else None
    if parsed is None:
        return Resource({}, 0, schema_url)
    dropped = _count(parsed.dropped_attributes_count)
    return Resource(_attributes(parsed.attributes), dropped, schema_url)


def read_scope(raw: bytes, schema_url: str) -> Scope:
    """Parse a scope; an absent one is empty."""
    parsed = _parse(_scope_decoder, raw, "scope") if raw else None
    if parsed is None:
        return Scope(schema_url=schema_url)
    dropped = _count(parsed.dropped_attributes_count)
    attributes = _attributes(parsed.attributes)
    return Scope(parsed.name or "", parsed.version or "", attributes, dropped, schema_url)


def parse_span(raw: Raw) -> js.JsonSpan:
    """Parse and check one span.

    Raises:
        Invalid: its ids or times are not valid, or it is beyond a bound.
        Unparsable: it is not a span at all.
    """
    span = _parse(_span_decoder, raw, "span")
    _id(span.trace_id, 32, "trace id")
    _id(span.span_id, 16, "span id")
    if not _time(span.start_time_unix_nano, "start time"):
        raise Invalid("start time is missing")
    _time(span.end_time_unix_nano, "end time")
    for event in span.events or ():
        _time(event.time_unix_nano, "event time")
    if values_of(span) > VALUES_PER_SPAN_MAX:
        raise Invalid(f"span has more than {VALUES_PER_SPAN_MAX} values")
    return span


def parse_log(raw: Raw) -> js.JsonLogRecord:
    """Parse and check one log record; raises as `parse_span` does."""
    record = _parse(_log_decoder, raw, "log record")
    _log_ids(record)
    _time(record.time_unix_nano, "time")
    _time(record.observed_time_unix_nano, "observed time")
    return record


def parse_metric(raw: Raw) -> js.JsonMetric:
    """Parse one metric, as far as its name; raises as `parse_span` does."""
    return _parse(_metric_decoder, raw, "metric")


def values_of(span: js.JsonSpan) -> int:
    """Count the attributes of a span, of its events and of its links."""
    nested = sum(
        len(part.attributes or ()) + 1 for part in [*(span.events or ()), *(span.links or ())]
    )
    return len(span.attributes or ()) + nested


def names_enum(span: js.JsonSpan) -> bool:
    """Tell whether the span names an enum value where its number is specified."""
    named_status = span.status is not None and _is_name(span.status.code)
    return named_status or _is_name(span.kind)


def _is_name(value: js.Int) -> bool:
    return isinstance(value, str) and not value.isdigit()


def read_span(span: js.JsonSpan, *, ordinal: int, resource: Resource, scope: Scope) -> Span:
    """Make the wire structure of a span that `parse_span` returned."""
    status = span.status or js.JsonStatus()
    return Span(
        ordinal=ordinal,
        resource=resource,
        scope=scope,
        trace_id=(span.trace_id or "").lower(),
        span_id=(span.span_id or "").lower(),
        parent_id=_parent_id(span.parent_span_id),
        name=span.name or "",
        kind=_enum(span.kind, "SPAN_KIND_", _KINDS),
        start_ns=_time(span.start_time_unix_nano, "start time"),
        end_ns=_time(span.end_time_unix_nano, "end time"),
        attributes=_attributes(span.attributes),
        events=[_event(event) for event in span.events or ()],
        links=[_link(link) for link in span.links or ()],
        status_code=_enum(status.code, "STATUS_CODE_", _STATUSES),
        status_message=status.message or "",
        trace_state=span.trace_state or "",
        flags=_count(span.flags),
        dropped_attributes=_count(span.dropped_attributes_count),
        dropped_events=_count(span.dropped_events_count),
        dropped_links=_count(span.dropped_links_count),
    )


def read_log(
    record: js.JsonLogRecord, *, ordinal: int, resource: Resource, scope: Scope
) -> LogEvent:
    """Make the wire structure of a log record that `parse_log` returned."""
    trace_id, span_id = _log_ids(record)
    attributes = _attributes(record.attributes)
    return LogEvent(
        ordinal=ordinal,
        resource=resource,
        scope=scope,
        trace_id=trace_id,
        span_id=span_id,
        time_ns=_time(record.time_unix_nano, "time"),
        observed_ns=_time(record.observed_time_unix_nano, "observed time"),
        event_name=record.event_name or str(attributes.get("event.name") or ""),
        severity_number=_enum(record.severity_number, "SEVERITY_NUMBER_", _SEVERITIES),
        severity_text=record.severity_text or "",
        body=None if record.body is None else _value(record.body, DEPTH_MAX),
        attributes=attributes,
        flags=_count(record.flags),
        dropped_attributes=_count(record.dropped_attributes_count),
    )


def _parse(decoder: msgspec.json.Decoder[StructT], raw: Raw | bytes, what: str) -> StructT:
    content = bytes(raw)
    if len(content) > _COMMAS_PER_SPAN_MAX and _commas(content) > _COMMAS_PER_SPAN_MAX:
        raise Invalid(f"{what} has more than {VALUES_PER_SPAN_MAX} values")
    try:
        parsed = decoder.decode(content)
    except RecursionError:
        raise Invalid(f"{what} is nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise Unparsable(f"{what}: {problem}") from None
    if _deep(content):
        raise Invalid(f"{what} has a value nested deeper than {DEPTH_MAX}")
    return parsed


def _deep(content: bytes) -> bool:
    """Tell whether values nest deeper than allowed; looks closer only where they could."""
    if len(content) < DEPTH_MAX * len('{"arrayValue":{"values":[]}}'):
        return False
    if content.count(b"arrayValue") + content.count(b"kvlistValue") <= DEPTH_MAX:
        return False
    rest = outside_strings(content, b"[]")
    for _ in range(DEPTH_MAX + _LISTS_AROUND):
        rest = rest.replace(b"[]", b"")  # the innermost lists of what is left
    return bool(rest)


def _id(sent: str | None, digits: int, what: str) -> str:
    if not sent:
        raise Invalid(f"{what} is missing")
    if len(sent) != digits or not _HEX.match(sent):
        raise Invalid(f"{what} is not {digits} hexadecimal digits")
    if not sent.strip("0"):
        raise Invalid(f"{what} is all zeros")
    return sent.lower()


def _parent_id(sent: str | None) -> str | None:
    return sent[:PARENT_ID_CHARS_MAX].lower() if sent and sent.strip("0") else None


def _log_ids(record: js.JsonLogRecord) -> tuple[str | None, str | None]:
    trace_id = record.trace_id if record.trace_id and record.trace_id.strip("0") else None
    span_id = record.span_id if record.span_id and record.span_id.strip("0") else None
    return (
        trace_id and _id(trace_id, 32, "trace id"),
        span_id and _id(span_id, 16, "span id"),
    )


def _integer(sent: js.Int) -> int | None:
    """Return an integer that was sent as a number or as a string; None where it is neither."""
    if sent is None:
        return 0
    if isinstance(sent, float) and not sent.is_integer():
        return None
    try:
        return int(sent)
    except ValueError:  # not digits, or more of them than Python is willing to read
        return None


def _time(sent: js.Int, what: str) -> int:
    number = _integer(sent)
    if number is None or not 0 <= number <= _UINT64_MAX:
        raise Invalid(f"{what} is not an unsigned 64-bit integer")
    return number


def _count(sent: js.Int) -> int:
    number = _integer(sent)
    return number if number is not None and 0 <= number < 2**32 else 0


def _enum(sent: js.Int, prefix: str, names: dict[str, int]) -> int:
    if isinstance(sent, str) and not sent.isdigit():
        return names.get(sent.removeprefix(prefix), 0)
    number = _integer(sent)
    return number if number is not None and 0 <= number < 2**31 else 0


def _event(event: js.JsonEvent) -> Event:
    return Event(
        event.name or "",
        _time(event.time_unix_nano, "event time"),
        _attributes(event.attributes),
        _count(event.dropped_attributes_count),
    )


def _link(link: js.JsonLink) -> Link:
    return Link(
        (link.trace_id or "").lower(),
        (link.span_id or "").lower(),
        _attributes(link.attributes),
        link.trace_state or "",
        _count(link.flags),
        _count(link.dropped_attributes_count),
    )


def _attributes(pairs: list[js.JsonKeyValue] | None, depth: int = DEPTH_MAX) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for pair in pairs or ():
        value = pair.value
        if value is None:
            attributes[pair.key or ""] = None
        elif value.string_value is not None:
            attributes[pair.key or ""] = value.string_value
        else:
            attributes[pair.key or ""] = _value(value, depth)
    return attributes


def _value(value: js.JsonValue, depth: int) -> Value:
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        number = _integer(value.int_value)
        return number if number is not None and number in _INT64 else str(value.int_value)
    if value.bool_value is not None:
        return value.bool_value
    if value.double_value is not None:
        return _double(value.double_value)
    if value.bytes_value is not None:
        return _base64(value.bytes_value)
    if not depth:
        return "<nested too deeply>"
    if value.array_value is not None:
        return [_value(element, depth - 1) for element in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values, depth - 1)
    return None


def _double(sent: float | str) -> float | str:
    try:
        return float(sent)
    except (ValueError, OverflowError):
        return str(sent)


def _base64(sent: str) -> bytes | str:
    """Decode standard or URL-safe base64, padded or not; what is neither is kept as text."""
    standard = sent.translate({ord("-"): "+", ord("_"): "/"}).rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return sent
