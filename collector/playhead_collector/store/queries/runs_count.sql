-- How many runs a search finds. Fragments: where. Parameters: those of the search.
-- Row: count. Used by: the Runs page.
select count(*)
from run
where {where}
