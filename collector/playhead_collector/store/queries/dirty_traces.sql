-- Traces whose runs are due, oldest news first.
-- Parameters: $limit. Row: trace_id, record_no of its newest news. Used by: derive/settle.py.
select trace_id, max(record_no) as newest
from dirty
group by trace_id
order by min(record_no), trace_id
limit $limit
