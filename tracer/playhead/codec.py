"""Steps and events as span attributes, and back; `decode(encode(step)) == step`.

One table says which fact is which attribute, for both directions. Content (prompts, results, state)
is one JSON text per role. `None` and empty tuples are not written.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple, cast

from playhead import semconv as names
from playhead.content import to_json
from playhead.otlp import Attributes
from playhead.steps import (
    Agent,
    Boundary,
    Custom,
    Decision,
    HttpAttempt,
    Interrupt,
    Json,
    JsonText,
    ModelCall,
    Node,
    Restorable,
    Retrieval,
    Snapshot,
    Step,
    ToolCall,
    Usage,
    Workflow,
)

Event = Snapshot | Interrupt


def encode(step: Step) -> Attributes:
    """Return the attributes that say `step`, its own free attributes included."""
    attributes: Attributes = {names.KIND: step.kind}
    for fact in _FACTS[type(step)]:
        value = getattr(step, fact.field)
        if value is None or value is _NOTHING:
            continue
        if fact.form is not None:
            value = fact.form.encode(value)
        attributes[fact.attribute] = value
    _encode_parts(step, attributes)
    for name, value in step.attributes.items():
        attributes.setdefault(name, value)
    return attributes


def decode(attributes: Mapping[str, Any]) -> Step:
    """Return the step that `encode` was given; an unknown kind becomes `Custom`.

    Attributes that state identity or failure (run id, error type, …) belong to the record around
    the step and are left out; all others that no fact claims are the step's free attributes.
    """
    kind = _KINDS.get(attributes.get(names.KIND, ""), Custom)
    free = {k: v for k, v in attributes.items() if k not in _AROUND}
    found: dict[str, Any] = {}
    for fact in _FACTS[kind]:
        if fact.attribute in free:
            value = free.pop(fact.attribute)
            found[fact.field] = value if fact.form is None else fact.form.decode(value)
    found.update(_decode_parts(kind, free))
    found.setdefault("name", "")
    return kind(**found, attributes=free)


def span_name(step: Step) -> str:
    """Return what OpenTelemetry's GenAI convention calls such a span."""
    match step:
        case ModelCall():
            return f"{step.operation} {step.model or step.name}"
        case HttpAttempt():
            return f"{step.method or 'HTTP'} {step.server_address or step.name}"
        case _:
            verb = _VERBS.get(step.kind)
            return f"{verb} {step.name}" if verb else step.name


def encode_event(event: Event) -> tuple[str, Attributes, str | None]:
    """Return the event's name, its attributes, and its body as JSON text (`None` without one)."""
    if isinstance(event, Snapshot):
        name, body = names.EVENT_SNAPSHOT, event.state
    else:
        name, body = (names.EVENT_RESUMED if event.resolved else names.EVENT_INTERRUPT), event.value
    attributes: Attributes = {}
    for fact in _EVENT_FACTS[type(event)]:
        value = getattr(event, fact.field)
        if value is not None and value != ():
            attributes[fact.attribute] = (
                list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
            )
    return name, attributes, None if body is None else to_text(body)


def decode_event(name: str, attributes: Mapping[str, Any], body: str | None) -> Event:
    """Return the event that `encode_event` was given."""
    kind = Snapshot if name == names.EVENT_SNAPSHOT else Interrupt
    found: dict[str, Any] = {}
    for fact in _EVENT_FACTS[kind]:
        if fact.attribute in attributes:
            value = attributes[fact.attribute]
            found[fact.field] = tuple(value) if isinstance(value, list) else value  # pyright: ignore
    value = None if body is None else json.loads(body)
    if kind is Snapshot:
        return Snapshot(**found, state=value)
    return Interrupt(**found, value=value, resolved=name == names.EVENT_RESUMED)


def to_text(value: Json) -> str:
    """Return `value` as compact JSON text, other alphabets kept readable."""
    if isinstance(value, JsonText):
        return str(value)
    try:
        return _dumps(value)
    except (TypeError, ValueError, RecursionError):  # not the plain JSON that a step should hold
        return str(to_json(value))


def _floats(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]


def _pairs(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((gap, size) for gap, size in json.loads(text))


_NOTHING: Final[tuple[Any, ...]] = ()  # the default of facts that are lists; there is only one


class _Form(NamedTuple):
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


class _Fact(NamedTuple):
    field: str
    attribute: str
    form: _Form | None = None


# Without circular check: a step holds plain JSON, and what does not end in RecursionError.
_dumps = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), allow_nan=False
).encode
_JSON: Final = _Form(to_text, json.loads)
_LIST: Final = _Form(list, tuple)
_FLOATS: Final = _Form(_floats, tuple)
_CHUNKS: Final = _Form(to_text, _pairs)

_FRAMEWORK: Final = _Fact("framework", names.FRAMEWORK)
_INPUT: Final = _Fact("input", names.INPUT, _JSON)
_OUTPUT: Final = _Fact("output", names.OUTPUT, _JSON)
_CONTENT: Final = (_FRAMEWORK, _INPUT, _OUTPUT)
_STEP_NAME: Final = _Fact("name", names.STEP_NAME)

