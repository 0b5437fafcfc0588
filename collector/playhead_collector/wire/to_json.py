"""A wire span as OTLP/JSON, for the raw view: what was sent, whatever its encoding was."""

import base64
import math
from typing import Any

from playhead_collector.wire.shapes import Span, Value


def span_to_json(span: Span) -> dict[str, Any]:
    """Return the span as OTLP/JSON: int64 as strings, bytes as base64, empty fields left out."""
    status = {"code": span.status_code, "message": span.status_message}
    return _without_empty(
        traceId=span.trace_id,
        spanId=span.span_id,
        parentSpanId=span.parent_id,
        traceState=span.trace_state,
        flags=span.flags,
        name=span.name,
        kind=span.kind,
        startTimeUnixNano=str(span.start_ns),
        endTimeUnixNano=str(span.end_ns),
        attributes=_pairs(span.attributes),
        droppedAttributesCount=span.dropped_attributes,
        events=[
            _without_empty(
                timeUnixNano=str(event.time_ns),
                name=event.name,
                attributes=_pairs(event.attributes),
                droppedAttributesCount=event.dropped_attributes,
            )
            for event in span.events
        ],
        droppedEventsCount=span.dropped_events,
        links=[
            _without_empty(
                traceId=link.trace_id,
                spanId=link.span_id,
                traceState=link.trace_state,
                flags=link.flags,
                attributes=_pairs(link.attributes),
                droppedAttributesCount=link.dropped_attributes,
            )
            for link in span.links
        ],
        droppedLinksCount=span.dropped_links,
        status=_without_empty(**status),
    )


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", 0, [], {})}


def _pairs(attributes: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _name(value)}
        case str():
            return {"stringValue": value}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": [_value(element) for element in value]}}
        case dict():
            return {"kvlistValue": {"values": _pairs(value)}}


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
