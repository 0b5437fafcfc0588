"""The `Reader` protocol: every question that can be asked of the record, and nothing else.

Implementations are synchronous and thread-safe; a page calls them in a worker thread.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

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

CostBy = Literal["workflow", "model", "tool", "step", "day"]
PAGE_ROWS = 100  # what a list gives when not asked for more
PAGE_ROWS_MAX = 1_000  # one answer stays below a megabyte


class QueryError(ValueError):
    """A search that cannot be understood. `position` is the character, from 0, at which it broke."""

    def __init__(self, message: str, *, position: int, hint: str = "") -> None:
        """Say what is wrong, where, and in `hint` what would be right."""
        super().__init__(message)
        self.message = message
        self.position = position
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs, in which order. `q` is the search language of docs/reference/search.md."""

    q: str = ""
    since_ns: int | None = None
    until_ns: int | None = None
    sort: str = "-start"  # start, duration, cost, steps, tokens, errors; a leading "-" descends
    limit: int = PAGE_ROWS
    cursor: str | None = None


class Reader(Protocol):
    """Answers about runs. Unknown ids give `None`; a bad query raises `QueryError`."""

    def health(self) -> Health:
        """Say who answers and how well the recorder is doing."""
        ...

    def overview(self, *, since_ns: int | None = None) -> Overview:
        """Return the numbers of the start page; without `since_ns`, over all time."""
        ...

    def runs(self, query: RunQuery) -> Page[RunView]:
        """Return one page of runs."""
        ...

    def run(self, run_id: str) -> RunView | None:
        """Return one run."""
        ...

    def find_run(self, reference: str) -> str | None:
        """Resolve a run id, a unique prefix of one, or `latest`."""
        ...

    def steps(
        self, run_id: str, *, limit: int = PAGE_ROWS, cursor: str | None = None
    ) -> Page[StepView]:
        """Return one page of the steps of a run, in tree order: a parent before its children."""
        ...

    def outline(self, run_id: str) -> Outline | None:
        """Return all steps of a run as columns, without content."""
        ...

    def step(self, step_id: str) -> StepDetail | None:
        """Return one step with its content."""
        ...

    def costs(
        self, by: CostBy, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[CostRow]:
        """Return spend by group, dearest first; days in order of time."""
        ...

    def failures(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[FailureGroup]:
        """Return failed runs grouped by cause and place, most frequent first."""
        ...

    def failure_hours(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[HourCell]:
        """Return the cells of weekday × hour (UTC) that have any run."""
        ...

    def version(self, run_id: str | None = None) -> int:
        """Return a number that rises when the run (or, without one, anything) changed."""
        ...
