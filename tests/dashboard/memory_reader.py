"""A `Reader` over generated runs in memory, for tests of pages, panels and figures.

It knows the few search terms that the pages' own links use. What the store itself answers is
tested on the store.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from playhead_collector.read import CostBy, QueryError, RunQuery
from playhead_collector.views import (
    Cost,
    CostRow,
    FailureGroup,
    Health,
    HourCell,
    Outline,
    Overview,
    Page,
    RunStatus,
    RunView,
    StepDetail,
    StepView,
)

NOW_NS = 1_795_359_600 * 10**9  # Sunday 2026-11-22 15:00 UTC
HOUR_NS = 3_600 * 10**9
DAY_NS = 24 * HOUR_NS
WORKFLOWS = {
    "refund-triage": ("gpt-5.4-mini", 9.0, 0.021),
    "research-report": ("claude-sonnet-5", 48.0, 0.184),
    "invoice-extraction": ("gpt-5.4-mini", 14.0, 0.034),
    "compliance-review": ("gpt-5.4", 95.0, 0.412),
    "release-notes": ("in-house-7b", 6.0, None),
}
ENDS: list[RunStatus] = ["completed", "paused", "lost"]
ERRORS = (
    ("RateLimitError", "429 from the provider: requests per minute exceeded", "fetch_filings"),
    ("ToolTimeout", "search did not answer within 30 s", "web_search"),
    ("ValidationError", "1 validation error for Report: sources must not be empty", "synthesise"),
    ("GraphRecursionError", "Recursion limit of 25 reached without a stop condition", "review"),
)


def make_run(index: int, *, seed: int = 7, now_ns: int = NOW_NS, days: float = 28.0) -> RunView:
    """Return the run of this number; the higher the number, the older it is."""
    rng = random.Random(seed * 1_000_003 + index)
    workflow = rng.choice(list(WORKFLOWS))
    model, seconds, usd = WORKFLOWS[workflow]
    start_ns = now_ns - int((index + rng.random()) * days * DAY_NS / 4_000) - 10**9
    at = datetime.fromtimestamp(start_ns / 1e9, UTC)
    rush = at.weekday() == 4 and at.hour == 15
    failed = rng.random() < (0.7 if rush else 0.05)
    status: RunStatus = "failed" if failed else rng.choices(ENDS, weights=[30, 1, 1])[0]
    if index < 2 and not failed:
        status = "running"
    error = ERRORS[0] if rush else rng.choice(ERRORS)
    duration_ns = int(rng.lognormvariate(0, 0.6) * seconds * 1e9)
    calls = rng.randint(2, 19)
    return RunView(
        run_id=f"{rng.getrandbits(128):032x}",
        workflow=workflow,
        project="demo",
        framework="langgraph",
        status=status,
        start_ns=start_ns,
        end_ns=None if status in ("running", "lost") else start_ns + duration_ns,
        duration_ns=duration_ns,
        steps=calls * 3,
        model_calls=calls,
        tool_calls=rng.randint(0, 9),
        decisions=rng.randint(1, 5),
        retries=rng.choice([0, 0, 0, 1, 2]),
        errors=1 if failed else 0,
        tokens_input=calls * rng.randint(400, 2600),
        tokens_output=calls * rng.randint(40, 320),
        tokens_cache_read=calls * rng.randint(0, 300),
        tokens_reasoning=None,
        cost=Cost(
            usd=None if usd is None else f"{usd * rng.lognormvariate(0, 0.5):.6f}",
            calls_unknown=calls if usd is None else 0,
        ),
        models=[model],
        conversation_id=None,
        user_id=None,
        service="demo",
        tags={},
        error_type=error[0] if failed else None,
        error_message=error[1] if failed else None,
        error_step=error[2] if failed else None,
        error_step_id=f"{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}" if failed else None,
        segments=1,
        parent_run_id=None,
        origin_run_id=None,
        relation=None,
        dropped_attributes=0,
    )


def total_cost(runs: Iterable[RunView]) -> Cost:
    known = [Decimal(run.cost.usd) for run in runs if run.cost.usd is not None]
    return Cost(
        usd=str(sum(known)) if known else None,
        calls_unknown=sum(run.cost.calls_unknown for run in runs),
    )


def day_of(run: RunView) -> str:
    return datetime.fromtimestamp(run.start_ns / 1e9, UTC).date().isoformat()


def p95(runs: Sequence[RunView]) -> int | None:
    durations = sorted(run.duration_ns or 0 for run in runs)
    return durations[int(len(durations) * 0.95)] if durations else None


SORTS: dict[str, Callable[[RunView], float]] = {
    "start": lambda run: run.start_ns,
    "duration": lambda run: run.duration_ns or 0,
    "cost": lambda run: float(run.cost.usd or 0),
    "steps": lambda run: run.steps,
    "tokens": lambda run: (run.tokens_input or 0) + (run.tokens_output or 0),
    "errors": lambda run: run.errors,
}


@dataclass
class MemoryReader:
    """Answers from a list of runs, newest first."""

    all_runs: list[RunView] = field(default_factory=list[RunView])
    now_ns: int = NOW_NS

    def health(self) -> Health:
        return Health(
            version="0",
            status="ok",
            steps=sum(run.steps for run in self.all_runs),
            runs=len(self.all_runs),
            log_bytes=0,
            index_bytes=0,
            behind_records=0,
            rejected_spans=0,
            bad_records=0,
        )

    def overview(self, *, since_ns: int | None = None) -> Overview:
        now = self._select("", since_ns, None)
        before: list[RunView] = []
        if since_ns is not None:
            before = self._select("", 2 * since_ns - self.now_ns, since_ns)
        days: dict[str, list[RunView]] = defaultdict(list)
        for run in now:
            days[day_of(run)].append(run)
        failed = [run for run in now if run.status == "failed"]
        return Overview(
            runs=len(now),
            failed=len(failed),
            running=sum(run.status == "running" for run in now),
            p95_ns=p95(now),
            cost=total_cost(now),
            runs_before=len(before),
            failed_before=sum(run.status == "failed" for run in before),
            p95_before_ns=p95(before),
            cost_before=total_cost(before),
            days=[
                {
                    "day": day,
                    "runs": len(runs),
                    "failed": sum(run.status == "failed" for run in runs),
                    "cost_usd": total_cost(runs).usd,
                }
                for day, runs in sorted(days.items())
            ],
            newest=now[:5],
            newest_failures=failed[:5],
            slowest=sorted(now, key=SORTS["duration"], reverse=True)[:5],
            dearest=sorted(now, key=SORTS["cost"], reverse=True)[:5],
        )

    def runs(self, query: RunQuery) -> Page[RunView]:
        found = self._select(query.q, query.since_ns, query.until_ns)
        name = query.sort.removeprefix("-")
        found = sorted(found, key=SORTS[name], reverse=query.sort.startswith("-"))
        offset = int(query.cursor or 0)
        end = offset + query.limit
        more = str(end) if end < len(found) else None
        return Page(items=found[offset:end], next_cursor=more, total=len(found))

    def run(self, run_id: str) -> RunView | None:
        return next((run for run in self.all_runs if run.run_id == run_id), None)

    def find_run(self, reference: str) -> str | None:
        return next((r.run_id for r in self.all_runs if r.run_id.startswith(reference)), None)

    def steps(self, run_id: str, *, limit: int = 100, cursor: str | None = None) -> Page[StepView]:
        return Page(items=[])

    def outline(self, run_id: str) -> Outline | None:
        return None

    def step(self, step_id: str) -> StepDetail | None:
        return None

    def costs(
        self, by: CostBy, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[CostRow]:
        keys: dict[CostBy, Callable[[RunView], str | None]] = {
            "workflow": lambda run: run.workflow,
            "model": lambda run: run.models[0],
            "tool": lambda run: "web_search",
            "step": lambda run: "synthesise",
            "day": day_of,
        }
        groups: dict[str | None, list[RunView]] = defaultdict(list)
        for run in self._select(q, since_ns, until_ns):
            groups[keys[by](run)].append(run)
        rows = [cost_row(by, key, runs) for key, runs in groups.items()]
        return sorted(rows, key=lambda row: Decimal(row.cost.usd or 0), reverse=True)

    def failures(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[FailureGroup]:
        groups: dict[tuple[str | None, ...], list[RunView]] = defaultdict(list)
        for run in self._select(q, since_ns, until_ns):
            if run.status == "failed":
                groups[run.error_type, run.error_message, run.error_step, run.workflow].append(run)
        rows = [failure_group(runs) for runs in groups.values()]
        return sorted(rows, key=lambda row: row.runs, reverse=True)

    def failure_hours(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[HourCell]:
        cells: dict[tuple[int, int], list[RunView]] = defaultdict(list)
        for run in self._select(q, since_ns, until_ns):
            at = datetime.fromtimestamp(run.start_ns / 1e9, UTC)
            cells[at.weekday(), at.hour].append(run)
        return [
            HourCell(
                weekday=weekday,
                hour=hour,
                runs=len(runs),
                failed=sum(run.status == "failed" for run in runs),
                q=f"weekday:{['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][weekday]} hour:{hour}",
            )
            for (weekday, hour), runs in sorted(cells.items())
        ]

    def version(self, run_id: str | None = None) -> int:
        return len(self.all_runs)

    def _select(self, q: str, since_ns: int | None, until_ns: int | None) -> list[RunView]:
        tests = [term_test(term, q) for term in q.split()]
        return [
            run
            for run in self.all_runs
            if (since_ns is None or run.start_ns >= since_ns)
            and (until_ns is None or run.start_ns < until_ns)
            and all(test(run) for test in tests)
        ]


def term_test(term: str, q: str) -> Callable[[RunView], bool]:
    name, colon, value = term.partition(":")
    if not colon:
        return lambda run: term in run.run_id or term in (run.workflow or "")
    if name == "status":
        return lambda run: run.status in value.split(",")
    if name == "workflow":
        return lambda run: run.workflow == value.strip('"')
    if name == "fingerprint":
        return lambda run: (run.error_type or "") == value
    if name in ("weekday", "hour", "day", "model", "tool", "step"):
        return lambda run: True
    raise QueryError(
        f"There is no field {name!r}.", position=q.index(term), hint="Fields are status, workflow…"
    )


def cost_row(by: CostBy, key: str | None, runs: list[RunView]) -> CostRow:
    return CostRow(
        key=key,
        runs=len(runs),
        model_calls=sum(run.model_calls for run in runs),
        tool_calls=sum(run.tool_calls for run in runs),
        tokens_input=sum(run.tokens_input or 0 for run in runs),
        tokens_output=sum(run.tokens_output or 0 for run in runs),
        tokens_cache_read=sum(run.tokens_cache_read or 0 for run in runs),
        tokens_reasoning=None,
        cost=total_cost(runs),
        duration_ns=sum(run.duration_ns or 0 for run in runs),
        q=f"{by}:{key}",
    )


def failure_group(runs: list[RunView]) -> FailureGroup:
    newest = runs[0]
    days: dict[str, int] = defaultdict(int)
    for run in runs:
        days[day_of(run)] += 1
    return FailureGroup(
        fingerprint=f"{newest.error_type}-{newest.workflow}",
        error_type=newest.error_type or "",
        message=newest.error_message or "",
        step=newest.error_step,
        workflow=newest.workflow,
        runs=len(runs),
        first_seen_ns=runs[-1].start_ns,
        last_seen_ns=newest.start_ns,
        cost=total_cost(runs),
        sample_run_id=newest.run_id,
        sample_step_id=newest.error_step_id,
        days=sorted(days.items()),
        q=f"fingerprint:{newest.error_type}",
    )
