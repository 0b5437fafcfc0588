"""Every attribute name and every closed set of values that playhead writes or reads.

The standard name is used where OpenTelemetry has one (`gen_ai.*`, schema 1.42); all else lives under
`playhead.`. Upstream marks its own Python constants deprecated ("moved"), so we keep this table.

Source:
    open-telemetry/semantic-conventions-genai, model/gen-ai, read 2026-11-22.
"""

from typing import Final, Literal

NS: Final = "playhead."

Kind = Literal[
    "workflow",
    "agent",
    "node",
    "model_call",
    "tool_call",
    "decision",
    "handoff",
    "retrieval",
    "embedding",
    "checkpoint",
    "interrupt",
    "signal",
    "timer",
    "guardrail",
    "memory",
    "evaluation",
    "http_attempt",
    "boundary",
    "custom",
]
DecisionType = Literal[
    "branch", "command", "send", "tool_choice", "handoff", "loop_exit", "retry", "human", "model"
]
ReasonSource = Literal["code", "model_text", "model_reasoning", "declared", "none"]
AlternativesSource = Literal["path_map", "literal", "ends", "tools_offered", "given", "unknown"]
RunOutcome = Literal["completed", "failed", "paused", "cancelled", "continued"]
ContentState = Literal["captured", "not_captured", "redacted", "truncated"]
BoundaryState = Literal["restorable", "unrestorable"]
LinkType = Literal["resume", "retry_of", "decided_by", "user_span", "replay_of", "continued_from"]

# --- who and where -------------------------------------------------------------------------------
KIND: Final = "playhead.kind"
FRAMEWORK: Final = "playhead.framework"
FRAMEWORK_VERSION: Final = "playhead.framework.version"
PROJECT: Final = "playhead.project"  # resource attribute
TAG_PREFIX: Final = "playhead.tag."  # resource attribute, one per tag
RUN_ID: Final = "playhead.run.id"
RUN_SEGMENT: Final = "playhead.run.segment"
RUN_PARENT_ID: Final = "playhead.run.parent.id"
RUN_ORIGIN_ID: Final = "playhead.run.origin.id"
RUN_RELATION: Final = "playhead.run.relation"
RUN_OUTCOME: Final = "playhead.run.outcome"
RUN_PROGRAM: Final = "playhead.run.program"  # JSON: argv, cwd, python, versions, git revision
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
WORKFLOW_VERSION: Final = "playhead.workflow.version"
GRAPH_HASH: Final = "playhead.workflow.graph.hash"
GRAPH: Final = (
    "playhead.workflow.graph"  # JSON: {"nodes": [...], "edges": [[from, to, conditional]]}
)
CONVERSATION_ID: Final = "gen_ai.conversation.id"
USER_ID: Final = "user.id"
AGENT_NAME: Final = "gen_ai.agent.name"
CAPTURE_LEVEL: Final = "playhead.capture.level"  # full | callbacks (a hook was missing)
CONTENT_STATE: Final = "playhead.content.state"
LINK_TYPE: Final = "playhead.link.type"
INPUT: Final = "playhead.input"
OUTPUT: Final = "playhead.output"
ERROR_TYPE: Final = "error.type"
ERROR_STACK: Final = "exception.stacktrace"
LIMIT_TYPE: Final = "playhead.limit.type"
LIMIT_VALUE: Final = "playhead.limit.value"

# --- node ------------------------------------------------------------------------------------------
STEP_NAME: Final = "playhead.step.name"
STEP_INDEX: Final = "playhead.step.index"
STEP_PATH: Final = "playhead.step.path"
STEP_EXECUTION_ID: Final = "playhead.step.execution.id"
STEP_ATTEMPT: Final = "playhead.step.attempt"
STEP_MAX_ATTEMPTS: Final = "playhead.step.max_attempts"
STEP_TRIGGERS: Final = "playhead.step.triggers"
STEP_CACHED: Final = "playhead.step.cached"
STEP_OUTCOME: Final = (
    "playhead.step.outcome"  # interrupted | cancelled, where status alone misleads
)

# --- model call --------------------------------------------------------------------------------------
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_TOP_P: Final = "gen_ai.request.top_p"
REQUEST_SEED: Final = "gen_ai.request.seed"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_PARAMETERS: Final = "playhead.request.parameters"  # JSON: all other call parameters
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
TOKENS_INPUT: Final = "gen_ai.usage.input_tokens"  # total, cached included
TOKENS_OUTPUT: Final = "gen_ai.usage.output_tokens"  # total, reasoning included
TOKENS_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
TOKENS_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
TOKENS_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"

