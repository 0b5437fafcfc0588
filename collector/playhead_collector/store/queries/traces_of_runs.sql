-- The traces that runs are made of. Parameters: $runs. Row: trace_id. Used by: derive/settle.py.
select distinct trace_id
from segment
where run_id in (select unnest($runs))
