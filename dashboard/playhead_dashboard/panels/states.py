# pyright: basic
"""The designed states of a page that has nothing to show: loading, empty, failed, not found."""

from collections.abc import Sequence
from typing import Any

from dash import html

from playhead_collector.read import QueryError
from playhead_dashboard.panels.attributes import HIDDEN, data

ERROR_CHARS_MAX = 300  # enough to name the cause; the log has the rest


def message(
    title: str,
    words: Any,
    *,
    actions: Sequence[tuple[str, str]] = (),
    tone: str = "plain",
) -> html.Section:
    """Return a calm page with a title, an explanation and links to go on."""
    links = [html.A(label, href=address, className="button") for label, address in actions]
    return html.Section(
        [
            html.Span(className=f"state-mark state-{tone}", **HIDDEN),
            html.H1(title),
            html.P(words) if words else None,
            html.Div(links, className="state-actions") if links else None,
        ],
        className="state",
    )


def failed(error: Exception) -> html.Section:
    """Return the page for an answer that did not come: what failed, and a way to try again."""
    cause = f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX]
    return html.Section(
        [
            html.Span(className="state-mark state-error", **HIDDEN),
            html.H1("This page could not be read"),
            html.P("The store gave no answer. Nothing that was recorded is lost by this."),
            html.Pre(cause, className="state-cause"),
            html.Div(
                html.Button("Try again", className="button primary", **data(retry="")),
                className="state-actions",
            ),
        ],
        className="state",
        role="alert",
    )


def bad_query(q: str, error: QueryError) -> html.Section:
    """Return the page for a search that cannot be understood, pointing at the character."""
    return html.Section(
        [
            html.Span(className="state-mark state-error", **HIDDEN),
            html.H1("The search is not understood"),
            query_error(q, error),
        ],
        className="state",
        role="alert",
    )


def query_error(q: str, error: QueryError) -> html.Div:
    """Return the search with the place of the error marked under it."""
    return html.Div(
        [
            html.Pre([q, "\n", " " * error.position + "^"], className="query-place"),
            html.P([html.Strong(_sentence(error.message)), " ", _sentence(error.hint)]),
        ],
        className="query-error",
    )


def _sentence(words: str) -> str:
    """Return words of the reader as a sentence for a page."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def skeleton() -> html.Div:
    """Return grey shapes in the place of cards and rows, until the page is here."""
    cards = [html.Div(className="skeleton skeleton-card") for _ in range(4)]
    rows = [html.Div(className="skeleton skeleton-row") for _ in range(8)]
    return html.Div(
        [html.Div(cards, className="cards"), html.Div(rows, className="panel")],
        className="skeletons",
        **HIDDEN,
    )
