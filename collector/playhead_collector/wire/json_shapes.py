"""OTLP/JSON as typed msgspec structs: what costs a parser least.

Spans are left as raw bytes in their envelope and parsed one by one. Every field may be null, which
means its default (protobuf's JSON mapping); unknown fields are skipped.
"""

from __future__ import annotations

from msgspec import Raw, Struct

Int = int | float | str | None  # int64 travels as a string or as a number; enums too, in the wild


class JsonValue(Struct, gc=False, rename="camel"):
    """AnyValue."""

    string_value: str | None = None
    int_value: Int = None
    bool_value: bool | None = None
    double_value: int | float | str | None = None
    array_value: JsonArray | None = None
    kvlist_value: JsonKvList | None = None
    bytes_value: str | None = None


class JsonKeyValue(Struct, gc=False):
    """KeyValue."""

    key: str | None = None
    value: JsonValue | None = None


class JsonArray(Struct, gc=False):
    """ArrayValue."""

    values: list[JsonValue] | None = None


class JsonKvList(Struct, gc=False):
    """KeyValueList."""

    values: list[JsonKeyValue] | None = None


class JsonResource(Struct, gc=False, rename="camel"):
    """Resource."""

    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None


class JsonScope(Struct, gc=False, rename="camel"):
    """InstrumentationScope."""

    name: str | None = None
    version: str | None = None
    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None


class JsonScopeGroup(Struct, gc=False, rename="camel"):
    """ScopeSpans, ScopeLogs and ScopeMetrics: one of the three lists is there."""

    scope: Raw = Raw()
    schema_url: str | None = None
    spans: list[Raw] | None = None
    log_records: list[Raw] | None = None
    metrics: list[Raw] | None = None


class JsonResourceGroup(Struct, gc=False, rename="camel"):
    """ResourceSpans, ResourceLogs and ResourceMetrics."""

    resource: Raw = Raw()
    schema_url: str | None = None
    scope_spans: list[JsonScopeGroup] | None = None
    scope_logs: list[JsonScopeGroup] | None = None
    scope_metrics: list[JsonScopeGroup] | None = None


class JsonRequest(Struct, gc=False, rename="camel"):
    """Export request of any signal."""

    resource_spans: list[JsonResourceGroup] | None = None
    resource_logs: list[JsonResourceGroup] | None = None
    resource_metrics: list[JsonResourceGroup] | None = None


class JsonEvent(Struct, gc=False, rename="camel"):
    """Span.Event."""

    time_unix_nano: Int = None
    name: str | None = None
    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None


class JsonLink(Struct, gc=False, rename="camel"):
    """Span.Link."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None
    flags: Int = None


class JsonStatus(Struct, gc=False):
    """Status."""

    message: str | None = None
    code: Int = None


class JsonSpan(Struct, gc=False, rename="camel"):
    """Span."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: Int = None
    name: str | None = None
    kind: Int = None
    start_time_unix_nano: Int = None
    end_time_unix_nano: Int = None
    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None
    events: list[JsonEvent] | None = None
    dropped_events_count: Int = None
    links: list[JsonLink] | None = None
    dropped_links_count: Int = None
    status: JsonStatus | None = None


class JsonLogRecord(Struct, gc=False, rename="camel"):
    """LogRecord."""

    time_unix_nano: Int = None
    observed_time_unix_nano: Int = None
    severity_number: Int = None
    severity_text: str | None = None
    body: JsonValue | None = None
    attributes: list[JsonKeyValue] | None = None
    dropped_attributes_count: Int = None
    flags: Int = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class JsonMetric(Struct, gc=False):
    """Metric: its name is all that is checked."""

    name: str | None = None
