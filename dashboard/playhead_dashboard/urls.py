"""Builds and parses every address. All page state is in the address; a link shows the same page.

Parameters: `range` (one of `RANGES`), `q` (the search language), and per page `sort`, `by`,
`rows`, `step`. A value that is not understood is read as its default, never as an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode

from playhead_collector.read import CostBy

HOUR_NS = 3_600 * 10**9
DAY_NS = 24 * HOUR_NS

RANGES: dict[str, tuple[str, int | None]] = {
    "1h": ("Last hour", HOUR_NS),
    "24h": ("Last 24 hours", DAY_NS),
    "7d": ("Last 7 days", 7 * DAY_NS),
    "30d": ("Last 30 days", 30 * DAY_NS),
    "90d": ("Last 90 days", 90 * DAY_NS),
    "all": ("All time", None),
}
RANGE_DEFAULT = "30d"
COST_BY: dict[str, CostBy] = {name: name for name in get_args(CostBy)}
SORTS = ("start", "duration", "cost", "steps", "tokens", "errors")
SORT_DEFAULT = "-start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One parsed address: its path and the first value of each parameter."""

    path: str = "/"
    params: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def range(self) -> str:
        """The time range, one of the keys of `RANGES`."""
        asked = self.params.get("range", RANGE_DEFAULT)
        return asked if asked in RANGES else RANGE_DEFAULT

    @property
    def range_sentence(self) -> str:
        """The time range in words, to stand under a title."""
        words = RANGES[self.range][0]
        return words if self.range == "all" else f"{words}, compared with the time before"

    def since_ns(self, now_ns: int) -> int | None:
        """The start of the time range, None for all time."""
        length_ns = RANGES[self.range][1]
        return None if length_ns is None else now_ns - length_ns

    @property
    def q(self) -> str:
        """The search, as typed."""
        return self.params.get("q", "").strip()

    @property
    def sort(self) -> str:
        """Order of the Runs page: one of `SORTS`, with a leading "-" when descending."""
        asked = self.params.get("sort", SORT_DEFAULT)
        return asked if asked.removeprefix("-") in SORTS else SORT_DEFAULT

    @property
    def by(self) -> CostBy:
        """Grouping of the Costs page."""
        return COST_BY.get(self.params.get("by", ""), "workflow")

    @property
    def run_id(self) -> str | None:
        """The run of a Run page, None on the other pages."""
        return self.path.removeprefix("/runs/") or None if self.path.startswith("/runs/") else None


def parse(pathname: str | None, search: str | None) -> Address:
    """Read an address from what the browser gives; never raises."""
    pairs = parse_qsl((search or "").lstrip("?"), keep_blank_values=False)
    params: dict[str, str] = {}
    for name, value in pairs:
        params.setdefault(name, value)
    return Address(path=unquote(pathname or "/"), params=params)


def overview_url(*, range: str = RANGE_DEFAULT) -> str:
    """Address of the start page."""
    return _url("/", range=range)


def runs_url(*, q: str = "", sort: str = SORT_DEFAULT, range: str = RANGE_DEFAULT) -> str:
    """Address of the Runs page with a search and an order."""
    return _url("/runs", range=range, q=q, sort="" if sort == SORT_DEFAULT else sort)


def run_url(run_id: str, *, step_id: str | None = None, q: str = "") -> str:
    """Address of one run; with `step_id` it opens at that step, with `q` at the first match."""
    return _url(f"/runs/{quote(run_id, safe='')}", step=step_id or "", q=q)


def costs_url(*, by: str = "workflow", q: str = "", range: str = RANGE_DEFAULT) -> str:
    """Address of the Costs page with a grouping."""
    return _url("/costs", range=range, by="" if by == "workflow" else by, q=q)


def failures_url(*, q: str = "", range: str = RANGE_DEFAULT) -> str:
    """Address of the Failures page."""
    return _url("/failures", range=range, q=q)


def _url(path: str, *, range: str = RANGE_DEFAULT, **params: str) -> str:
    kept = {} if range == RANGE_DEFAULT else {"range": range}
    kept |= {name: value for name, value in params.items() if value}
    return f"{path}?{urlencode(kept, quote_via=quote)}" if kept else path
