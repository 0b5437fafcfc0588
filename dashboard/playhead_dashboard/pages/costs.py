# pyright: basic
"""Where did the money go?"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from playhead_collector.read import CostBy, Reader
from playhead_collector.views import Cost, CostRow
from playhead_dashboard import ids, urls
from playhead_dashboard.figures import spend
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import cost_table, format, states
from playhead_dashboard.panels.attributes import aria
from playhead_dashboard.panels.cards import card, page_head, panel

TAB_WORDS: dict[CostBy, str] = {
    "workflow": "By workflow",
    "model": "By model",
    "tool": "By tool",
    "step": "By step",
    "day": "By day",
}
SHARES_MIN = 2  # one field alone says nothing, and plotly.js draws it without a colour
CHART: Any = {"displayModeBar": False, "responsive": True}


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw spend over the time range: totals, per day, and grouped as the address asks."""
    trail = (("Costs", None),)
    since_ns = address.since_ns(now_ns)
    workflows = reader.costs("workflow", q=address.q, since_ns=since_ns)
    head = page_head("Where did the money go?", _scope(address), tools=tabs(address))
    if not workflows:
        nothing = states.message(
            "Nothing was spent in this time",
            "Model calls are priced when they arrive, by the prices of their own day.",
            actions=(("All time", urls.costs_url(by=address.by, range="all")),),
        )
        return Drawn(html.Div([head, nothing], className="stack"), trail)
    rows = workflows
    if address.by != "workflow":
        rows = reader.costs(address.by, q=address.q, since_ns=since_ns)
    days = rows if address.by == "day" else reader.costs("day", q=address.q, since_ns=since_ns)
    stacks = [
        (row.key or "not recorded", reader.costs("day", q=row.q, since_ns=since_ns))
        for row in workflows[: spend.STACKS_MAX]
    ]
    parts = [
        head,
        cards(workflows, address),
        charts(address, rows, spend.spend_per_day(days, stacks)),
        panel(TAB_WORDS[address.by], cost_table.cost_table(rows, address), note=_note(address.by)),
    ]
    return Drawn(html.Div(parts, className="stack"), trail)


def tabs(address: urls.Address) -> html.Nav:
    """Return the groupings as links."""
    links = [
        html.A(
            words,
            href=urls.costs_url(by=by, q=address.q, range=address.range),
            **(aria(current="true") if by == address.by else {}),
        )
        for by, words in TAB_WORDS.items()
    ]
    return html.Nav(links, className="tabs", **aria(label="Group costs"))


def cards(workflows: Sequence[CostRow], address: urls.Address) -> html.Div:
    """Return the totals of the range; each opens the runs that it was summed over."""
    whole = total_cost(workflows)
    runs = sum(row.runs for row in workflows)
    calls = sum(row.model_calls for row in workflows)
    tokens_in = known_sum([row.tokens_input for row in workflows])
    tokens_out = known_sum([row.tokens_output for row in workflows])
    cached = known_sum([row.tokens_cache_read for row in workflows])
    per_run = Cost(
        usd=str(Decimal(whole.usd) / runs) if whole.usd is not None and runs else None,
        calls_unknown=whole.calls_unknown,
    )
    tokens = (
        None if tokens_in is None and tokens_out is None else (tokens_in or 0) + (tokens_out or 0)
    )
    cached_words = (
        f"{format.share(cached, tokens_in)} of input from a cache" if cached and tokens_in else ""
    )
    here = {"q": address.q, "range": address.range}
    return html.Div(
        [
            card("Spend", format.cost(whole), href=urls.runs_url(sort="-cost", **here),
                 note=format.cost_note(whole) or "every call has a known price",
                 tone="bad" if whole.calls_unknown else "flat"),
            card("Cost per run", format.cost(per_run), href=urls.runs_url(sort="-cost", **here),
                 note=f"over {format.plural(runs, 'run')}"),
            card("Tokens", format.compact(tokens), href=urls.runs_url(sort="-tokens", **here),
                 note=cached_words or f"{format.compact(tokens_out)} of them out"),
            card("Model calls", format.count(calls), href=urls.runs_url(sort="-steps", **here),
                 note=f"{calls / runs:.1f} per run" if runs else ""),
        ],
        className="cards",
    )  # fmt: skip


def charts(address: urls.Address, rows: Sequence[CostRow], per_day: spend.Figure) -> html.Div:
    """Return the chart per day, and the shares of what the address groups by."""
    days = panel(
        "Spend per day",
        chart(ids.CHART_SPEND, ids.CHART_SPEND_DATA, per_day),
        note="by workflow, UTC; a bar opens the runs of its day",
    )
    known = [row for row in rows if row.cost.usd is not None and Decimal(row.cost.usd) > 0]
    if address.by == "day" or len(known) < SHARES_MIN:
        return html.Div(days)
    shares = panel(
        "Shares",
        chart(ids.CHART_SHARE, ids.CHART_SHARE_DATA, spend.shares(rows)),
        note=f"{TAB_WORDS[address.by].lower()}; a field opens its runs",
    )
    return html.Div([days, shares], className="two-to-one")


def chart(graph_id: str, data_id: str, figure: spend.Figure) -> html.Div:
    """Return a chart whose theme is put on in the browser."""
    height = figure["layout"]["height"]
    return html.Div(
        [
            dcc.Store(id=data_id, data=figure),
            dcc.Graph(id=graph_id, config=CHART, style={"height": height}, responsive=True),
        ],
        className="chart",
    )


def total_cost(rows: Sequence[CostRow]) -> Cost:
    """Return the sum of groups that do not overlap (workflows, days)."""
    known = [Decimal(row.cost.usd) for row in rows if row.cost.usd is not None]
    return Cost(
        usd=str(sum(known, Decimal(0))) if known else None,
        calls_unknown=sum(row.cost.calls_unknown for row in rows),
    )


def known_sum(values: Sequence[int | None]) -> int | None:
    """Return the sum of what is known, None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _scope(address: urls.Address) -> str:
    words = urls.RANGES[address.range][0]
    return f"{words}, runs that match {address.q}" if address.q else words


def _note(by: CostBy) -> str:
    if by in ("tool", "step", "model"):
        return "time is the own time of these steps; a run counts in each group that it touches"
    return "time is that of the runs"


def register(app: Dash, reader: Reader, clock: Callable[[], int]) -> None:
    """Dress the charts and open the runs of what was clicked; all of it happens in the browser."""
    pairs = ((ids.CHART_SPEND, ids.CHART_SPEND_DATA), (ids.CHART_SHARE, ids.CHART_SHARE_DATA))
    for graph_id, data_id in pairs:
        app.clientside_callback(
            ClientsideFunction("charts", "dress"),
            Output(graph_id, "figure"),
            Input(data_id, "data"),
            Input(ids.THEME_NAME, "data"),
            State(ids.TEMPLATES, "data"),
        )
        app.clientside_callback(
            ClientsideFunction("charts", "open_runs"),
            Input(graph_id, "clickData"),
            prevent_initial_call=True,
        )


PAGE = Page(name="costs", title="Costs", path="/costs", key="c", draw=draw, register=register)
