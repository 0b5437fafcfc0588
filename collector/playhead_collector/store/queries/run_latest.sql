-- The run that started last. Row: run_id. Used by: `playhead show latest`.
select run_id
from run
order by start_ns desc, run_id
limit 1
