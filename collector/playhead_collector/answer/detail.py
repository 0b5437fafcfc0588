"""One step with all its content: what the inspector, `playhead show` and the API give."""

from collections.abc import Mapping, Sequence
from typing import Any

from playhead_collector.answer.shapes import plain, step_view
from playhead_collector.answer.state import changes_at
from playhead_collector.store.content import ContentLost, ContentStore
from playhead_collector.store.store import Store
from playhead_collector.translate.content import (
    Content,
    read_content,
    read_event_content,
    tool_choice,
)
from playhead_collector.views import DecisionView, Message, StateChange, StepDetail
from playhead_collector.wire import LogEvent, Span, span_to_json

Json = Any
Row = Mapping[str, Any]


def step_detail(row: Row, store: Store, contents: ContentStore) -> StepDetail:
    """Return the detail of a row of `step`; without its content where the log has lost it."""
    try:
        source = contents.span(row["record_no"], row["ordinal"], row["content_hash"])
        beside = _beside(row, store, contents)
    except ContentLost:
        return StepDetail(
            step=step_view(row), content_state="not_captured", variants=row["variants"]
        )
    if isinstance(source, Span):
        if row["form"] == "derived":
            return _derived_detail(row, read_content(source, beside), store)
        return _span_detail(row, source, beside)
    state = changes_at(row, store, contents) if row["form"] == "checkpoint" else None
    return _event_detail(row, source, beside, state)


def _beside(row: Row, store: Store, contents: ContentStore) -> list[LogEvent]:
    """Return the log events that carry content, exceptions or scores of the step's span."""
    trace_id, _, row_id = row["step_id"].partition("-")
    places = store.query("content_of_step", {"trace_id": trace_id, "row_id": row_id})
    found = [contents.span(*place) for place in places]
    return [event for event in found if isinstance(event, LogEvent)]


def _span_detail(row: Row, span: Span, beside: Sequence[LogEvent]) -> StepDetail:
    content = read_content(span, beside)
    events = [
        {"name": event.name, "time_ns": event.time_ns, "attributes": plain(event.attributes)}
        for event in span.events
    ]
    links = [
        {"trace_id": link.trace_id, "span_id": link.span_id, "attributes": plain(link.attributes)}
        for link in span.links
    ]
    return _detail(
        row,
        content,
        links=links,
        events=[*events, *map(_event_json, beside)],
        resource=plain(span.resource.attributes),
        raw=span_to_json(span),
    )


def _event_detail(
    row: Row, event: LogEvent, beside: Sequence[LogEvent], state: list[StateChange] | None
) -> StepDetail:
    content = read_event_content(event)
    if row["form"] == "resumed":
        content.input, content.output = None, content.input
    if state is not None:
        content.input = None
    return _detail(
        row,
        content,
        state=state,
        links=[],
        events=list(map(_event_json, beside)),
        resource=plain(event.resource.attributes),
        raw=_event_json(event),
    )


def _derived_detail(row: Row, call: Content, store: Store) -> StepDetail:
    place = {"run_id": row["run_id"], "position": row["position"]}
    model = store.query("model_above", place)[0][0]
    return StepDetail(
        step=step_view(row),
        content_state=call.state,
        decision=DecisionView(
            **tool_choice(call),
            scores=None,
            maker=f"model:{model}" if model else None,
            declared_at=None,
        ),
        finish_reasons=call.finish_reasons,
    )


def _detail(row: Row, content: Content, **more: Json) -> StepDetail:
    return StepDetail(
        step=step_view(row),
        content_state=content.state,
        system=plain(content.system),
        messages=_messages(content.messages),
        answer=_messages(content.answer),
        tools=plain(content.tools),
        parameters=plain(content.parameters),
        finish_reasons=content.finish_reasons,
        first_chunk_ns=content.first_chunk_ns,
        input=plain(content.input),
        output=plain(content.output),
        decision=_decision(row, content),
        http=plain(content.http) if row["kind"] == "http_attempt" else None,
        error_stack=content.stack,
        attributes=plain(content.attributes),
        variants=row["variants"],
        **more,
    )


def _messages(messages: list[Json] | None) -> list[Message] | None:
    if messages is None:
        return None
    return [Message(role=one["role"], parts=plain(one["parts"])) for one in messages]


def _decision(row: Row, content: Content) -> DecisionView | None:
    if row["kind"] not in ("decision", "handoff"):
        return None
    view = step_view(row)
    stated = content.decision
    return DecisionView(
        type=stated.get("type") or ("handoff" if row["kind"] == "handoff" else "branch"),
        chosen=view.chosen or [],
        candidates=view.candidates or [],
        candidates_source=stated.get("candidates_source"),
        scores=stated.get("scores"),
        reason=stated.get("reason"),
        reason_source=stated.get("reason_source"),
        maker=stated.get("maker"),
        declared_at=stated.get("declared_at"),
        inputs=plain(stated.get("inputs", content.input)),
    )


def _event_json(event: LogEvent) -> dict[str, Json]:
    return {
        "name": event.event_name,
        "time_ns": event.time_ns or event.observed_ns,
        "attributes": plain(event.attributes),
        "body": plain(event.body),
    }
