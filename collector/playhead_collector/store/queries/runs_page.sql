-- A page of runs. The narrow columns find the rows, the wide ones are read for those only.
-- Fragments: where, order. Parameters: those of the search, $limit. Row: a RunView.
-- Used by: the Runs page, `playhead runs`.
select
    run_id, workflow, project, framework, status, start_ns, end_ns, duration_ns, steps,
    model_calls, tool_calls, decisions, retries, errors, tokens_input, tokens_output,
    tokens_cache_read, tokens_reasoning, cost_usd, calls_unknown, models, conversation_id,
    user_id, service, tags, error_type, error_message, error_step, error_step_id, segments,
    parent_run_id, origin_run_id, relation, dropped_attributes
from run
where rowid in (
    select rowid
    from run
    where {where}
    order by {order}
    limit $limit
)
order by {order}
