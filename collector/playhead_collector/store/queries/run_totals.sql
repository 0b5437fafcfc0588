-- The numbers of a time range.
-- Fragments: where. Parameters: those of the search.
-- Row: runs, failed, running, p95_ns, cost_usd, calls_unknown. Used by: the Overview.
select
    count(*) as runs,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'running') as running,
    cast(quantile_disc(duration_ns, 0.95) filter (where end_ns is not null) as bigint) as p95_ns,
    sum(cost_usd) as cost_usd,
    coalesce(sum(calls_unknown), 0) as calls_unknown
from run
where {where}
