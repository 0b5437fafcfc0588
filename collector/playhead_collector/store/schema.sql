-- The index. Everything in it is made from the segment log and can be made again, so a change here
-- needs no migration: the hash of this file is the index's version, and another version is set
-- aside. No keys, indexes or sequences: the same statements run on DuckDB 1.5 and 2.x.

-- How far the log is indexed; one row, written in the transaction of the rows.
create table position (
    record_no bigint not null,         -- newest record of the log that is in here
    rejected_spans bigint not null,    -- spans that were refused when they arrived
    unreadable_records bigint not null -- records that could not be translated
);
insert into position values (0, 0, 0);

-- Traces whose runs must be derived again, with the time range of what arrived.
create table dirty (
    trace_id varchar not null,
    record_no bigint not null          -- newest record that touched it
);

-- Ground facts, append-only: one row per distinct record. Columns as in translate/rows.py.
create table record (
    record_no bigint not null,
    ordinal integer not null,
    content_hash bigint not null,
    form varchar not null,             -- ended | started | checkpoint | interrupt | resumed | content
    trace_id varchar not null,
    row_id varchar not null,           -- span id; of an event of its own the hash of the event
    parent_id varchar,
    start_ns ubigint not null,         -- since the epoch, as sent
    end_ns ubigint,                    -- null while open
    name varchar not null,
    label varchar,
    kind varchar not null,
    kind_word varchar,
    dialect varchar not null,
    framework varchar,
    framework_version varchar,
    scope varchar,
    outcome varchar,                   -- ok | error | interrupted | cancelled
    run_hint varchar,
    run_segment bigint,
    run_parent_id varchar,
    run_origin_id varchar,
    run_relation varchar,
    run_outcome varchar,
    workflow varchar,
    workflow_version varchar,
    conversation_id varchar,
    user_id varchar,
    agent varchar,
    project varchar,
    service varchar,
    host varchar,
    pid bigint,
    instance varchar,
    tags varchar,                      -- "\nkey=value\n…\n"
    graph varchar,                     -- JSON
    node varchar,
    graph_node varchar,
    step_index bigint,
    execution_id varchar,
    attempt bigint,
    max_attempts bigint,
    provider varchar,
    model_requested varchar,
    model_served varchar,
    response_id varchar,
    service_tier varchar,
    finish varchar,
    tokens_input bigint,               -- total, cached included
    tokens_output bigint,              -- total, reasoning included
    tokens_cache_read bigint,
    tokens_cache_write bigint,
    tokens_reasoning bigint,
    tools_offered varchar,             -- JSON list of names
    tools_called varchar,              -- JSON list of names
    tool varchar,
    tool_call_id varchar,
    http_status bigint,
    resend_count bigint,
    decision_type varchar,
    chosen varchar,                    -- JSON list
    candidates varchar,                -- JSON list
    picked varchar,                    -- JSON list
    error_type varchar,
    error_message varchar,
    state_scope varchar,
    state_full boolean,
    changed_keys varchar,              -- JSON list
    interrupt_id varchar,
    question varchar,
    links varchar,                     -- JSON list of [trace id, span id, type]
    dropped_attributes bigint not null
);

-- Which parts of which traces make up which run. Columns as in derive/rows.py.
create table segment (
    trace_id varchar not null,
    hint varchar not null,             -- identity that the sender gave, empty for none
    run_id varchar not null,
    workflow varchar,
    conversation_id varchar,
    first_ns ubigint not null,
    last_ns ubigint not null,
    paused boolean not null,
    native boolean not null,
    asked varchar,                     -- "\ninterrupt id\n…"
    answered varchar,
    continues varchar                  -- "\ntrace id\n…"
);

-- Derived: one row per step of a run, in tree order.
create table step (
    run_id varchar not null,
    position integer not null,
    parent_position integer not null,  -- -1 for a root
    depth integer not null,
    detached boolean not null,
    step_id varchar not null,
    parent_id varchar,
    kind varchar not null,
    name varchar not null,
    status varchar not null,
    start_ns ubigint not null,
    end_ns ubigint,
    duration_ns bigint,
    own_ns bigint,
    framework varchar,
    dialect varchar not null,
    agent varchar,
    node varchar,
    step_index bigint,
    attempt bigint,
    max_attempts bigint,
    provider varchar,
    model varchar,
    tool varchar,
    tokens_input bigint,
    tokens_output bigint,
    tokens_cache_read bigint,
    tokens_cache_write bigint,
    tokens_reasoning bigint,
    usage_scope varchar,               -- call | wrapper | aggregate
    cost_usd decimal(18, 12),
    cost_provenance varchar,           -- as in ledger, null where the step is not billed
    http_status bigint,
    error_type varchar,
    error_message varchar,
    chosen varchar,
    candidates varchar,
    details varchar,                   -- JSON
    form varchar not null,
    record_no bigint not null,
    ordinal integer not null,
    content_hash bigint not null,
    variants integer not null,
    state_scope varchar,
    state_full boolean
);

-- Derived: one row per billed model call.
create table ledger (
    run_id varchar not null,
    step_id varchar not null,
    start_ns ubigint not null,
    provider varchar,
    model varchar,
    tokens_input bigint,
    tokens_output bigint,
    tokens_cache_read bigint,
    tokens_cache_write bigint,
    tokens_reasoning bigint,
    usd decimal(18, 12),               -- null: unknown
    provenance varchar not null,       -- book | unknown_model | unknown_usage
    entry varchar,
    book varchar not null
);

-- Derived: one row per run.
create table run (
    run_id varchar not null,
    version bigint not null,
    workflow varchar,
    project varchar,
    framework varchar,
    status varchar not null,
    start_ns ubigint not null,
    end_ns ubigint,
    last_seen_ns ubigint not null,
    duration_ns bigint,
    day varchar not null,              -- UTC, YYYY-MM-DD
    weekday integer not null,          -- 0 is Monday
    hour integer not null,
    steps bigint not null,
    model_calls bigint not null,
    tool_calls bigint not null,
    decisions bigint not null,
    retries bigint not null,
    errors bigint not null,
    tokens_input bigint,
    tokens_output bigint,
    tokens_cache_read bigint,
    tokens_reasoning bigint,
    cost_usd decimal(38, 12),
    calls_unknown bigint not null,
    models varchar not null,           -- JSON list
    conversation_id varchar,
    user_id varchar,
    service varchar,
    tags varchar,
    error_type varchar,
    error_message varchar,
    error_normal varchar,
    error_step varchar,
    error_step_id varchar,
    fingerprint varchar,
    segments integer not null,
    parent_run_id varchar,
    origin_run_id varchar,
    relation varchar,
    dropped_attributes bigint not null,
    graph varchar,                     -- JSON
    host varchar,
    pid bigint
);
