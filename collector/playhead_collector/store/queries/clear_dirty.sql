-- Forgets dirty marks that have been dealt with; news that came since stay.
-- Parameters: $traces, $record_no: newest news that was dealt with. Used by: derive/settle.py.
delete from dirty
where trace_id in (select unnest($traces))
  and record_no <= $record_no
