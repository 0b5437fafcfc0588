"""One way through both encodings: check a request, read it, or read one span of it.

All three see the same spans under the same ordinals and reject the same ones.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeAlias

from playhead_collector.wire import json_codec, protobuf_codec
from playhead_collector.wire.groups import Group
from playhead_collector.wire.shapes import (
    VALUES_MAX,
    Checked,
    Encoding,
    Invalid,
    LogEvent,
    LogsRequest,
    Rejected,
    Resource,
    Scope,
    Signal,
    Span,
    TooLarge,
    TraceRequest,
    Unparsable,
)

_Item: TypeAlias = Any  # unparsed or parsed, of one codec; never seen outside of this file


class _Codec(Protocol):
    def groups(self, signal: Signal, body: bytes, /) -> Iterator[Group[_Item]]: ...
    def read_resource(self, raw: bytes, schema_url: str, /) -> Resource: ...
    def read_scope(self, raw: bytes, schema_url: str, /) -> Scope: ...
    def parse_span(self, raw: _Item, /) -> _Item: ...
    def parse_log(self, raw: _Item, /) -> _Item: ...
    def parse_metric(self, raw: _Item, /) -> _Item: ...
    def values_of(self, span: _Item, /) -> int: ...
    def names_enum(self, span: _Item, /) -> bool: ...
    def read_span(
        self, span: _Item, /, *, ordinal: int, resource: Resource, scope: Scope
    ) -> Span: ...
    def read_log(
        self, record: _Item, /, *, ordinal: int, resource: Resource, scope: Scope
    ) -> LogEvent: ...


def check(signal: Signal, encoding: Encoding, body: bytes) -> Checked:
    """Check the structure of a request without keeping more than one span of it in memory.

    Raises:
        WireError: nothing of it can be kept (`TooLarge` where a bound is the reason).
    """
    codec = _codec(encoding)
    kept = values = enum_names = unparsable = 0
    rejected: list[int] = []
    reason = ""
    for verdict, span in _parsed(codec, signal, body):
        if isinstance(verdict, Rejected):
            rejected.append(verdict.ordinal)
            unparsable += verdict.unparsable
            reason = reason or verdict.reason
            continue
        kept += 1
        if signal == "traces":
            values += codec.values_of(span)
            enum_names += codec.names_enum(span)
            if values > VALUES_MAX:
                raise TooLarge(f"more than {VALUES_MAX} attributes in one request")
    return Checked(kept, rejected, reason, unparsable, enum_names)


def iter_traces(encoding: Encoding, body: bytes) -> Iterator[Span | Rejected]:
    """Yield the spans of a request in document order; raises as `check` does."""
    codec = _codec(encoding)
    for verdict, span in _parsed(codec, "traces", body):
        if isinstance(verdict, Rejected):
            yield verdict
        else:
            ordinal, resource, scope = verdict
            yield codec.read_span(span, ordinal=ordinal, resource=resource, scope=scope)


def iter_logs(encoding: Encoding, body: bytes) -> Iterator[LogEvent | Rejected]:
    """Yield the log events of a request in document order; raises as `check` does."""
    codec = _codec(encoding)
    for verdict, record in _parsed(codec, "logs", body):
        if isinstance(verdict, Rejected):
            yield verdict
        else:
            ordinal, resource, scope = verdict
            yield codec.read_log(record, ordinal=ordinal, resource=resource, scope=scope)


def decode_traces(encoding: Encoding, body: bytes) -> TraceRequest:
    """Read all spans of a request; raises as `check` does."""
    parts = list(iter_traces(encoding, body))
    spans = [part for part in parts if isinstance(part, Span)]
    return TraceRequest(spans, [part for part in parts if isinstance(part, Rejected)])


def decode_logs(encoding: Encoding, body: bytes) -> LogsRequest:
    """Read all log events of a request; raises as `check` does."""
    parts = list(iter_logs(encoding, body))
    events = [part for part in parts if isinstance(part, LogEvent)]
    return LogsRequest(events, [part for part in parts if isinstance(part, Rejected)])


def read_span(encoding: Encoding, body: bytes, ordinal: int) -> Span | None:
    """Read one span by its ordinal, without parsing the others; None where it was rejected."""
    codec = _codec(encoding)
    first = 0
    for group in codec.groups("traces", body):
        if ordinal < first + len(group.items):
            try:
                span = codec.parse_span(group.items[ordinal - first])
                resource, scope = _origin(codec, group)
            except Invalid:
                return None
            return codec.read_span(span, ordinal=ordinal, resource=resource, scope=scope)
        first += len(group.items)
    return None


def _codec(encoding: Encoding) -> _Codec:
    return json_codec if encoding == "json" else protobuf_codec


_Place: TypeAlias = tuple[int, Resource, Scope]


def _parsed(
    codec: _Codec, signal: Signal, body: bytes
) -> Iterator[tuple[_Place | Rejected, _Item]]:
    """Yield each span with its place, or with why it is rejected."""
    parse = {"traces": codec.parse_span, "logs": codec.parse_log, "metrics": codec.parse_metric}[
        signal
    ]
    ordinal = 0
    for group in codec.groups(signal, body):
        try:
            resource, scope = _origin(codec, group)
        except Invalid as problem:
            yield from _reject_all(group.items, ordinal, problem)
            ordinal += len(group.items)
            continue
        for raw in group.items:
            try:
                yield (ordinal, resource, scope), parse(raw)
            except Invalid as problem:
                yield _rejected(ordinal, problem), None
            ordinal += 1


def _origin(codec: _Codec, group: Group[_Item]) -> tuple[Resource, Scope]:
    return (
        codec.read_resource(group.resource, group.resource_schema_url),
        codec.read_scope(group.scope, group.scope_schema_url),
    )


def _reject_all(
    items: Iterable[_Item], first: int, problem: Invalid
) -> Iterator[tuple[Rejected, None]]:
    for ordinal, _ in enumerate(items, first):
        yield _rejected(ordinal, problem), None


def _rejected(ordinal: int, problem: Invalid) -> Rejected:
    return Rejected(ordinal, str(problem), isinstance(problem, Unparsable))
