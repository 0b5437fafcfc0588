# pyright: basic
"""Runs per day as bars, each a link to the runs of its day."""

from collections.abc import Sequence
from typing import Any

from dash import html

from playhead_dashboard import urls
from playhead_dashboard.panels import format
from playhead_dashboard.panels.attributes import aria, data

DAYS_MAX = 120  # narrower bars cannot be told apart


def day_bars(days: Sequence[dict[str, Any]]) -> html.Div:
    """Return one bar per day, failed runs at its foot. Days as in `Overview.days`."""
    shown = days[-DAYS_MAX:]
    top = max((day["runs"] for day in shown), default=0) or 1
    bars = [_bar(day, top, first=i == 0) for i, day in enumerate(shown)]
    labels = [format.day(shown[0]["day"]), format.day(shown[-1]["day"])] if shown else []
    return html.Div(
        [
            html.Div(bars, className="day-bars", **data(roving="1")),
            html.Div([html.Span(label) for label in labels], className="day-labels dim"),
        ],
        className="day-chart",
    )


def _bar(day: dict[str, Any], top: int, *, first: bool) -> html.A:
    runs, failed = day["runs"], day["failed"]
    words = f"{format.day(day['day'])}: {format.plural(runs, 'run')}, {format.count(failed)} failed"
    stack = html.Span(
        [
            html.Span(className="day-ok", style={"flexGrow": runs - failed}),
            html.Span(className="day-failed", style={"flexGrow": failed}) if failed else None,
        ],
        className="day-stack",
        style={"height": f"{max(2.0, 100 * runs / top):.1f}%"},
    )
    return html.A(
        stack,
        href=urls.runs_url(q=f"day:{day['day']}", range="all"),
        className="day-bar",
        title=words,
        tabIndex=0 if first else -1,
        **aria(label=words),
    )
