-- What runs cost, by one of their columns.
-- Fragments: key (a column of run), where. Parameters: those of the search. Row: a CostRow.
-- Used by: the Costs page.
select
    {key} as key,
    count(*) as runs,
    sum(model_calls) as model_calls,
    sum(tool_calls) as tool_calls,
    sum(tokens_input) as tokens_input,
    sum(tokens_output) as tokens_output,
    sum(tokens_cache_read) as tokens_cache_read,
    sum(tokens_reasoning) as tokens_reasoning,
    sum(cost_usd) as cost_usd,
    sum(calls_unknown) as calls_unknown,
    coalesce(sum(duration_ns), 0) as duration_ns
from run
where {where}
group by {key}
order by cost_usd desc nulls last, duration_ns desc, key
