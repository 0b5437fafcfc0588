-- The model of the call that a derived decision lies under.
-- Parameters: $run_id, $position: the decision's place. Row: model. Used by: the inspector.
select p.model
from step d
join step p
  on p.run_id = d.run_id
 and p.position = d.parent_position
where d.run_id = $run_id
  and p.run_id = $run_id
  and d.position = $position
