"""What a page is, and the page for an address that has none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Dash

from playhead_collector.read import Reader
from playhead_dashboard import urls
from playhead_dashboard.panels import states


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn page and the way to it: words and address, the last one is the page itself."""

    body: Any
    crumbs: Sequence[tuple[str, str | None]]


def no_callbacks(app: Dash, reader: Reader, clock: Callable[[], int]) -> None:
    """Register nothing: all that the page shows is drawn from its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: where it lies, how it is called, how it is drawn.

    Attributes:
        name: names its icon and its rail entry.
        title: short, for rail and breadcrumb.
        path: of the page itself.
        key: pressed after `g`; empty for pages outside the rail.
        draw: `(reader, address, now_ns)` gives the page; runs in a worker thread.
        register: `(app, reader, clock)` adds callbacks.
        matches_path: whether a path is of this page, where it is more than `path`.
    """

    name: str
    title: str
    path: str
    key: str
    draw: Callable[[Reader, urls.Address, int], Drawn]
    register: Callable[[Dash, Reader, Callable[[], int]], None] = no_callbacks
    matches_path: Callable[[str], bool] | None = None

    def matches(self, address: urls.Address) -> bool:
        """Whether the address is of this page."""
        if self.matches_path is not None:
            return self.matches_path(address.path)
        return (address.path.removesuffix("/") or "/") == self.path


def not_found(address: urls.Address) -> Drawn:
    """Draw the page for an address that means nothing here."""
    body = states.message(
        "Nothing lies at this address",
        f"There is no page {address.path!r}.",
        actions=(("To the overview", urls.overview_url()), ("To the runs", urls.runs_url())),
    )
    return Drawn(body, (("Not found", None),))
