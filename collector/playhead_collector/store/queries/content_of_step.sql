-- Where the log events lie that carry content of one span.
-- Parameters: $trace_id, $row_id. Row: record_no, ordinal, content_hash. Used by: the inspector.
select record_no, ordinal, content_hash
from record
where trace_id = $trace_id
  and row_id = $row_id
  and form = 'content'
order by start_ns, content_hash
