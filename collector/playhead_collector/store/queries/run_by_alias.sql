-- The run of which a segment stated another identity.
-- Parameters: $alias. Row: run_id. Used by: every question about a run.
select run_id
from segment
where hint = $alias
  and hint <> ''
limit 1
