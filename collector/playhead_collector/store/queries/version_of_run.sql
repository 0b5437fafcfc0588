-- A number that rises when a run changed. Parameters: $run_id. Row: version. Used by: live pages.
select version
from run
where run_id = $run_id
