-- Remembers that runs of these traces must be derived again.
-- Parameters: $traces: list of trace ids, $record_no. Used by: store/index.py.
insert into dirty
select unnest($traces), $record_no
