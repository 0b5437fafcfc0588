# pyright: basic
"""Number cards, and the frame around every other panel."""

from collections.abc import Sequence
from typing import Any, Literal

from dash import html

from playhead_dashboard.panels import marks

Tone = Literal["good", "bad", "flat"]


def card(
    label: str,
    value: str,
    *,
    note: str,
    href: str,
    tone: Tone = "flat",
    trend: Sequence[float] = (),
    trend_tone: str = "accent",
) -> html.A:
    """Return one number with its change and its course; the whole card opens what it counts."""
    return html.A(
        [
            html.Span(label, className="card-label"),
            html.Span(value, className="card-value"),
            html.Span(note, className=f"card-note tone-{tone}"),
            marks.spark(trend, tone=trend_tone) if len(trend) > 1 else None,
        ],
        href=href,
        className="card",
    )


def panel(
    title: str, body: Any, *, note: str | None = None, more: Any = None, wide: bool = False
) -> html.Section:
    """Return a titled box."""
    head = html.Div(
        [html.H2(title), html.Span(note, className="dim") if note else None, more],
        className="panel-head",
    )
    return html.Section([head, body], className="panel wide" if wide else "panel")


def page_head(question: str, words: Any = None, *, tools: Any = None) -> html.Div:
    """Return the question that the page answers, what it covers, and the page's own controls."""
    title = html.Div([html.H1(question), html.P(words, className="dim") if words else None])
    return html.Div([title, tools], className="page-head")
