"""The shapes of what is derived: one field per column of its table, in column order.

Money travels as a decimal string and is stored as an exact decimal.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class StepRow:
    """One step of a run, in its place in the tree."""

    run_id: str
    position: int  # row number in tree order
    parent_position: int  # -1 for a root
    depth: int
    detached: bool  # the parent never arrived, or the step lies on a cycle
    step_id: str
    parent_id: str | None  # step_id of the parent
    kind: str
    name: str
    status: str
    start_ns: int
    end_ns: int | None
    duration_ns: int | None
    own_ns: int | None  # duration without the time in child steps that have their own row below
    framework: str | None
    dialect: str
    agent: str | None
    node: str | None
    step_index: int | None
    attempt: int | None
    max_attempts: int | None
    provider: str | None
    model: str | None
    tool: str | None
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    usage_scope: str | None  # call | wrapper | aggregate: only a call is billed
    cost_usd: str | None
    cost_provenance: str | None  # as in the ledger; None where the step is not billed
    http_status: int | None
    error_type: str | None
    error_message: str | None
    chosen: str | None
    candidates: str | None
    details: str | None  # JSON for the outline
    form: str  # ended | started | checkpoint | interrupt | resumed | derived
    record_no: int
    ordinal: int
    content_hash: int
    variants: int
    state_scope: str | None
    state_full: bool | None


@dataclass(slots=True)
class LedgerRow:
    """One billed model call."""

    run_id: str
    step_id: str
    start_ns: int
    provider: str | None
    model: str | None
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    usd: str | None  # None: unknown
    provenance: str  # book | unknown_model | unknown_usage
    entry: str | None  # of the price book
    book: str  # version of the price book


@dataclass(slots=True)
class RunRow:
    """One run with its totals."""

    run_id: str
    version: int
    workflow: str | None
    project: str | None
    framework: str | None
    status: str
    start_ns: int
    end_ns: int | None
    last_seen_ns: int
    duration_ns: int | None
    day: str  # UTC, YYYY-MM-DD
    weekday: int  # 0 is Monday
    hour: int
    steps: int
    model_calls: int
    tool_calls: int
    decisions: int
    retries: int
    errors: int
    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None
    tokens_reasoning: int | None
    cost_usd: str | None
    calls_unknown: int
    models: str  # JSON list
    conversation_id: str | None
    user_id: str | None
    service: str | None
    tags: str | None
    error_type: str | None
    error_message: str | None
    error_normal: str | None  # message without what varies
    error_step: str | None
    error_step_id: str | None
    fingerprint: str | None
    segments: int
    parent_run_id: str | None
    origin_run_id: str | None
    relation: str | None
    dropped_attributes: int
    graph: str | None
    host: str | None
    pid: int | None


@dataclass(slots=True)
class SegmentRow:
    """The part of a trace that states one identity: what runs are joined from."""

    trace_id: str
    hint: str  # run id or framework's id as stated, empty where nothing is
    run_id: str
    workflow: str | None
    conversation_id: str | None
    first_ns: int
    last_ns: int
    paused: bool
    native: bool
    asked: str | None  # "\nid\n…": interrupts asked in it
    answered: str | None  # interrupts answered in it
    continues: str | None  # traces that it links to as resumed or continued
