-- Segments without an identity of their own, by conversation: what a paused one may go on in.
-- Parameters: $conversations, $paused: those in which one is known to be paused. Row: trace_id, conversation_id, workflow, first_ns, paused, run_id.
-- Used by: derive/settle.py.
select trace_id, conversation_id, workflow, first_ns, paused, run_id
from segment
where not native
  and conversation_id in (
      select conversation_id
      from segment
      where not native
        and paused
        and conversation_id in (select unnest($conversations))
      union all
      select unnest($paused)
  )
order by conversation_id, first_ns, trace_id
