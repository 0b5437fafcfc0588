-- Segments that asked or answered one of some interrupts.
-- Parameters: $interrupts: list of ids. Row: trace_id, run_id. Used by: derive/settle.py.
select trace_id, run_id
from segment
where (asked is not null and list_has_any(string_split(asked, chr(10)), $interrupts))
   or (answered is not null and list_has_any(string_split(answered, chr(10)), $interrupts))
