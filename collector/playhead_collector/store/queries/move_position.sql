-- Moves the position in the log forward.
-- Parameters: $record_no, $rejected, $unreadable: how many more. Used by: store/index.py.
update position
set record_no = $record_no,
    rejected_spans = rejected_spans + $rejected,
    unreadable_records = unreadable_records + $unreadable
