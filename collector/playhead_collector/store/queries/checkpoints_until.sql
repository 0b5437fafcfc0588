-- The snapshots of one checkpoint namespace of a run, up to and with one of them, in order.
-- Parameters: $run_id, $state_scope, $step_id.
-- Row: record_no, ordinal, content_hash, state_full. Used by: the inspector.
select c.record_no, c.ordinal, c.content_hash, c.state_full
from step c
join step u
  on u.run_id = c.run_id
where c.run_id = $run_id
  and c.form = 'checkpoint'
  and c.state_scope is not distinct from $state_scope
  and u.step_id = $step_id
  and (c.start_ns, coalesce(c.step_index, 0), c.step_id)
      <= (u.start_ns, coalesce(u.step_index, 0), u.step_id)
order by c.start_ns, coalesce(c.step_index, 0), c.step_id
