"""The frozen types that answers are made of. The HTTP API gives exactly these, as JSON.

Times are integer nanoseconds since the epoch (UTC), money is a decimal string in US dollars, and
what is unknown is `None`, never zero.
"""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

Json = Any
RunStatus = Literal["running", "completed", "failed", "paused", "cancelled", "lost"]
StepStatus = Literal["running", "ok", "error", "interrupted", "cancelled", "lost"]

ItemT = TypeVar("ItemT")


class View(BaseModel):
    """Base of all views: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(View, Generic[ItemT]):
    """A page of a list; `next_cursor` is `None` on the last one."""

    items: list[ItemT]
    next_cursor: str | None = None
    total: int | None = None  # how many match in all; None where it was not counted


class Cost(View):
    """Money of a set of model calls. `usd` is the sum of the known parts, None if none is known."""

    usd: str | None = None
    calls_unknown: int = 0  # model calls with no price: the sum is a lower bound when above 0


class RunView(View):
    """One run, as a line of the Runs page and the head of the Run page."""

    run_id: str
    workflow: str | None
    project: str | None
    framework: str | None
    status: RunStatus
    start_ns: int
    end_ns: int | None  # None while running or lost
    duration_ns: int | None  # last sign of life minus start where it has not ended
    steps: int
    model_calls: int
    tool_calls: int
    decisions: int
    retries: int  # attempts beyond the first, of nodes, tools and HTTP requests
    errors: int  # steps that failed, also where a retry healed it
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_reasoning: int | None
    cost: Cost
    models: list[str]
    conversation_id: str | None
    user_id: str | None
    service: str | None
    tags: dict[str, str]
    error_type: str | None  # of the primary cause
    error_message: str | None
    error_step: str | None
    error_step_id: str | None
    segments: int  # activations (processes, traces) that make up the run
    parent_run_id: str | None
    origin_run_id: str | None
    relation: str | None
    dropped_attributes: int  # above 0: the sender's limits cut something, shown as "incomplete"


class StepView(View):
    """One step without its content."""

    step_id: str  # "<trace id>-<span id>", for a log event "<trace id>-<hash of the event>"
    run_id: str
    parent_id: str | None  # step_id of the parent, None for a root or an orphan
    kind: str
    name: str
    status: StepStatus
    start_ns: int
    end_ns: int | None
    duration_ns: int | None
    framework: str | None
    dialect: str
    agent: str | None
    node: str | None  # the named piece of work that this step is or lies in
    step_index: int | None  # superstep
    attempt: int | None
    max_attempts: int | None
    provider: str | None
    model: str | None  # as served, else as requested
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_reasoning: int | None
    cost_usd: str | None
    # book | unknown_model | unknown_usage: why it costs what it costs; None: it is not billed
    cost_provenance: str | None
    http_status: int | None
    error_type: str | None
    error_message: str | None
    chosen: list[str] | None  # of a decision
    candidates: list[str] | None


class Message(View):
    """One message of a prompt or an answer: a role and its parts, in order."""

    role: str
    parts: list[dict[str, Json]]  # {"type": "text"|"reasoning"|"tool_call"|"tool_call_response"|…}


class DecisionView(View):
    """What was chosen, from what, by whom, why."""

    type: str
    chosen: list[str]
    candidates: list[str]
    candidates_source: str | None
    scores: list[float] | None
    reason: str | None
    reason_source: str | None
    maker: str | None
    declared_at: str | None
    inputs: Json


class StateChange(View):
    """One key of the state at a checkpoint: what it was and what it is."""

    key: str
    change: Literal["added", "changed", "removed", "same"]
    before: Json = None
    after: Json = None


class StepDetail(View):
    """One step with all of its content, for the inspector, `playhead show` and the API."""

    step: StepView
    content_state: str  # captured | not_captured | redacted | truncated
    system: list[dict[str, Json]] | None = None
    messages: list[Message] | None = None  # the prompt
    answer: list[Message] | None = None
    tools: list[Json] | None = None  # offered to the model
    parameters: dict[str, Json] | None = None
    finish_reasons: list[str] | None = None
    first_chunk_ns: int | None = None
    input: Json = None  # tool arguments, node input, workflow input
    output: Json = None
    decision: DecisionView | None = None
    state: list[StateChange] | None = None  # of a checkpoint
    http: dict[str, Json] | None = (
        None  # of an HTTP attempt: method, url, status, headers, body text
    )
    error_stack: str | None = None
    links: list[dict[str, Json]] = []
    events: list[dict[str, Json]] = []
    attributes: dict[str, Json] = {}  # everything that no field above holds, as sent
    resource: dict[str, Json] = {}
    variants: int = 0  # other ended records that arrived for the same id
    raw: Json = None  # the span as OTLP/JSON


class Outline(View):
    """A run as columns, without content: what the waterfall and the playhead need.

    Rows are in tree order (a parent before its children, siblings by start). `parent` is a row
    number or -1. Kinds, names, statuses, models and nodes are numbers into their `*_names` lists,
    -1 for none. `start_ns` is relative to `run.start_ns`.
    """

    run: RunView
    version: int  # rises when anything of the run changed
    kind_names: list[str]
    name_names: list[str]
    status_names: list[str]
    model_names: list[str]
    node_names: list[str]
    step_id: list[str]
    parent: list[int]
    depth: list[int]
    kind: list[int]
    name: list[int]
    status: list[int]
    start_ns: list[int]
    duration_ns: list[int | None]
    node: list[int]
    model: list[int]
    attempt: list[int | None]
    step_index: list[int | None]
    tokens_input: list[int | None]
    tokens_output: list[int | None]
    cost_usd: list[str | None]
    billed: list[int] = []  # row numbers of the calls that cost something, known or not
    http_status: list[int | None]
    detached: list[int]  # row numbers whose parent never arrived, or that lie on a cycle
    details: dict[int, dict[str, Json]]  # sparse: chosen, candidates, error, changed_keys, question
    graph: dict[str, Json] | None  # {"nodes": [...], "edges": [[from, to, conditional]]}


class CostRow(View):
    """Spend of one group. `q` is the search that lists its runs."""

    key: str | None
    runs: int
    model_calls: int
    tool_calls: int
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_reasoning: int | None
    cost: Cost
    duration_ns: int  # own time of the group's steps; for workflows and days, of their runs
    q: str


class FailureGroup(View):
    """Failed runs with the same cause at the same place."""

    fingerprint: str
    error_type: str
    message: str  # normalised: ids, numbers and quoted values are blanked
    step: str | None
    workflow: str | None
    runs: int
    first_seen_ns: int
    last_seen_ns: int
    cost: Cost  # spend of the failed runs
    sample_run_id: str
    sample_step_id: str | None
    days: list[tuple[str, int]]  # ("2026-11-20", runs) of the last 30 days with any
    q: str


class HourCell(View):
    """One cell of weekday × hour, UTC. `weekday` 0 is Monday."""

    weekday: int
    hour: int
    runs: int
    failed: int
    q: str


class Overview(View):
    """The numbers of the start page over a time range, with the range before for comparison."""

    runs: int
    failed: int
    running: int
    p95_ns: int | None
    cost: Cost
    runs_before: int
    failed_before: int
    p95_before_ns: int | None
    cost_before: Cost
    days: list[dict[str, Json]]  # {"day", "runs", "failed", "cost_usd"} oldest first
    newest: list[RunView]
    newest_failures: list[RunView]
    slowest: list[RunView]
    dearest: list[RunView]


class Version(View):
    """A number that rises when a run, or anything at all, changed."""

    version: int


class Error(View):
    """Why a request was not answered."""

    code: str
    message: str
    hint: str | None  # what would be right
    position: int | None = None  # of a bad query: the character, from 0, at which it broke


class Refused(View):
    """The one shape of every answer that is no answer."""

    error: Error


class Health(View):
    """Who answers, and how well the recorder is doing."""

    name: Literal["playhead"] = "playhead"
    version: str
    status: Literal["ok", "catching_up", "read_only"]
    steps: int
    runs: int
    log_bytes: int
    index_bytes: int
    behind_records: int  # in the log, not yet in the index
    rejected_spans: int
    bad_records: int
