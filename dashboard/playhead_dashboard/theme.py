"""Colours that Plotly and the server need. Everything else takes its colours from theme.css.

Figures do not follow CSS variables, so they are made without a template; assets/charts.js puts on
the one of the theme in the browser, without asking the server.
"""

from typing import Any

SERIES_LIGHT = (
    "#5140dd", "#0d8f83", "#d97706", "#c026a3", "#2563eb",
    "#64748b", "#3f8f3a", "#c2410c", "#0e7f9c", "#7c3aed",
)  # fmt: skip
SERIES_DARK = (
    "#a59bff", "#2cc9b5", "#f0b849", "#f279c4", "#68a4ff",
    "#94a3b8", "#6bcf6b", "#fb9154", "#3cc3e0", "#b794f6",
)  # fmt: skip


def template(
    *, text: str, text_dim: str, grid: str, surface: str, on_series: str, series: tuple[str, ...]
) -> Any:
    """Return one Plotly template as plain JSON; `on_series` is readable on every series colour."""
    axis = {
        "gridcolor": grid,
        "linecolor": grid,
        "zerolinecolor": grid,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": text_dim, "size": 11},
    }
    layout = {
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": text_dim},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(series),
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {
            "bgcolor": surface,
            "bordercolor": grid,
            "font": {"color": text, "family": "Inter, system-ui, sans-serif", "size": 12},
        },
        "legend": {"font": {"color": text_dim, "size": 11}},
        "treemapcolorway": list(series),
    }
    return {"layout": layout, "data": {"treemap": [{"textfont": {"color": on_series}}]}}


LIGHT = template(
    text="#14171f",
    text_dim="#566070",
    grid="#e3e6eb",
    surface="#ffffff",
    on_series="#ffffff",
    series=SERIES_LIGHT,
)
DARK = template(
    text="#e7eaf0",
    text_dim="#9aa4b5",
    grid="#262d39",
    surface="#1a1f29",
    on_series="#0c0f14",
    series=SERIES_DARK,
)
