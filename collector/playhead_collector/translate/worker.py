"""A record of the log in, rows out: the one pure function that a worker process runs.

It knows no database and no clock, and every row depends on one record only, so a range of the log
may be translated anywhere, in any order, again.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from playhead import semconv
from playhead_collector.translate.convert import INT64_MAX, as_dict, count, parsed, text, to_json
from playhead_collector.translate.quirks import MESSAGE_CHARS_MAX, QUIRKS, read_outcome
from playhead_collector.translate.rows import RecordRow, column_names
from playhead_collector.translate.tables import dialect, find_dialect
from playhead_collector.wire import (
    Encoding,
    LogEvent,
    Resource,
    Signal,
    Span,
    iter_logs,
    iter_traces,
)

Json = Any
Facts = dict[str, Json]

QUESTION_CHARS_MAX: Final = 300  # what the waterfall shows of an interrupt; the whole is in the log
GRAPH_CHARS_MAX: Final = 200_000  # a graph of about 2,000 edges; a larger one is not drawn
LINKS_MAX: Final = 100  # links of one span that can join runs; the others stay in the log
COLUMNS: Final = frozenset(column_names(RecordRow))
EVENT_FORMS: Final = {
    semconv.EVENT_SNAPSHOT: ("checkpoint", "checkpoint"),
    semconv.EVENT_INTERRUPT: ("interrupt", "interrupt"),
    semconv.EVENT_RESUMED: ("resumed", "interrupt"),
}


def translate(record_no: int, signal: Signal, encoding: Encoding, body: bytes) -> list[RecordRow]:
    """Return the rows of one log record: spans and log events that say something of a run.

    Raises:
        WireError: the body is not OTLP, so the record was damaged after it was acknowledged.
    """
    if signal == "traces":
        return list(_span_rows(record_no, iter_traces(encoding, body)))
    if signal == "logs":
        return list(_event_rows(record_no, iter_logs(encoding, body)))
    return []


def hash_span(span: Span) -> int:
    """Return 63 bits of a hash of the span as decoded, the same for both encodings."""
    return _hash(
        [span.trace_id, span.span_id, span.parent_id, span.name, span.kind, span.start_ns]
        + [span.end_ns, span.attributes, span.events, span.links, span.status_code]
        + [span.status_message, span.trace_state, span.dropped_attributes]
    )


def hash_event(event: LogEvent) -> int:
    """Return 63 bits of a hash of the log event as decoded."""
    moment = event.time_ns or event.observed_ns
    names = [event.trace_id, event.span_id, moment, event.event_name]
    return _hash([*names, event.severity_number, event.attributes, event.body])


def _hash(parts: list[Json]) -> int:
    digest = hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _span_rows(record_no: int, spans: Iterable[Any]) -> Iterator[RecordRow]:
    senders = _Senders()
    for span in spans:
        if isinstance(span, Span):
            yield _span_row(record_no, span, senders.of(span.resource))


def _span_row(record_no: int, span: Span, sender: Facts) -> RecordRow:
    table = find_dialect(span.scope.name, span.attributes)
    facts = table.facts(span.attributes)
    facts["kind"], facts["kind_word"] = table.kind(span.attributes)
    for quirk in QUIRKS.get(table.name, ()):
        quirk(span, facts)
    open_still = span.end_ns == 0
    if open_still:
        facts["outcome"] = None
    else:
        read_outcome(span, facts)
    if facts["kind"] == "node" and facts.get("label"):
        facts["node"] = facts["label"]
    if facts["kind"] == "http_attempt" and (facts.get("http_status") or 0) >= 400:
        _fail_http(facts)
    return _row(
        sender | facts,
        record_no=record_no,
        ordinal=span.ordinal,
        content_hash=hash_span(span),
        form="started" if open_still else "ended",
        trace_id=span.trace_id,
        row_id=span.span_id,
        parent_id=span.parent_id,
        start_ns=span.start_ns,
        end_ns=None if open_still else span.end_ns,
        name=span.name,
        dialect=table.name,
        scope=span.scope.name or None,
        links=_links(span),
        dropped_attributes=span.dropped_attributes,
    )


def _fail_http(facts: Facts) -> None:
    if facts.get("outcome") == "ok":
        facts["outcome"] = "error"
        facts["error_type"] = f"HTTP {facts['http_status']}"


def _links(span: Span) -> str | None:
    found = [
        [link.trace_id, link.span_id, text(link.attributes.get("playhead.link.type")) or ""]
        for link in span.links[:LINKS_MAX]
    ]
    return to_json(found) if found else None


def _event_rows(record_no: int, events: Iterable[Any]) -> Iterator[RecordRow]:
    senders = _Senders()
    for event in events:
        if not isinstance(event, LogEvent) or event.trace_id is None or event.span_id is None:
            continue
        sender = senders.of(event.resource)
        if event.event_name == semconv.EVENT_STARTED:
            yield _started_row(record_no, event, sender)
        elif event.event_name in EVENT_FORMS:
            yield _own_event_row(record_no, event, sender)
        elif event.event_name != semconv.EVENT_HEARTBEAT:
            yield _content_row(record_no, event, sender)


def _started_row(record_no: int, event: LogEvent, sender: Facts) -> RecordRow:
    table = dialect("native")
    facts = table.facts(event.attributes)
    facts["kind"], facts["kind_word"] = table.kind(event.attributes)
    facts["outcome"] = None
    if facts["kind"] == "node" and facts.get("label"):
        facts["node"] = facts["label"]
    return _event_row(
        record_no,
        event,
        sender | facts,
        form="started",
        row_id=event.span_id,
        parent_id=text(event.attributes.get(semconv.SPAN_PARENT_ID)),
        name=text(event.attributes.get(semconv.SPAN_NAME)) or "",
        end_ns=None,
    )


def _own_event_row(record_no: int, event: LogEvent, sender: Facts) -> RecordRow:
    form, kind = EVENT_FORMS[event.event_name]
    facts = dialect("native").facts(event.attributes)
    facts |= {"kind": kind, "kind_word": None, "outcome": "ok"}
    if form == "checkpoint":
        name = f"checkpoint {facts.get('step_index', '')}".strip()
    else:
        step = text(event.attributes.get(semconv.INTERRUPT_STEP)) or ""
        facts["node"] = facts["label"] = step or None
        facts["question"] = _question(event.body)
        name = f"{'interrupt' if form == 'interrupt' else 'resume'} {step}".strip()
    row_id = f"{hash_event(event):016x}"
    moment = event.time_ns or event.observed_ns
    return _event_row(
        record_no, event, sender | facts, form=form, row_id=row_id, parent_id=event.span_id,
        name=name, end_ns=moment,
    )  # fmt: skip


def _content_row(record_no: int, event: LogEvent, sender: Facts) -> RecordRow:
    """Content, exceptions and evaluations that travel beside their span: joined by its id."""
    attributes: Facts = {**as_dict(event.body), **event.attributes}
    table = find_dialect(event.scope.name, attributes)
    facts = table.facts(attributes)
    facts |= {"kind": "custom", "kind_word": event.event_name or "log", "outcome": None}
    if "exception.type" in attributes:
        facts["error_type"] = text(attributes.get("exception.type"))
        message = text(attributes.get("exception.message"))
        facts["error_message"] = message[:MESSAGE_CHARS_MAX] if message else None
    return _event_row(
        record_no, event, sender | facts, form="content", row_id=event.span_id, parent_id=None,
        name=event.event_name, end_ns=None, dialect=table.name,
    )  # fmt: skip


def _event_row(record_no: int, event: LogEvent, facts: Facts, **given: Json) -> RecordRow:
    return _row(
        facts,
        **{
            "record_no": record_no,
            "ordinal": event.ordinal,
            "content_hash": hash_event(event),
            "trace_id": event.trace_id,
            "start_ns": event.time_ns or event.observed_ns,
            "dialect": "native",
            "scope": event.scope.name or None,
            "links": None,
            "dropped_attributes": event.dropped_attributes,
            **given,
        },
    )


def _question(body: Json) -> str | None:
    body = parsed(body)
    stated = as_dict(body).get("question")
    asked = text(stated if isinstance(stated, str) else body)
    return asked[:QUESTION_CHARS_MAX] if asked else None


def _row(facts: Facts, **given: Json) -> RecordRow:
    columns: Facts = dict.fromkeys(COLUMNS)
    columns |= {column: value for column, value in facts.items() if column in COLUMNS}
    columns |= given
    if len(columns["graph"] or "") > GRAPH_CHARS_MAX:
        columns["graph"] = None
    return RecordRow(**columns)


class _Senders:
    """What a resource says of all its spans, read once per request and resource."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Resource, Facts]] = {}

    def of(self, resource: Resource) -> Facts:
        known = self._known.get(id(resource))
        if known is None:
            known = self._known[id(resource)] = (resource, _read_resource(resource))
        return known[1]


def _read_resource(resource: Resource) -> Facts:
    stated = resource.attributes
    pid = count(stated.get(semconv.PROCESS_ID))
    tags = {
        key.removeprefix(semconv.TAG_PREFIX): text(value) or ""
        for key, value in stated.items()
        if key.startswith(semconv.TAG_PREFIX)
    }
    lines = "\n".join(f"{key}={value}".replace("\n", " ") for key, value in sorted(tags.items()))
    return {
        "project": text(stated.get(semconv.PROJECT)),
        "service": text(stated.get("service.name")),
        "host": text(stated.get("host.name")),
        "pid": pid if pid is not None and pid <= INT64_MAX else None,
        "instance": text(stated.get(semconv.INSTANCE_ID)),
        "tags": f"\n{lines}\n" if tags else None,
    }
