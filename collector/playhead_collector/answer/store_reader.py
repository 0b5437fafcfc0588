"""A `Reader` over the index and the log of this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version as distribution_version
from typing import Any, Final, TypeVar

from playhead_collector.answer import costs, failures, overview, search
from playhead_collector.answer.detail import step_detail
from playhead_collector.answer.outline import build_outline
from playhead_collector.answer.shapes import decode_cursor, encode_cursor, run_view, step_view
from playhead_collector.log import SegmentLog
from playhead_collector.read import PAGE_ROWS, PAGE_ROWS_MAX, CostBy, QueryError, RunQuery
from playhead_collector.store.content import ContentStore
from playhead_collector.store.index import Index
from playhead_collector.store.store import Store
from playhead_collector.views import (
    CostRow,
    FailureGroup,
    Health,
    HourCell,
    Outline,
    Overview,
    Page,
    RunView,
    StepDetail,
    StepView,
)

CATCHING_UP_RECORDS: Final = 50  # fewer are there within a second and not worth a word
KEPT_ANSWERS: Final = 64  # totals and outlines that are asked for again while nothing changed
SORTS: Final = {
    "start": "start_ns",
    "duration": "duration_ns",
    "cost": "cost_usd",
    "steps": "steps",
    "tokens": "(tokens_input + coalesce(tokens_output, 0))",
    "errors": "errors",
}
SORT_VIEWS: Final[dict[str, Callable[[RunView], Any]]] = {
    "start": lambda run: run.start_ns,
    "duration": lambda run: run.duration_ns,
    "cost": lambda run: run.cost.usd,
    "steps": lambda run: run.steps,
    "tokens": lambda run: (
        None if run.tokens_input is None else run.tokens_input + (run.tokens_output or 0)
    ),
    "errors": lambda run: run.errors,
}
AnswerT = TypeVar("AnswerT")


class StoreReader:
    """Answers from the tables; content from the log. Any thread."""

    def __init__(
        self,
        store: Store,
        log: SegmentLog,
        *,
        index: Index | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`index` says how far the store is behind the log; without one it counts as level."""
        self._store = store
        self._log = log
        self._index = index
        self._clock = clock
        self._contents = ContentStore(log)
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def health(self) -> Health:
        """Return who answers, and how well the recorder is doing."""
        runs, steps = self._store.query("health_counts")[0]
        _, rejected, unreadable = self._store.query("position")[0]
        behind = self._index.behind() if self._index else 0
        status = "catching_up" if behind > CATCHING_UP_RECORDS else "ok"
        return Health(
            version=distribution_version("playhead"),
            status="read_only" if self._log.failure else status,
            steps=steps,
            runs=runs,
            log_bytes=self._log.size_bytes,
            index_bytes=self._store.size_bytes(),
            behind_records=behind,
            rejected_spans=rejected,
            bad_records=self._log.bad_records + unreadable,
        )

    def overview(self, *, since_ns: int | None = None) -> Overview:
        """Return the numbers of the time since a moment, beside those of as long before it."""
        return overview.read_overview(self._store, since_ns=since_ns, now_ns=self._clock())

    def runs(self, query: RunQuery) -> Page[RunView]:
        """Return a page of runs; how many there are in all is counted once while nothing changes."""
        condition = search.parse(query.q, since_ns=query.since_ns, until_ns=query.until_ns)
        counted = (condition.sql, tuple(map(repr, condition.parameters.values())))
        total = self._keep(
            ("count", self.version(), *counted),
            lambda: self._store.query("runs_count", condition.parameters, where=condition.sql)[0][
                0
            ],
        )
        word = query.sort.removeprefix("-")
        order = _order(query.sort)
        _seek(condition, query.sort, query.cursor)
        limit = max(1, min(query.limit, PAGE_ROWS_MAX))
        rows = self._store.records(
            "runs_page",
            {**condition.parameters, "limit": limit + 1},
            where=condition.sql,
            order=order,
        )
        items = [run_view(row) for row in rows[:limit]]
        more = len(rows) > limit
        last = items[-1] if items else None
        cursor = (
            encode_cursor(query.sort, SORT_VIEWS[word](last), last.run_id)
            if last and more
            else None
        )
        return Page[RunView].model_construct(items=items, next_cursor=cursor, total=total)

    def run(self, run_id: str) -> RunView | None:
        """Return one run."""
        row = self._run_row(run_id)
        return run_view(row) if row else None

    def find_run(self, reference: str) -> str | None:
        """Resolve a run id, a unique prefix of one, or `latest`."""
        if reference == "latest":
            rows = self._store.query("run_latest")
            return rows[0][0] if rows else None
        exact = self._run_row(reference)
        if exact:
            return exact["run_id"]
        rows = self._store.query("run_by_prefix", {"prefix": reference}) if reference else []
        return rows[0][0] if len(rows) == 1 else None

    def steps(
        self, run_id: str, *, limit: int = PAGE_ROWS, cursor: str | None = None
    ) -> Page[StepView]:
        """Return a page of a run's steps in tree order; empty for an unknown run."""
        row = self._run_row(run_id)
        after = decode_cursor(cursor, 1)[0] if cursor else -1
        if not isinstance(after, int):
            raise QueryError("the cursor is not one of ours", position=0)
        limit = max(1, min(limit, PAGE_ROWS_MAX))
        rows = self._store.records(
            "steps_page",
            {"run_id": row["run_id"] if row else "", "after": after, "limit": limit + 1},
        )
        more = len(rows) > limit
        items = [step_view(row) for row in rows[:limit]]
        return Page[StepView].model_construct(
            items=items,
            next_cursor=encode_cursor(rows[limit - 1]["position"]) if more else None,
            total=None,
        )

    def outline(self, run_id: str) -> Outline | None:
        """Return a run as columns, without content; the same object while nothing changed."""
        row = self._run_row(run_id)
        if not row:
            return None
        run, version, graph = run_view(row), row["version"], row["graph"]

        def read() -> Outline:
            steps = self._store.query("outline_rows", {"run_id": run.run_id})
            return build_outline(run, steps, version=version, graph=graph)

        return self._keep(("outline", run.run_id, version), read)

    def step(self, step_id: str) -> StepDetail | None:
        """Return one step with all its content."""
        trace_id = step_id.partition("-")[0]
        runs = [row[0] for row in self._store.query("runs_of_trace", {"trace_id": trace_id})]
        rows = self._store.records("step_by_id", {"step_id": step_id, "runs": runs})
        return step_detail(rows[0], self._store, self._contents) if rows else None

    def costs(
        self, by: CostBy, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[CostRow]:
        """Return spend by workflow, model, tool, step or day, the dearest first."""
        condition = search.parse(q, since_ns=since_ns, until_ns=until_ns)
        return costs.read_costs(self._store, by, q, condition)

    def failures(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[FailureGroup]:
        """Return failed runs by cause and place, the most frequent first."""
        condition = search.parse(q, since_ns=since_ns, until_ns=until_ns)
        return failures.read_groups(self._store, q, condition)

    def failure_hours(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[HourCell]:
        """Return the cells of weekday × hour that have any run, UTC."""
        condition = search.parse(q, since_ns=since_ns, until_ns=until_ns)
        return failures.read_hours(self._store, q, condition)

    def version(self, run_id: str | None = None) -> int:
        """Return a number that rises when the run (or, without one, anything) changed."""
        if run_id is None:
            return self._store.generation
        row = self._run_row(run_id)
        return row["version"] if row else 0

    def _run_row(self, run_id: str) -> dict[str, Any] | None:
        """Return the row of a run, also by another identity that one of its segments stated."""
        rows = self._store.records("run_by_id", {"run_id": run_id})
        if rows:
            return rows[0]
        alias = self._store.query("run_by_alias", {"alias": run_id})
        rows = self._store.records("run_by_id", {"run_id": alias[0][0]}) if alias else []
        return rows[0] if rows else None

    def _keep(self, key: tuple[Any, ...], make: Callable[[], AnswerT]) -> AnswerT:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        answer = make()
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return answer


def _order(sort: str) -> str:
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        hint = "one of " + ", ".join(SORTS) + ", with a leading - to descend"
        raise QueryError(f"cannot sort by {sort!r}", position=0, hint=hint)
    return f"{column} {'desc' if sort.startswith('-') else 'asc'} nulls last, run_id"


def _seek(condition: search.Condition, sort: str, cursor: str | None) -> None:
    """Limit a condition to what comes after the row that a cursor stands for."""
    if cursor is None:
        return
    stated, value, run_id = decode_cursor(cursor, 3)
    if stated != sort or not isinstance(run_id, str):
        raise QueryError(
            "the cursor is of another order", position=0, hint="start without a cursor"
        )
    column = SORTS[sort.removeprefix("-")]
    run = condition.bind(run_id)
    if value is None:
        condition.require(f"({column} is null and run_id > {run})")
        return
    mark = f"cast({condition.bind(str(value))} as decimal(38, 12))"
    beyond = "<" if sort.startswith("-") else ">"
    condition.require(
        f"({column} {beyond} {mark} or {column} is null or ({column} = {mark} and run_id > {run}))"
    )
