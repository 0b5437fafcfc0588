"""OTLP/JSON: attributes, spans and log records as bytes, and attributes back.

Written by hand on top of the C string encoder, since the step's whole cost is spent here. Values
that JSON cannot say are said as OTLP does: bytes as base64, NaN and infinities as strings.

Source:
    opentelemetry-proto 1.11, docs/specification.md, "JSON Protobuf Encoding".
"""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

# The value of one attribute: None, bool, int (64 bit), float, str, bytes, list or dict of these.
AttributeValue: TypeAlias = Any
Attributes: TypeAlias = dict[str, AttributeValue]

quote = json.encoder.encode_basestring
_INT64 = range(-(2**63), 2**63)
_INT64_MAX = 2**63 - 1
STATUS_ERROR = 2


class Scope(NamedTuple):
    """Who stated a step: an adapter's name and version."""

    name: str
    version: str

    def to_json(self) -> bytes:
        """Return the OTLP/JSON form."""
        return _scope_json(self)


class WireLink(NamedTuple):
    """A link to another span, with its attributes."""

    trace_id: str
    span_id: str
    attributes: Attributes


class WireSpan(NamedTuple):
    """One ended span. `message` is the error's text and `None` when nothing failed."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    otel_kind: int
    start_ns: int
    end_ns: int
    attributes: Attributes
    links: Sequence[WireLink]
    message: str | None


class WireLog(NamedTuple):
    """One log event of a span. `body` is text or `None`."""

    trace_id: str
    span_id: str
    event: str
    time_ns: int
    attributes: Attributes
    body: str | None


def span_bytes(span: WireSpan) -> bytes:
    """Return one span as an OTLP/JSON object."""
    parts = [
        f'{{"traceId":"{span.trace_id}","spanId":"{span.span_id}"',
        f',"parentSpanId":"{span.parent_id}","name":{quote(span.name)},"kind":{span.otel_kind}',
        f',"startTimeUnixNano":"{span.start_ns}","endTimeUnixNano":"{span.end_ns}"',
        f',"flags":256,"attributes":{attributes_json(span.attributes)}',
    ]
    if span.links:
        parts.append(',"links":[' + ",".join(map(_link_json, span.links)) + "]")
    if span.message is not None:
        parts.append(f',"status":{{"code":{STATUS_ERROR},"message":{quote(span.message)}}}')
    parts.append("}")
    return to_bytes("".join(parts))


def log_bytes(log: WireLog) -> bytes:
    """Return one log event as an OTLP/JSON object."""
    body = "" if log.body is None else f'"body":{{"stringValue":{quote(log.body)}}},'
    return to_bytes(
        f'{{"timeUnixNano":"{log.time_ns}","observedTimeUnixNano":"{log.time_ns}",'
        f'"severityNumber":9,"eventName":{quote(log.event)},{body}"traceId":"{log.trace_id}",'
        f'"spanId":"{log.span_id}","attributes":{attributes_json(log.attributes)}}}'
    )


def attributes_json(attributes: Mapping[str, AttributeValue]) -> str:
    """Return the OTLP list of key-value objects."""
    parts: list[str] = []
    for key, value in attributes.items():
        # Nearly all attributes are texts and counts: their way is kept short.
        if type(value) is str:
            parts.append(f'{_key(key)}{{"stringValue":{quote(value)}}}}}')
        elif type(value) is int and -_INT64_MAX <= value <= _INT64_MAX:
            parts.append(f'{_key(key)}{{"intValue":"{value}"}}}}')
        else:
            parts.append(f"{_key(key)}{_any_value(value)}}}")
    return f"[{','.join(parts)}]"


def read_attributes(pairs: Sequence[Mapping[str, Any]]) -> Attributes:
    """Return the attributes that `attributes_json` wrote, parsed from JSON; the inverse."""
    return {pair["key"]: _read_value(pair["value"]) for pair in pairs}


def to_bytes(text: str) -> bytes:
    """Return UTF-8; halves of surrogate pairs, which UTF-8 cannot hold, become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@lru_cache(maxsize=64)
def _scope_json(scope: Scope) -> bytes:
    return to_bytes(f'{{"name":{quote(scope.name)},"version":{quote(scope.version)}}}')


@lru_cache(maxsize=512)
def _key(key: str) -> str:
    return f'{{"key":{quote(key)},"value":'


def _any_value(value: AttributeValue) -> str:
    if isinstance(value, str):
        return f'{{"stringValue":{quote(value)}}}'
    if isinstance(value, bool):
        return '{"boolValue":true}' if value else '{"boolValue":false}'
    if isinstance(value, int):
        # Beyond 64 bit there is no OTLP integer: the digits are kept as text.
        return (
            f'{{"intValue":"{value:d}"}}' if value in _INT64 else f'{{"stringValue":"{value:#x}"}}'
        )
    if isinstance(value, float):
        return f'{{"doubleValue":{_double(value)}}}'
    if isinstance(value, bytes):
        return f'{{"bytesValue":"{base64.b64encode(value).decode("ascii")}"}}'
    if isinstance(value, Mapping):
        return f'{{"kvlistValue":{{"values":{attributes_json(value)}}}}}'  # pyright: ignore
    if isinstance(value, Sequence):
        inner = ",".join([_any_value(part) for part in value])  # pyright: ignore
        return f'{{"arrayValue":{{"values":[{inner}]}}}}'
    return "{}"  # null


def _double(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'


def _read_value(value: Mapping[str, Any]) -> AttributeValue:
    for kind, content in value.items():
        match kind:
            case "intValue":
                return int(content)
            case "doubleValue":
                return float(content)
            case "bytesValue":
                return base64.b64decode(content)
            case "arrayValue":
                return [_read_value(part) for part in content.get("values", ())]
            case "kvlistValue":
                return read_attributes(content.get("values", ()))
            case _:
                return content
    return None


def _link_json(link: WireLink) -> str:
    return (
        f'{{"traceId":"{link.trace_id}","spanId":"{link.span_id}",'
        f'"attributes":{attributes_json(link.attributes)}}}'
    )
