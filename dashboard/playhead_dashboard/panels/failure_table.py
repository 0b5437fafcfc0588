# pyright: basic
"""Failed runs grouped by cause and place, one row per group."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from dash import html

from playhead_collector.views import FailureGroup
from playhead_dashboard import urls
from playhead_dashboard.panels import format, marks
from playhead_dashboard.panels.attributes import aria

ROWS_MAX = 100  # a page of links that a browser draws at once; the rest is counted
COURSE_DAYS = range(29, -1, -1)  # days back from today
HEADS = (("Cause", ""), ("Last 30 days", ""), ("Runs", "number"), ("Spend", "number"),
         ("First seen", ""), ("Last seen", ""), ("", ""))  # fmt: skip


def failure_table(groups: Sequence[FailureGroup], now_ns: int, *, range: str) -> html.Div:
    """Return the table, in the order of the groups; a cause opens its runs, "open" its newest."""
    head = [
        html.Th(words or html.Span("Newest run", className="visually-hidden"), scope="col",
                className=kind or None)
        for words, kind in HEADS
    ]  # fmt: skip
    rows = [_row(group, now_ns, range) for group in groups[:ROWS_MAX]]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table failures")
    wrap = html.Div(table, className="table-wrap", tabIndex=0, role="region",
                    **aria(label="Failed runs by cause"))  # fmt: skip
    rest = len(groups) - ROWS_MAX
    more = html.P(f"{format.plural(rest, 'rarer cause')} not shown.", className="dim table-rest")
    return html.Div([wrap, more if rest > 0 else None])


def course(days: Sequence[tuple[str, int]], now_ns: int) -> list[int]:
    """Return runs per day of the last 30 days, oldest first, with zeros where nothing failed."""
    today = datetime.fromtimestamp(now_ns / 1e9, UTC).date()
    counted = dict(days)
    dates: list[date] = [today - timedelta(days=back) for back in COURSE_DAYS]
    return [counted.get(at.isoformat(), 0) for at in dates]


def _row(group: FailureGroup, now_ns: int, range: str) -> html.Tr:
    href = urls.runs_url(q=group.q, range=range)
    place = [html.Code(format.visible(group.step))] if group.step else []
    if group.workflow:
        place += [" in " if place else "", format.visible(group.workflow)]
    cause = html.Th(
        [
            html.A(format.visible(group.error_type) or "Failed", href=href),
            html.Span(place, className="cause-place") if place else None,
            html.Span(format.visible(group.message), className="list-sub cause-message"),
        ],
        scope="row",
    )
    sample = html.A(
        "Open newest",
        href=urls.run_url(group.sample_run_id, step_id=group.sample_step_id),
        className="button small",
    )
    note = format.cost_note(group.cost)
    return html.Tr(
        [
            cause,
            html.Td(marks.spark(course(group.days, now_ns), tone="error")),
            html.Td(html.A(format.count(group.runs), href=href, tabIndex=-1), className="number"),
            html.Td(format.cost(group.cost), className="number", title=note or None),
            html.Td(marks.when(group.first_seen_ns, now_ns)),
            html.Td(marks.when(group.last_seen_ns, now_ns)),
            html.Td(sample, className="number"),
        ]
    )
