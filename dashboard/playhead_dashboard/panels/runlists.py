# pyright: basic
"""Short lists of runs, one line each, for the overview."""

from collections.abc import Callable, Sequence

from dash import html

from playhead_collector.views import RunView
from playhead_dashboard import urls
from playhead_dashboard.panels import format, marks
from playhead_dashboard.panels.attributes import HIDDEN


def failures(runs: Sequence[RunView], now_ns: int) -> html.Ul:
    """Return failed runs with their cause; each opens at the step that failed."""
    return html.Ul([_failure(run, now_ns) for run in runs], className="list")


def by_number(runs: Sequence[RunView], number: Callable[[RunView], str], now_ns: int) -> html.Ul:
    """Return runs with the one number that they are listed for."""
    return html.Ul([_line(run, number(run), now_ns) for run in runs], className="list")


def _failure(run: RunView, now_ns: int) -> html.Li:
    cause = [html.Strong(format.visible(run.error_type) or "Failed")]
    if run.error_step:
        cause += [" at ", html.Code(format.visible(run.error_step))]
    return html.Li(
        html.A(
            [
                html.Span(className="icon icon-failed", **HIDDEN),
                html.Span(
                    [
                        html.Span(cause, className="list-title"),
                        html.Span(format.visible(run.error_message), className="list-sub"),
                    ],
                    className="list-words",
                ),
                html.Span(
                    [
                        html.Span(format.visible(run.workflow) or "no workflow"),
                        marks.when(run.start_ns, now_ns),
                    ],
                    className="list-side",
                ),
            ],
            href=urls.run_url(run.run_id, step_id=run.error_step_id),
        )
    )


def _line(run: RunView, number: str, now_ns: int) -> html.Li:
    words = html.Span(
        [
            html.Span(format.visible(run.workflow) or "no workflow", className="list-title"),
            html.Span(
                [html.Code(format.short_id(run.run_id)), " · ", marks.when(run.start_ns, now_ns)],
                className="list-sub",
            ),
        ],
        className="list-words",
    )
    mark = html.Span(className=f"icon icon-{run.status}", title=run.status)
    spoken = html.Span(run.status, className="visually-hidden")
    side = html.Span(number, className="list-number")
    return html.Li(html.A([mark, spoken, words, side], href=urls.run_url(run.run_id)))