# --- tool call -----------------------------------------------------------------------------------------
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"

# --- retrieval -------------------------------------------------------------------------------------------
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"

# --- boundary: what replay needs ---------------------------------------------------------------------------
BOUNDARY_STATE: Final = "playhead.boundary.state"
BOUNDARY_RESULT: Final = (
    "playhead.boundary.result"  # tagged JSON; absent when OUTPUT/TOOL_RESULT suffices
)
BOUNDARY_REASON: Final = "playhead.boundary.reason"  # why it cannot be restored
REQUEST_HASH: Final = "playhead.request.hash"  # sha256 of the masked canonical request
REQUEST_CONTENT: Final = "playhead.request.content"  # on the first attempt of equal ones only
HTTP_METHOD: Final = "http.request.method"
HTTP_URL: Final = "url.full"
HTTP_STATUS: Final = "http.response.status_code"
HTTP_RESEND_COUNT: Final = "http.request.resend_count"
HTTP_RESPONSE_HEADERS: Final = "playhead.http.response.headers"  # JSON, masked
HTTP_RESPONSE_BODY: Final = "playhead.http.response.body"  # bytes, masked, once
HTTP_RESPONSE_CHUNKS: Final = "playhead.http.response.chunks"  # JSON [[gap_us, bytes], ...]
HTTP_RESPONSE_SIZE: Final = "playhead.http.response.size"  # bytes, of a body too large to keep
HTTP_CLOSED_EARLY: Final = "playhead.http.response.closed_early"  # the caller did not read on
HTTP_RETRY_AFTER_MS: Final = "playhead.http.retry_after_ms"
HTTP_REQUEST_ID: Final = "playhead.http.request_id"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"

# --- decision ----------------------------------------------------------------------------------------------
DECISION_TYPE: Final = "playhead.decision.type"
DECISION_NAME: Final = "playhead.decision.name"
DECISION_CANDIDATES: Final = "playhead.decision.candidates"
DECISION_CANDIDATES_SOURCE: Final = "playhead.decision.candidates.source"
DECISION_CHOSEN: Final = "playhead.decision.chosen"
DECISION_SCORES: Final = "playhead.decision.scores"
DECISION_REASON: Final = "playhead.decision.reason"
DECISION_REASON_SOURCE: Final = "playhead.decision.reason.source"
DECISION_MAKER: Final = "playhead.decision.maker"
DECISION_INPUTS: Final = "playhead.decision.inputs"
DECISION_DECLARED_AT: Final = "playhead.decision.declared_at"  # file:line
DECISION_GRAPH: Final = "playhead.decision.graph"  # parent: the target lies outside of this graph

# --- log events: checkpoint, interrupt, live ----------------------------------------------------------------
EVENT_STARTED: Final = "playhead.span.started"
EVENT_HEARTBEAT: Final = "playhead.span.heartbeat"
EVENT_SNAPSHOT: Final = "playhead.state.snapshot"
EVENT_INTERRUPT: Final = "playhead.interrupt.requested"
EVENT_RESUMED: Final = "playhead.interrupt.resolved"
SPAN_NAME: Final = "playhead.span.name"  # on EVENT_STARTED
SPAN_PARENT_ID: Final = "playhead.span.parent_id"  # on EVENT_STARTED
CHECKPOINT_ID: Final = "playhead.checkpoint.id"
CHECKPOINT_PARENT_ID: Final = "playhead.checkpoint.parent.id"
CHECKPOINT_NS: Final = "playhead.checkpoint.ns"
CHECKPOINT_STEP: Final = "playhead.checkpoint.step"
CHECKPOINT_SOURCE: Final = "playhead.checkpoint.source"
CHECKPOINT_NEXT: Final = "playhead.checkpoint.next"
STATE_FULL: Final = "playhead.state.full"  # true: body is the whole state; false: changed keys only
STATE_CHANGED_KEYS: Final = "playhead.state.changed_keys"
STATE_REMOVED_KEYS: Final = "playhead.state.removed_keys"
STATE_BYTES: Final = "playhead.state.size"
INTERRUPT_ID: Final = "playhead.interrupt.id"
INTERRUPT_TYPE: Final = "playhead.interrupt.type"
INTERRUPT_STEP: Final = "playhead.interrupt.step"

# --- resource ------------------------------------------------------------------------------------------------
DISTRO_NAME: Final = "telemetry.distro.name"
DISTRO_VERSION: Final = "telemetry.distro.version"
DISTRO: Final = "playhead"
PROCESS_ID: Final = "process.pid"
INSTANCE_ID: Final = "service.instance.id"
