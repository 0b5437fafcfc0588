-- Makes room for rows that are derived again. Parameters: $runs. Used by: derive/settle.py.
delete from run
where run_id in (select unnest($runs))
