-- How far the log is indexed. Row: record_no, rejected_spans, unreadable_records.
select record_no, rejected_spans, unreadable_records
from position
