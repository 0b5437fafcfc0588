-- A number that rises when anything changed. Row: version. Used by: live pages.
select coalesce(max(version), 0)
from run
