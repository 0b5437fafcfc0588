# pyright: basic
"""Builds OTLP/JSON requests and readings over them, through the public parts."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from playhead_collector.answer.reading import Reading
from playhead_collector.log import LogEntry, SegmentLog
from playhead_collector.wire import Signal

GOLDEN = Path(__file__).parent.parent / "golden" / "dialects"
TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER_TRACE = "1af7651916cd43dd8448eb211c80319d"
T0 = 1_795_330_000_000_000_000  # Sunday 2026-11-22 06:46:40 UTC
MS = 1_000_000
SECOND = 1_000_000_000
GONE_PID = 4_194_303  # above what Linux hands out by default


def value(plain: Any) -> dict[str, Any]:
    match plain:
        case bool():
            return {"boolValue": plain}
        case int():
            return {"intValue": str(plain)}
        case float():
            words = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
            return {"doubleValue": words.get(repr(plain), plain)}
        case list():
            return {"arrayValue": {"values": [value(one) for one in plain]}}
        case dict():
            return {"kvlistValue": {"values": pairs(plain)}}
        case _:
            return {"stringValue": str(plain)}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(one)} for key, one in attributes.items()]


def span(
    span_id: int,
    parent: int | None = None,
    name: str = "step",
    *,
    trace: str = TRACE,
    start: int = 0,
    end: int | None = None,
    error: str | None = None,
    message: str = "",
    links: Sequence[tuple[str, int, str]] = (),
    **attributes: Any,
) -> dict[str, Any]:
    """One span; times in ms after T0, attribute names with `__` for dots."""
    stated = {key.replace("__", "."): one for key, one in attributes.items()}
    if error:
        stated["error.type"] = error
    return {
        "traceId": trace,
        "spanId": f"{span_id:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(T0 + start * MS),
        "endTimeUnixNano": str(T0 + (start + 10 if end is None else end) * MS),
        "attributes": pairs(stated),
        "status": {"code": 2, "message": message or error} if error else {},
        "links": [
            {"traceId": t, "spanId": f"{s:016x}", "attributes": pairs({"playhead.link.type": kind})}
            for t, s, kind in links
        ],
    }


def native(
    span_id: int, parent: int | None = None, kind: str = "node", **more: Any
) -> dict[str, Any]:
    """One span of our own tracer in run `run-1`, unless told otherwise."""
    more.setdefault("playhead__run__id", "run-1")
    return span(span_id, parent, more.pop("name", kind), playhead__kind=kind, **more)


def call(span_id: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    """One billed model call of 1,000 / 100 tokens."""
    facts = {
        "gen_ai__provider__name": "openai",
        "gen_ai__request__model": "gpt-4o-mini",
        "gen_ai__usage__input_tokens": 1000,
        "gen_ai__usage__output_tokens": 100,
    }
    return native(span_id, parent, "model_call", **{**facts, **more})


def event(
    span_id: int, name: str, body: Any = None, *, at: int = 0, trace: str = TRACE, **attributes: Any
) -> dict[str, Any]:
    """One log event of the span; its body is JSON text, as our tracer writes it."""
    stated = {key.replace("__", "."): one for key, one in attributes.items()}
    stated.setdefault("playhead.run.id", "run-1")
    record = {
        "traceId": trace,
        "spanId": f"{span_id:016x}",
        "eventName": name,
        "timeUnixNano": str(T0 + at * MS),
        "attributes": pairs(stated),
    }
    if body is not None:
        record["body"] = {"stringValue": json.dumps(body)}
    return record


def started(
    span_id: int, parent: int | None = None, *, at: int = 0, **attributes: Any
) -> dict[str, Any]:
    parent_id = {"playhead__span__parent_id": f"{parent:016x}"} if parent else {}
    attributes.setdefault("playhead__kind", "workflow")
    attributes.setdefault("playhead__span__name", "invoke_workflow w")
    return event(span_id, "playhead.span.started", at=at, **parent_id, **attributes)


def traces(*spans: dict[str, Any], scope: str = "playhead", **resource: Any) -> bytes:
    return _request("resourceSpans", "scopeSpans", "spans", spans, scope, resource)


def logs(*events: dict[str, Any], scope: str = "playhead", **resource: Any) -> bytes:
    return _request("resourceLogs", "scopeLogs", "logRecords", events, scope, resource)


def _request(
    outer: str, middle: str, inner: str, items: Iterable[Any], scope: str, resource: dict[str, Any]
) -> bytes:
    stated = {"service.name": "tests"} | {k.replace("__", "."): v for k, v in resource.items()}
    group = {
        "resource": {"attributes": pairs(stated)},
        middle: [{"scope": {"name": scope}, inner: list(items)}],
    }
    return json.dumps({outer: [group]}).encode()


def golden(name: str) -> list[tuple[Signal, bytes]]:
    """The requests of a captured dialect."""
    found: list[tuple[Signal, bytes]] = [("traces", (GOLDEN / name / "traces.json").read_bytes())]
    if (GOLDEN / name / "logs.json").exists():
        found.append(("logs", (GOLDEN / name / "logs.json").read_bytes()))
    return found


def signal_of(body: bytes) -> Signal:
    return "traces" if body.startswith(b'{"resourceSpans"') else "logs"


class Recorded:
    """A log and everything that answers over it, in a directory."""

    def __init__(self, directory: Path, *, index: Path | None = None) -> None:
        self.log = SegmentLog(directory / "log")
        self.reading = Reading(index, self.log)
        self.reader = self.reading.reader

    def add(self, *bodies: bytes) -> "Recorded":
        for body in bodies:
            self.append(signal_of(body), body)
        self.reading.catch_up()
        return self

    def append(self, signal: Signal, body: bytes) -> int:
        entry = LogEntry(signal=signal, encoding="json", received_ns=T0, body=body)
        return self.log.append(entry).result(10)

    def add_golden(self, name: str) -> "Recorded":
        for signal, body in golden(name):
            self.append(signal, body)
        self.reading.catch_up()
        return self

    def outline(self, run_id: str = "run-1") -> list[tuple[int, str, str, str]]:
        """Rows as (depth, kind, name, status)."""
        found = self.reader.outline(run_id)
        assert found is not None
        return [
            (depth, found.kind_names[kind], found.name_names[name], found.status_names[status])
            for depth, kind, name, status in zip(
                found.depth, found.kind, found.name, found.status, strict=True
            )
        ]

    def close(self) -> None:
        self.reading.close()
        self.log.close()
