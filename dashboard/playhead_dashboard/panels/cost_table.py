# pyright: basic
"""The table of the Costs page: money, calls, tokens, time and runs of each group, side by side."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dash import html

from playhead_collector.read import CostBy
from playhead_collector.views import CostRow
from playhead_dashboard import urls
from playhead_dashboard.panels import format, marks
from playhead_dashboard.panels.attributes import aria

ROWS_MAX = 200  # a page of links that a browser draws at once; the rest is counted
KEY_WORDS: dict[CostBy, str] = {
    "workflow": "Workflow",
    "model": "Model",
    "tool": "Tool",
    "step": "Step",
    "day": "Day",
}
HEADS = ("Spend", "Calls", "Tools", "Tokens in", "Cached", "Tokens out", "Time", "Runs")


def cost_table(rows: Sequence[CostRow], address: urls.Address) -> html.Div:
    """Return the table; the groups' names and every number open the runs they were counted over."""
    if not rows:
        return html.Div(html.P(f"No {address.by} in these runs.", className="calm"))
    top = max((_dollars(row) for row in rows), default=0.0)
    head = [html.Th(KEY_WORDS[address.by], scope="col")]
    head += [html.Th(words, scope="col", className="number") for words in HEADS]
    body = [_row(row, top, address) for row in rows[:ROWS_MAX]]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table")
    parts: list[Any] = [
        html.Div(table, className="table-wrap", tabIndex=0, role="region",
                 **aria(label=f"Costs by {address.by}"))
    ]  # fmt: skip
    if len(rows) > ROWS_MAX:
        rest = format.plural(len(rows) - ROWS_MAX, "cheaper group")
        parts.append(html.P(f"{rest} not shown.", className="dim table-rest"))
    return html.Div(parts)


def _row(row: CostRow, top: float, address: urls.Address) -> html.Tr:
    href = urls.runs_url(q=row.q, sort="-cost", range=address.range)
    name = format.visible(row.key) if row.key else html.Span("not recorded", className="unknown")
    if address.by == "day" and row.key:
        name = format.day(row.key)
    return html.Tr(
        [
            html.Th(html.A(name, href=href), scope="row"),
            _money(row, top, href),
            _number(format.count(row.model_calls), href),
            _number(format.count(row.tool_calls), href),
            _number(format.compact(row.tokens_input), href),
            _number(format.compact(row.tokens_cache_read), href),
            _number(format.compact(row.tokens_output), href),
            _number(format.duration(row.duration_ns), href),
            _number(format.count(row.runs), href),
        ]
    )


def _money(row: CostRow, top: float, href: str) -> html.Td:
    note = format.cost_note(row.cost)
    parts: list[Any] = [marks.bar(_dollars(row), top), html.A(format.cost(row.cost), href=href)]
    if note:
        parts.append(html.Span(note, className="note-line"))
    return html.Td(parts, className="number with-bar")


def _number(words: str, href: str) -> html.Td:
    unknown = words == format.UNKNOWN
    return html.Td(
        # One link per row is enough for the keyboard; the numbers repeat it for the mouse.
        html.A(words, href=href, tabIndex=-1, className="unknown" if unknown else None),
        className="number",
    )


def _dollars(row: CostRow) -> float:
    return float(Decimal(row.cost.usd)) if row.cost.usd is not None else 0.0
