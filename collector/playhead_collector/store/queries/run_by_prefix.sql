-- Runs whose id begins so. Parameters: $prefix. Row: run_id. Used by: `playhead show`.
select run_id
from run
where starts_with(run_id, $prefix)
limit 2
