# pyright: basic
"""What stands between search and grid: status pills, the news of new runs, the empty list."""

import re
from collections.abc import Mapping

from dash import html

from playhead_dashboard import urls
from playhead_dashboard.panels import format, states
from playhead_dashboard.panels.attributes import HIDDEN, aria, data

STATUSES = ("", "running", "failed", "completed", "paused", "cancelled", "lost")
_STATUS_TERM = re.compile(r"(?<!\S)-?status:\S*\s*")


def with_status(q: str, status: str) -> str:
    """Return a search with its status replaced; an empty status removes it."""
    rest = _STATUS_TERM.sub("", q).strip()
    return f"{rest} status:{status}".strip() if status else rest


def stated_status(q: str) -> str:
    """Return what a search says about the status, empty when nothing."""
    found = _STATUS_TERM.search(q)
    return found[0].strip().removeprefix("status:") if found else ""


def status_pills(address: urls.Address, counts: Mapping[str, int | None]) -> list[html.A]:
    """Return one link per status that has runs; the one of the search is marked."""
    stated = stated_status(address.q)
    shown = [s for s in STATUSES if not s or s == stated or counts.get(s)]
    return [_pill(address, status, counts.get(status), stated == status) for status in shown]


def new_runs(new: int) -> html.Button:
    """Return the button that shows what arrived, so that nothing jumps under the reader's hand."""
    return html.Button(
        f"↑ {format.plural(new, 'new run')}", className="button new-runs", **data(new_runs="")
    )


def no_runs(address: urls.Address) -> html.Section:
    """Return what to do where no run matches."""
    if address.q:
        actions = [("Without the search", urls.runs_url(range=address.range))]
        if address.range != "all":
            actions.append(("In all time", urls.runs_url(q=address.q, range="all")))
        return states.message("No run matches", f"{address.q}", actions=actions)
    return states.message(
        "No runs in this time",
        "Choose a longer time range, or record the first run: the overview says how.",
        actions=(("All time", urls.runs_url(range="all")), ("Overview", urls.overview_url())),
    )


def _pill(address: urls.Address, status: str, number: int | None, current: bool) -> html.A:
    words = status.capitalize() or "All"
    href = urls.runs_url(q=with_status(address.q, status), sort=address.sort, range=address.range)
    counted = (
        html.Span(format.compact(number), className="tab-count") if number is not None else None
    )
    mark = html.Span(className=f"icon icon-{status}", **HIDDEN) if status else None
    marked = aria(current="true") if current else {}
    return html.A([mark, html.Span(words), counted], href=href, **marked)
