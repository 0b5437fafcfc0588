# pyright: basic
"""Failure rate by weekday and hour as a table of links: readable by eye, keyboard and ear."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from playhead_collector.views import HourCell
from playhead_dashboard import urls
from playhead_dashboard.panels import format
from playhead_dashboard.panels.attributes import HIDDEN, aria, data

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = range(24)
PEAK_FAILED_MIN = 3  # fewer failures in one hour are an accident, not a pattern
PEAK_TIMES_MIN = 3.0  # against the rate of all other hours together
HEAT_MIN = 0.2  # the darkest cell has at least this heat: 2 % must not look like a fire
DOUBT_RUNS = 1.5  # one failure of one run is paler than twenty of twenty


@dataclass(frozen=True, slots=True)
class Peak:
    """The hour of the week that stands out, and how all the others fare."""

    cell: HourCell
    others_runs: int
    others_failed: int


def find_peak(cells: Sequence[HourCell]) -> Peak | None:
    """Return the hour whose failure rate stands out, None where none does."""
    runs = sum(cell.runs for cell in cells)
    failed = sum(cell.failed for cell in cells)
    likely = [cell for cell in cells if cell.failed >= PEAK_FAILED_MIN]
    if not likely:
        return None
    cell = max(likely, key=lambda c: (c.failed / c.runs, c.failed))
    rest_runs, rest_failed = runs - cell.runs, failed - cell.failed
    rest_rate = rest_failed / rest_runs if rest_runs else 0.0
    if cell.failed / cell.runs < PEAK_TIMES_MIN * rest_rate:
        return None
    return Peak(cell, rest_runs, rest_failed)


def callout(peak: Peak, *, range: str, why: str = "") -> html.Div:
    """Return the peak in one sentence with its numbers, `why` it is one, and the way to its runs."""
    cell = peak.cell
    when = f"{DAYS_LONG[cell.weekday]} {cell.hour:02d}:00–{(cell.hour + 1) % len(HOURS):02d}:00 UTC"
    words = (
        f" fails in {format.share(cell.failed, cell.runs)} of its runs "
        f"({format.count(cell.failed)} of {format.count(cell.runs)}), "
        f"all other hours in {format.share(peak.others_failed, peak.others_runs)}."
    )
    more = [html.Br(), why] if why else []
    sentence = html.Span([html.Strong(when), words, *more])
    show = html.A("Show these runs", href=_href(cell, range), className="button")
    mark = html.Span(className="icon icon-failures", **HIDDEN)
    return html.Div([mark, sentence, show], className="callout")


def heat_map(cells: Sequence[HourCell], *, range: str) -> html.Table:
    """Return the week; each cell with runs opens those that failed, or all where none did."""
    at = {(cell.weekday, cell.hour): cell for cell in cells}
    hottest = max([heat(cell) for cell in cells], default=0.0)
    peak = find_peak(cells)
    first = min(at, default=None)
    full = max(hottest, HEAT_MIN)
    head = [html.Td()] + [html.Th(f"{hour:02d}", scope="col") for hour in HOURS]
    rows = []
    for weekday, name in enumerate(DAYS):
        cols = [
            html.Td(
                _cell(
                    at.get((weekday, hour)),
                    full,
                    range,
                    is_peak=peak is not None and (weekday, hour) == _place(peak.cell),
                    is_first=(weekday, hour) == first,
                )
            )
            for hour in HOURS
        ]
        rows.append(html.Tr([html.Th(name, scope="row"), *cols]))
    caption = html.Caption("Failure rate by weekday and hour, UTC", className="visually-hidden")
    return html.Table(
        [caption, html.Thead(html.Tr(head)), html.Tbody(rows)],
        className="heat",
        **data(roving=str(len(HOURS))),
    )


def heat(cell: HourCell) -> float:
    """Return how hot a cell is drawn, 0 to 1: its failure rate, cooled where runs are few."""
    return cell.failed / (cell.runs + DOUBT_RUNS)


def scale() -> html.Span:
    """Return what the colours mean."""
    return html.Span(["none failed", html.I(), "most failed"], className="heat-scale dim")


def _place(cell: HourCell) -> tuple[int, int]:
    return cell.weekday, cell.hour


def _href(cell: HourCell, range: str) -> str:
    q = f"{cell.q} status:failed" if cell.failed else cell.q
    return urls.runs_url(q=q, range=range)


def _cell(
    cell: HourCell | None, full: float, range: str, *, is_peak: bool, is_first: bool
) -> html.A | html.Span:
    if cell is None or not cell.runs:
        return html.Span(className="heat-none")
    words = (
        f"{DAYS_LONG[cell.weekday]} {cell.hour:02d}:00 UTC: "
        f"{format.count(cell.failed)} of {format.plural(cell.runs, 'run')} failed"
    )
    return html.A(
        href=_href(cell, range),
        title=words,
        className="heat-peak" if is_peak else None,
        style={"--heat": f"{heat(cell) / full:.3f}"},
        tabIndex=0 if is_first else -1,
        **aria(label=words),
    )
