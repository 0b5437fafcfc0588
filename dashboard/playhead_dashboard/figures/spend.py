"""Spend as figures: per day stacked by workflow, and as shares of one whole.

Both are plain JSON without colours: the theme is put on in the browser. Money is a float here and only here: a pixel needs no decimals.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any

from playhead_collector.views import CostRow
from playhead_dashboard.panels import format

STACKS_MAX = 8  # more colours than that are not told apart; the rest is one grey stack
SHARES_MAX = 40

Figure = dict[str, Any]


def plotly_text(text: str | None) -> str:
    """Return recorded text for Plotly, which draws a subset of HTML: nothing of it is markup."""
    return escape(format.visible(text, chars_max=60), quote=False) or "–"


def spend_per_day(
    total: Sequence[CostRow], stacks: Sequence[tuple[str, Sequence[CostRow]]]
) -> Figure:
    """Return bars of spend per day, one colour per workflow; what no stack holds is "others".

    Args:
        total: one row per day.
        stacks: name and rows per day, dearest first; only the first `STACKS_MAX` get a colour.
    """
    days = sorted(row.key for row in total if row.key)
    rest = {row.key: _dollars(row) for row in total}
    bars: list[Figure] = []
    for name, rows in stacks[:STACKS_MAX]:
        spent = {row.key: _dollars(row) for row in rows}
        for day, dollars in spent.items():
            rest[day] = rest.get(day, 0.0) - dollars
        bars.append(_bar(plotly_text(name), days, [spent.get(day, 0.0) for day in days]))
    others = [max(0.0, rest.get(day, 0.0)) for day in days]
    if sum(others) > 0.005 * sum(_dollars(row) for row in total):
        bars.append(_bar("others", days, others) | {"marker": {"color": "#8a94a6"}})
    layout = {
        "barmode": "stack",
        "bargap": 0.22,
        "height": 300,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "yaxis": {"tickprefix": "$", "rangemode": "tozero", "ticklabelstandoff": 6},
        "xaxis": {"type": "category", "nticks": 8, "tickangle": 0},
        "legend": {
            "orientation": "h",
            "y": -0.14,
            "yanchor": "top",
            "x": 0,
            "traceorder": "normal",
        },
        "hovermode": "closest",
        "showlegend": True,
    }
    return {"data": bars, "layout": layout}


def shares(rows: Sequence[CostRow]) -> Figure:
    """Return a treemap of the known spend of groups; a click gives the group's search."""
    known = [row for row in rows if _dollars(row) > 0][:SHARES_MAX]
    tree = {
        "type": "treemap",
        # Leaf values and "remainder": with "total", rounded children that do not add up make
        # plotly.js 4.1 draw nothing at all.
        "branchvalues": "remainder",
        "ids": [str(i) for i in range(len(known))],
        "labels": [plotly_text(row.key or "not recorded") for row in known],
        "parents": [""] * len(known),
        "values": [_dollars(row) for row in known],
        "text": [format.cost(row.cost) for row in known],
        "customdata": [row.q for row in known],
        "textinfo": "label+text+percent root",
        "hovertemplate": "%{label}<br>%{text}, %{percentRoot:.0%}<extra></extra>",
        "marker": {
            "pad": {"t": 4, "l": 4, "r": 4, "b": 4},
            "cornerradius": 5,
            "line": {"width": 0},
        },
        "tiling": {"pad": 3},
        "pathbar": {"visible": False},
    }
    layout = {
        "height": 300,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
    }
    return {"data": [tree], "layout": layout}


def _bar(name: str, days: Sequence[str], dollars: Sequence[float]) -> Figure:
    return {
        "type": "bar",
        "name": name,
        "x": [format.day(day) for day in days],
        "y": [round(value, 6) for value in dollars],
        "customdata": [f"day:{day}" for day in days],
        "hovertemplate": f"{name}<br>%{{x}}: %{{y:$,.4~f}}<extra></extra>",
    }


def _dollars(row: CostRow) -> float:
    return float(Decimal(row.cost.usd)) if row.cost.usd is not None else 0.0
