"""OTLP bytes, protobuf or JSON, to checked wire structures: structure only, no meaning.

Both encodings give the same shapes, lazily and one span at a time, so that no request can cost more
memory than its largest span. What cannot be parsed at all raises `WireError`; a span that stands
for itself but is not valid becomes a `Rejected` with its ordinal, and its siblings are kept.
"""

from playhead_collector.wire.decode import (
    check,
    decode_logs,
    decode_traces,
    iter_logs,
    iter_traces,
    read_span,
)
from playhead_collector.wire.shapes import (
    Checked,
    Encoding,
    Event,
    Link,
    LogEvent,
    LogsRequest,
    Rejected,
    Resource,
    Scope,
    Signal,
    Span,
    TooLarge,
    TraceRequest,
    Value,
    WireError,
)
from playhead_collector.wire.to_json import span_to_json

__all__ = [
    "Checked",
    "Encoding",
    "Event",
    "Link",
    "LogEvent",
    "LogsRequest",
    "Rejected",
    "Resource",
    "Scope",
    "Signal",
    "Span",
    "TooLarge",
    "TraceRequest",
    "Value",
    "WireError",
    "check",
    "decode_logs",
    "decode_traces",
    "iter_logs",
    "iter_traces",
    "read_span",
    "span_to_json",
]
