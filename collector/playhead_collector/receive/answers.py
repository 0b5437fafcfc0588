"""What the OTLP routes answer: export responses and `google.rpc.Status`, in either encoding."""

import json
from typing import Final

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from starlette.responses import Response

from playhead_collector.receive.limits import RETRY_AFTER_S
from playhead_collector.wire import Checked, Encoding, Signal

MEDIA_TYPES: Final[dict[Encoding, str]] = {
    "protobuf": "application/x-protobuf",
    "json": "application/json",
}
_RETRY_LATER: Final = frozenset({429, 503})
_RPC_CODES: Final = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    405: 12,
    408: 4,
    413: 8,
    415: 3,
    429: 8,
    503: 14,
}
_NOUNS: Final[dict[Signal, str]] = {
    "traces": "spans",
    "logs": "log records",
    "metrics": "metrics",
}
_REJECTED_FIELDS: Final[dict[Signal, str]] = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


def accepted(signal: Signal, encoding: Encoding, checked: Checked) -> Response:
    """Return 200: everything, or everything but what is named, is on disk."""
    rejected = len(checked.rejected)
    message = ""
    if rejected:
        total = checked.kept + rejected
        message = f"{rejected} of {total} {_NOUNS[signal]} rejected, the first: {checked.reason}"
    if encoding == "protobuf":
        body = _protobuf(signal, rejected, message).SerializeToString()
    elif rejected:
        partial = {_REJECTED_FIELDS[signal]: str(rejected), "errorMessage": message}
        body = json.dumps({"partialSuccess": partial}).encode()
    else:
        body = b"{}"
    return Response(body, media_type=MEDIA_TYPES[encoding])


def refused(status: int, message: str, encoding: Encoding | None) -> Response:
    """Return a refusal with a `google.rpc.Status` body; JSON where the encoding is not known."""
    code = _RPC_CODES[status]
    if encoding == "protobuf":
        body = encode_status(code, message)
    else:
        body = json.dumps({"code": code, "message": message}).encode()
    headers = {"retry-after": str(RETRY_AFTER_S)} if status in _RETRY_LATER else {}
    media_type = MEDIA_TYPES[encoding or "json"]
    return Response(body, status_code=status, headers=headers, media_type=media_type)


def encode_status(code: int, message: str) -> bytes:
    """Return a `google.rpc.Status` as protobuf: field 1 the code, field 2 the message.

    Written by hand: its class is in googleapis-common-protos, which nothing else here needs.
    """
    text = message.encode()
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _protobuf(signal: Signal, rejected: int, message: str) -> Message:
    """Return the response; its partial success is absent where all was accepted."""
    if signal == "traces":
        spans = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
        return ExportTraceServiceResponse(partial_success=spans if rejected else None)
    if signal == "logs":
        logs = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
        return ExportLogsServiceResponse(partial_success=logs if rejected else None)
    points = ExportMetricsPartialSuccess(rejected_data_points=rejected, error_message=message)
    return ExportMetricsServiceResponse(partial_success=points if rejected else None)
