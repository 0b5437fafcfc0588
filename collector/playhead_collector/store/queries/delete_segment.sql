-- Makes room for rows that are derived again. Parameters: $traces. Used by: derive/settle.py.
delete from segment
where trace_id in (select unnest($traces))
