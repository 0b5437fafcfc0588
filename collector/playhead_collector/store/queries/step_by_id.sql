-- One step of some runs.
-- Parameters: $step_id, $runs. Row: a StepView and where its content lies. Used by: the inspector.
select
    run_id, position, parent_position, depth, detached, step_id, parent_id, kind, name, status,
    start_ns, end_ns, duration_ns, framework, dialect, agent, node, step_index, attempt,
    max_attempts, provider, model, tool, tokens_input, tokens_output, tokens_cache_read,
    tokens_cache_write, tokens_reasoning, cost_usd, cost_provenance, http_status,
    error_type, error_message, chosen, candidates, form, record_no, ordinal, content_hash, variants, state_scope,
    state_full
from step
where run_id in (select unnest($runs))
  and step_id = $step_id
limit 1