_FACTS: Final[dict[type[Step], tuple[_Fact, ...]]] = {
    Workflow: (
        _Fact("name", names.WORKFLOW_NAME),
        *_CONTENT,
        _Fact("version", names.WORKFLOW_VERSION),
        _Fact("conversation_id", names.CONVERSATION_ID),
        _Fact("user_id", names.USER_ID),
        _Fact("outcome", names.RUN_OUTCOME),
        _Fact("segment", names.RUN_SEGMENT),
        _Fact("graph_hash", names.GRAPH_HASH),
        _Fact("graph", names.GRAPH, _JSON),
        _Fact("limit_type", names.LIMIT_TYPE),
        _Fact("limit_value", names.LIMIT_VALUE),
    ),
    Node: (
        _STEP_NAME,
        *_CONTENT,
        _Fact("index", names.STEP_INDEX),
        _Fact("path", names.STEP_PATH),
        _Fact("execution_id", names.STEP_EXECUTION_ID),
        _Fact("attempt", names.STEP_ATTEMPT),
        _Fact("max_attempts", names.STEP_MAX_ATTEMPTS),
        _Fact("triggers", names.STEP_TRIGGERS, _LIST),
        _Fact("cached", names.STEP_CACHED),
        _Fact("outcome", names.STEP_OUTCOME),
    ),
    Agent: (_Fact("name", names.AGENT_NAME), *_CONTENT),
    ModelCall: (
        _STEP_NAME,
        *_CONTENT,
        _Fact("operation", names.OPERATION),
        _Fact("provider", names.PROVIDER),
        _Fact("model", names.REQUEST_MODEL),
        _Fact("temperature", names.REQUEST_TEMPERATURE),
        _Fact("top_p", names.REQUEST_TOP_P),
        _Fact("seed", names.REQUEST_SEED),
        _Fact("max_tokens", names.REQUEST_MAX_TOKENS),
        _Fact("stream", names.REQUEST_STREAM),
        _Fact("parameters", names.REQUEST_PARAMETERS, _JSON),
        _Fact("system", names.SYSTEM_INSTRUCTIONS, _JSON),
        _Fact("messages", names.INPUT_MESSAGES, _JSON),
        _Fact("tools", names.TOOL_DEFINITIONS, _JSON),
        _Fact("answer", names.OUTPUT_MESSAGES, _JSON),
        _Fact("response_id", names.RESPONSE_ID),
        _Fact("response_model", names.RESPONSE_MODEL),
        _Fact("finish_reasons", names.FINISH_REASONS, _LIST),
        _Fact("first_chunk_s", names.TIME_TO_FIRST_CHUNK),
        _Fact("resend_count", names.HTTP_RESEND_COUNT),
        _Fact("request_hash", names.REQUEST_HASH),
        _Fact("attempt", names.STEP_ATTEMPT),
    ),
    ToolCall: (
        _Fact("name", names.TOOL_NAME),
        _FRAMEWORK,
        _Fact("input", names.TOOL_ARGUMENTS, _JSON),
        _Fact("output", names.TOOL_RESULT, _JSON),
        _Fact("call_id", names.TOOL_CALL_ID),
        _Fact("description", names.TOOL_DESCRIPTION),
        _Fact("attempt", names.STEP_ATTEMPT),
    ),
    Decision: (
        _Fact("name", names.DECISION_NAME),
        _FRAMEWORK,
        _Fact("input", names.DECISION_INPUTS, _JSON),
        _OUTPUT,
        _Fact("type", names.DECISION_TYPE),
        _Fact("chosen", names.DECISION_CHOSEN, _LIST),
        _Fact("candidates", names.DECISION_CANDIDATES, _LIST),
        _Fact("candidates_source", names.DECISION_CANDIDATES_SOURCE),
        _Fact("scores", names.DECISION_SCORES, _FLOATS),
        _Fact("reason", names.DECISION_REASON),
        _Fact("reason_source", names.DECISION_REASON_SOURCE),
        _Fact("maker", names.DECISION_MAKER),
        _Fact("declared_at", names.DECISION_DECLARED_AT),
    ),
    Retrieval: (
        _STEP_NAME,
        _FRAMEWORK,
        _Fact("input", names.RETRIEVAL_QUERY, _JSON),
        _Fact("output", names.RETRIEVAL_DOCUMENTS, _JSON),
    ),
    HttpAttempt: (
        _STEP_NAME,
        *_CONTENT,
        _Fact("method", names.HTTP_METHOD),
        _Fact("url", names.HTTP_URL),
        _Fact("server_address", names.SERVER_ADDRESS),
        _Fact("server_port", names.SERVER_PORT),
        _Fact("status", names.HTTP_STATUS),
        _Fact("resend_count", names.HTTP_RESEND_COUNT),
        _Fact("retry_after_ms", names.HTTP_RETRY_AFTER_MS),
        _Fact("request_id", names.HTTP_REQUEST_ID),
        _Fact("request_hash", names.REQUEST_HASH),
        _Fact("request", names.REQUEST_CONTENT, _JSON),
        _Fact("response_headers", names.HTTP_RESPONSE_HEADERS, _JSON),
        _Fact("response_body", names.HTTP_RESPONSE_BODY),
        _Fact("response_chunks", names.HTTP_RESPONSE_CHUNKS, _CHUNKS),
    ),
    Boundary: (_STEP_NAME, *_CONTENT),
    Custom: (_STEP_NAME, *_CONTENT),
    Step: (_STEP_NAME, *_CONTENT),
}
_KINDS: Final[dict[str, type[Step]]] = {kind.kind: kind for kind in _FACTS if kind is not Step}
_VERBS: Final = {
    "workflow": "invoke_workflow",
    "agent": "invoke_agent",
    "node": "step",
    "tool_call": "execute_tool",
    "decision": "decide",
    "retrieval": "retrieval",
}
# Attributes whose text is JSON, and stays so whatever is done to it on the way.
JSON_ATTRIBUTES: Final = frozenset(
    {fact.attribute for facts in _FACTS.values() for fact in facts if fact.form in (_JSON, _CHUNKS)}
    | {names.BOUNDARY_RESULT, names.RUN_PROGRAM}
)
# Written by the recorder around a step, or implied by its kind.
_AROUND: Final = {
    names.KIND,
    names.RUN_ID,
    names.RUN_PROGRAM,
    names.ERROR_TYPE,
    names.ERROR_STACK,
    names.CONTENT_STATE,
}
_USAGE: Final = (
    _Fact("tokens_input", names.TOKENS_INPUT),
    _Fact("tokens_output", names.TOKENS_OUTPUT),
    _Fact("tokens_cache_read", names.TOKENS_CACHE_READ),
    _Fact("tokens_cache_write", names.TOKENS_CACHE_WRITE),
    _Fact("tokens_reasoning", names.TOKENS_REASONING),
)
_NO_USAGE: Final = Usage()
_EVENT_FACTS: Final[dict[type[Event], tuple[_Fact, ...]]] = {
    Snapshot: (
        _Fact("checkpoint_id", names.CHECKPOINT_ID),
        _Fact("parent_id", names.CHECKPOINT_PARENT_ID),
        _Fact("ns", names.CHECKPOINT_NS),
        _Fact("index", names.CHECKPOINT_STEP),
        _Fact("source", names.CHECKPOINT_SOURCE),
        _Fact("next", names.CHECKPOINT_NEXT),
        _Fact("full", names.STATE_FULL),
        _Fact("changed_keys", names.STATE_CHANGED_KEYS),
        _Fact("removed_keys", names.STATE_REMOVED_KEYS),
        _Fact("state_bytes", names.STATE_BYTES),
    ),
    Interrupt: (
        _Fact("interrupt_id", names.INTERRUPT_ID),
        _Fact("step", names.INTERRUPT_STEP),
        _Fact("type", names.INTERRUPT_TYPE),
    ),
}


