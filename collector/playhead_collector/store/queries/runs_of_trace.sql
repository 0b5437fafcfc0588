-- The runs that a trace is part of. Parameters: $trace_id. Row: run_id. Used by: the inspector.
select distinct run_id
from segment
where trace_id = $trace_id
