-- The waterfall of a run, without content, in tree order.
-- Parameters: $run_id. Row: see answer/outline.py. Used by: the Run page.
select
    step_id, parent_position, depth, detached, kind, name, status, start_ns, duration_ns, node,
    model, attempt, step_index, tokens_input, tokens_output, cost_usd,
    cost_provenance, http_status, details
from step
where run_id = $run_id
order by position
