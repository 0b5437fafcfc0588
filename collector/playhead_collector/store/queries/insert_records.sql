-- Appends the records of `batch` that are not there yet.
-- Byte-equal records have the same start, so the search is limited to the batch's time range and
-- is exact all the same.
-- Parameters: $first_ns, $last_ns: lowest and highest start in the batch. Used by: store/index.py.
insert into record
select b.*
from batch b
where not exists (
    select 1
    from record r
    where r.start_ns between $first_ns and $last_ns
      and r.trace_id = b.trace_id
      and r.row_id = b.row_id
      and r.content_hash = b.content_hash
)
