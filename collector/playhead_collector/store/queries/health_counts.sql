-- How much is recorded. Row: runs, steps. Used by: /api/health.
select count(*), coalesce(sum(steps), 0)
from run