def _encode_parts(step: Step, attributes: Attributes) -> None:
    if isinstance(step, ModelCall) and step.usage is not _NO_USAGE:
        for fact in _USAGE:
            value = getattr(step.usage, fact.field)
            if value is not None:
                attributes[fact.attribute] = value
    elif isinstance(step, ToolCall | Boundary) and step.boundary is not None:
        attributes[names.BOUNDARY_STATE] = step.boundary.state
        if step.boundary.result is not None:
            attributes[names.BOUNDARY_RESULT] = to_text(step.boundary.result)
        if step.boundary.reason is not None:
            attributes[names.BOUNDARY_REASON] = step.boundary.reason


def _decode_parts(kind: type[Step], free: dict[str, Any]) -> dict[str, Any]:
    """Take what `_encode_parts` wrote out of `free`."""
    if kind is ModelCall:
        return {"usage": Usage(**{f.field: free.pop(f.attribute, None) for f in _USAGE})}
    if kind in (ToolCall, Boundary) and names.BOUNDARY_STATE in free:
        result = free.pop(names.BOUNDARY_RESULT, None)
        boundary = Restorable(
            state=free.pop(names.BOUNDARY_STATE),
            result=None if result is None else json.loads(result),
            reason=free.pop(names.BOUNDARY_REASON, None),
        )
        return {"boundary": boundary}
    return {}


def _unclaimed() -> list[str]:
    """Return the fields of any kind that no fact writes: must be empty."""
    parts = {"attributes", "usage", "boundary"}
    return [
        f"{kind.__name__}.{field.name}"
        for kind, facts in _FACTS.items()
        for field in fields(kind)
        if field.name not in parts | {fact.field for fact in facts}
    ]


# A fact added to a step without a row above would silently not be recorded.
assert not _unclaimed(), _unclaimed()
