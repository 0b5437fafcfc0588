# pyright: basic
"""The grid of runs: its columns, and a run as one row of words.

Cells are drawn by assets/grid.js as text nodes. All words are made here, so that a grid, a card and
a list never say the same number differently.
"""

from math import log
from typing import Any

import dash_ag_grid

from playhead_collector.views import RunView
from playhead_dashboard import ids, urls
from playhead_dashboard.panels import format

BLOCK_ROWS = 100
BLOCKS_KEPT_MAX = 20  # 2,000 rows in the browser; what is scrolled out is asked for again
BAR_NS = (10**8, 3_600 * 10**9)  # no bar at 0.1 s, full at an hour; ten times is one step


def grid(sort: str) -> dash_ag_grid.AgGrid:
    """Return the grid, ordered as the address says."""
    return dash_ag_grid.AgGrid(
        id=ids.RUNS_GRID,
        columnDefs=columns(sort),
        rowModelType="infinite",
        getRowId="params.data.run_id",
        defaultColDef={
            "sortable": False,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "sortingOrder": ["desc", "asc"],
        },
        dashGridOptions={
            "theme": {"function": "playheadTheme(themeQuartz)"},
            "rowHeight": 38,
            "headerHeight": 38,
            "cacheBlockSize": BLOCK_ROWS,
            "maxBlocksInCache": BLOCKS_KEPT_MAX,
            "maxConcurrentDatasourceRequests": 1,  # a block's cursor comes with the one before
            "infiniteInitialRowCount": 1,
            "cacheOverflowSize": 1,
            "rowBuffer": 4,  # rows drawn beyond the window; each is some forty elements
            "animateRows": False,
            "suppressMultiSort": True,
            "enableCellTextSelection": True,
            "suppressNoRowsOverlay": True,
            "tooltipShowDelay": 400,
        },
        eventListeners={
            "sortChanged": ["playheadSorted(params)"],
            "cellKeyDown": ["playheadKey(params)"],
            "rowClicked": ["playheadOpen(params)"],
        },
        className="run-grid",
        style={"height": "100%", "width": "100%"},
    )


def columns(sort: str) -> list[dict[str, Any]]:
    """Return the column definitions; a sortable column's id is the name of its order."""
    number = {"type": "rightAligned"}
    plain = [
        {"field": "status", "headerName": "Status", "width": 128, "cellRenderer": "RunStatus"},
        {"field": "workflow", "headerName": "Workflow", "flex": 1, "minWidth": 150,
         "cellRenderer": "RunLink"},
        {"field": "short_id", "headerName": "Run", "width": 108, "cellRenderer": "RunId"},
        {"colId": "start", "field": "started", "headerName": "Started", "width": 116,
         "sortable": True, "cellRenderer": "RunStarted"},
        {"colId": "duration", "field": "duration", "headerName": "Duration", "width": 112,
         "sortable": True, "cellRenderer": "RunDuration"},
        {"colId": "steps", "field": "steps", "headerName": "Steps", "width": 74, "sortable": True,
         **number},
        {"field": "calls", "headerName": "Calls", "width": 70, **number},
        {"colId": "tokens", "field": "tokens", "headerName": "Tokens", "width": 84,
         "sortable": True, "cellRenderer": "RunNumber", **number},
        {"colId": "cost", "field": "cost", "headerName": "Cost", "width": 102, "sortable": True,
         "cellRenderer": "RunCost", **number},
        {"field": "retries", "headerName": "Retries", "width": 80, **number},
        {"colId": "errors", "field": "error", "headerName": "Error", "flex": 2, "minWidth": 170,
         "sortable": True, "cellRenderer": "RunError"},
    ]  # fmt: skip
    name, order = sort.removeprefix("-"), "desc" if sort.startswith("-") else "asc"
    return [
        {**column, "sort": order} if column.get("colId") == name else column for column in plain
    ]


def asked_sort(model: list[dict[str, str]] | None) -> str:
    """Return the order that the grid asks for, as the reader names it."""
    for part in model or []:
        if part.get("colId") in urls.SORTS:
            return ("-" if part.get("sort") == "desc" else "") + part["colId"]
    return urls.SORT_DEFAULT


def row(run: RunView, now_ns: int) -> dict[str, Any]:
    """Return one run in words; nothing in it can act in a browser or in a spreadsheet."""
    error = ": ".join(filter(None, (run.error_type, run.error_message)))
    return {
        "run_id": run.run_id,
        "href": urls.run_url(run.run_id, step_id=run.error_step_id),
        "short_id": format.short_id(run.run_id),
        "workflow": cell(run.workflow or "") or "no workflow",
        "status": run.status,
        "started": format.ago(run.start_ns, now_ns),
        "started_full": format.instant(run.start_ns),
        "duration": format.duration(run.duration_ns),
        "duration_share": _bar_share(run.duration_ns or 0),
        "steps": format.count(run.steps),
        "calls": format.count(run.model_calls),
        "tokens": format.compact(_tokens(run)),
        "cost": format.cost(run.cost),
        "cost_note": format.cost_note(run.cost),
        "retries": format.count(run.retries) if run.retries else "",
        "error": cell(error),
    }


def cell(text: str) -> str:
    """Return recorded text for a cell; one that a spreadsheet would compute gets a leading '."""
    shown = format.visible(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown


def _bar_share(ns: int) -> float:
    """Return the length of a duration's bar, 0 to 1, on a logarithmic scale."""
    least, full = BAR_NS
    return round(min(1.0, log(ns / least) / log(full / least)), 3) if ns > least else 0.0


def _tokens(run: RunView) -> int | None:
    if run.tokens_input is None and run.tokens_output is None:
        return None
    return (run.tokens_input or 0) + (run.tokens_output or 0)
