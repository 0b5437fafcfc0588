-- Runs that are shown as running. Row: run_id, last_seen_ns, host, pid. Used by: derive/settle.py.
select run_id, last_seen_ns, host, pid
from run
where status = 'running'
