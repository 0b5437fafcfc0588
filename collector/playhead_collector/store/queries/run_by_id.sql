-- One run.
-- Parameters: $run_id. Row: a RunView, graph, version. Used by: the Run page.
select
    run_id, workflow, project, framework, status, start_ns, end_ns, duration_ns, steps,
    model_calls, tool_calls, decisions, retries, errors, tokens_input, tokens_output,
    tokens_cache_read, tokens_reasoning, cost_usd, calls_unknown, models, conversation_id,
    user_id, service, tags, error_type, error_message, error_step, error_step_id, segments,
    parent_run_id, origin_run_id, relation, dropped_attributes,
    graph, version
from run
where run_id = $run_id
limit 1
