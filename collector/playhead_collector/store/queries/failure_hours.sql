-- Runs and failed runs by weekday and hour, UTC.
-- Fragments: where. Parameters: those of the search. Row: weekday, hour, runs, failed.
-- Used by: the Failures page.
select
    weekday,
    hour,
    count(*) as runs,
    count(*) filter (where status = 'failed') as failed
from run
where {where}
group by weekday, hour
order by weekday, hour
