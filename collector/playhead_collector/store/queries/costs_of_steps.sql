-- What steps cost, by one of their columns. Only billed calls have tokens and money.
-- Fragments: key (a column of step), which (a condition on step), where (on run).
-- Parameters: those of the search. Row: a CostRow. Used by: the Costs page.
select
    {key} as key,
    count(distinct s.run_id) as runs,
    count(*) filter (
        where s.kind = 'model_call' and s.usage_scope is distinct from 'wrapper'
    ) as model_calls,
    count(*) filter (where s.kind = 'tool_call') as tool_calls,
    sum(l.tokens_input) as tokens_input,
    sum(l.tokens_output) as tokens_output,
    sum(l.tokens_cache_read) as tokens_cache_read,
    sum(l.tokens_reasoning) as tokens_reasoning,
    sum(l.usd) as cost_usd,
    count(*) filter (where l.run_id is not null and l.usd is null) as calls_unknown,
    coalesce(sum(s.own_ns), 0) as duration_ns
from step s
left join ledger l
  on l.run_id = s.run_id
 and l.step_id = s.step_id
where s.run_id in (select run_id from run where {where})
  and {which}
group by {key}
order by cost_usd desc nulls last, duration_ns desc, key
