"""The facts that a recording is made of: one frozen dataclass per kind of step.

A step is stated twice at most: when it opens (names, inputs) and when it ends (the same object with
results filled in, made by `dataclasses.replace`). A field that is `None` is unknown, never zero.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NewType, TypeAlias

from playhead.semconv import (
    AlternativesSource,
    BoundaryState,
    DecisionType,
    Kind,
    ReasonSource,
    RunOutcome,
)

RunId = NewType("RunId", str)
TraceId = NewType("TraceId", str)  # 32 lower-case hex digits
SpanId = NewType("SpanId", str)  # 16 lower-case hex digits
Json: TypeAlias = Any  # None, bool, int, float, str, list[Json], dict[str, Json], or JsonText


class JsonText(str):
    """Content that is JSON text already: made at the moment it was true, and not encoded again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one physical model call; parts are included in their totals."""

    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_cache_read: int | None = None
    tokens_cache_write: int | None = None
    tokens_reasoning: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorable:
    """How replay gets a result back: its tagged form, or why there is none."""

    state: BoundaryState
    result: Json = None  # tagged JSON; None with `restorable` means that the plain output suffices
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step has. `name` is what a person would call it."""

    kind: ClassVar[Kind] = "custom"
    name: str
    framework: str | None = None
    input: Json = None
    output: Json = None
    attributes: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow(Step):
    """One activation of one run, in one process: the root of a trace."""

    kind: ClassVar[Kind] = "workflow"
    version: str | None = None
    conversation_id: str | None = None
    user_id: str | None = None
    outcome: RunOutcome | None = None
    segment: int = 1
    graph_hash: str | None = None
    graph: Json = None
    limit_type: str | None = None
    limit_value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Step):
    """One attempt of one named piece of work."""

    kind: ClassVar[Kind] = "node"
    index: int | None = None
    path: str | None = None
    execution_id: str | None = None
    attempt: int | None = None
    max_attempts: int | None = None
    triggers: tuple[str, ...] = ()
    cached: bool = False
    outcome: str | None = None  # interrupted | cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Step):
    """One activation of a named agent."""

    kind: ClassVar[Kind] = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall(Step):
    """One logical call of a model. Messages are in the form of OpenTelemetry's GenAI convention."""

    kind: ClassVar[Kind] = "model_call"
    operation: str = "chat"
    provider: str | None = None
    model: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    parameters: Json = None
    system: Json = None
    messages: Json = None
    tools: Json = None
    answer: Json = None
    response_id: str | None = None
    response_model: str | None = None
    finish_reasons: tuple[str, ...] = ()
    first_chunk_s: float | None = None
    usage: Usage = Usage()
    resend_count: int | None = None
    request_hash: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall(Step):
    """One execution of one tool: `input` its arguments, `output` its result."""

    kind: ClassVar[Kind] = "tool_call"
    call_id: str | None = None
    description: str | None = None
    attempt: int | None = None
    boundary: Restorable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Step):
    """What was chosen, from which alternatives, by whom, and why. `input` is the state it saw."""

    kind: ClassVar[Kind] = "decision"
    type: DecisionType = "branch"
    chosen: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    candidates_source: AlternativesSource = "unknown"
    scores: tuple[float, ...] = ()
    reason: str | None = None
    reason_source: ReasonSource = "none"
    maker: str | None = None
    declared_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval(Step):
    """One search of a retriever: `input` the query, `output` the documents."""

    kind: ClassVar[Kind] = "retrieval"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAttempt(Step):
    """One request on the wire to a model provider, with the answer's bytes as they came (masked)."""

    kind: ClassVar[Kind] = "http_attempt"
    method: str | None = None
    url: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    status: int | None = None
    resend_count: int | None = None
    retry_after_ms: int | None = None
    request_id: str | None = None
    request_hash: str | None = None
    request: Json = None  # masked canonical content; None where an equal attempt has it already
    response_headers: Json = None
    response_body: bytes | None = None
    response_chunks: tuple[tuple[int, int], ...] = ()  # (gap in microseconds, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary(Step):
    """Any other effect that replay must answer."""

    kind: ClassVar[Kind] = "boundary"
    boundary: Restorable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom(Step):
    """A step of no better-known kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """State after a superstep; travels as a log event of the step that it belongs to.

    `state` holds every key when `full`, else only those in `changed_keys`.
    """

    checkpoint_id: str | None = None
    parent_id: str | None = None
    ns: str = ""
    index: int | None = None
    source: str | None = None
    next: tuple[str, ...] = ()
    full: bool = True
    changed_keys: tuple[str, ...] = ()
    removed_keys: tuple[str, ...] = ()
    state: Json = None
    state_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupt:
    """A question to a person (`resolved` false), or the answer to it; travels as a log event."""

    interrupt_id: str
    step: str | None = None
    type: str | None = None
    value: Json = None
    resolved: bool = False
