-- Segments that may belong to the same runs as some traces: by identity, by link, or because they
-- did so until now.
-- Parameters: $traces, $hints, $linked: lists. Row: trace_id, run_id. Used by: derive/settle.py.
select trace_id, run_id
from segment s
where trace_id in (select unnest($traces))
   or trace_id in (select unnest($linked))
   or hint in (select unnest($hints))
   or run_id in (select o.run_id from segment o where o.trace_id in (select unnest($traces)))
   or (
       s.continues is not null
       and list_has_any(string_split(s.continues, chr(10)), $traces)
   )
