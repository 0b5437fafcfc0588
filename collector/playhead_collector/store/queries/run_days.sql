-- Runs per UTC day, oldest first.
-- Fragments: where. Parameters: those of the search. Row: day, runs, failed, cost_usd.
-- Used by: the Overview.
select
    day,
    count(*) as runs,
    count(*) filter (where status = 'failed') as failed,
    sum(cost_usd) as cost_usd
from run
where {where}
group by day
order by day
