# pyright: basic
"""The same request in both encodings."""

import base64
import json
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_MESSAGES = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
_IDS = ("traceId", "spanId", "parentSpanId")


def to_protobuf(payload: dict[str, Any], signal: str = "traces") -> bytes:
    """Transcode OTLP/JSON; its hex ids are base64 in protobuf's own JSON."""
    message = json_format.ParseDict(_base64_ids(payload), _MESSAGES[signal]())
    return message.SerializeToString()


def to_json(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload).encode()


def _base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_base64_ids(part) for part in value]
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(part)).decode()
            if key in _IDS
            else _base64_ids(part)
            for key, part in value.items()
        }
    return value
