-- Failed runs by cause and UTC day, of the last days that have any.
-- Fragments: where. Parameters: those of the search. Row: fingerprint, day, runs.
-- Used by: the Failures page.
select fingerprint, day, count(*) as runs
from run
where status = 'failed'
  and fingerprint is not null
  and {where}
group by fingerprint, day
order by fingerprint, day
