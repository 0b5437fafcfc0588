-- Failed runs by cause and place.
-- Fragments: where. Parameters: those of the search.
-- Row: fingerprint, error_type, message, step, workflow, runs, first and last seen, cost_usd,
-- calls_unknown, sample_run_id, sample_step_id. Used by: the Failures page.
select
    fingerprint,
    any_value(error_type) as error_type,
    any_value(error_normal) as message,
    any_value(error_step) as step,
    case when count(distinct workflow) = 1 then any_value(workflow) end as workflow,
    count(*) as runs,
    min(start_ns) as first_seen_ns,
    max(start_ns) as last_seen_ns,
    sum(cost_usd) as cost_usd,
    sum(calls_unknown) as calls_unknown,
    arg_max(run_id, start_ns) as sample_run_id,
    arg_max(error_step_id, start_ns) as sample_step_id
from run
where status = 'failed'
  and fingerprint is not null
  and {where}
group by fingerprint
order by runs desc, last_seen_ns desc, fingerprint
limit 1000
