# pyright: basic
"""Which run? A grid over the store: search, order, range and status are all in the address."""

import logging
from collections.abc import Callable
from typing import Any

import anyio.to_thread
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from playhead_collector.read import QueryError, Reader, RunQuery
from playhead_dashboard import ids, urls
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import format, pills, run_grid, states
from playhead_dashboard.panels.attributes import HIDDEN, aria, data
from playhead_dashboard.panels.cards import page_head

log = logging.getLogger("playhead.dashboard")
PLACEHOLDER = 'status:failed workflow:refund* cost>0.1 "text in the error"'


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw the frame of the grid; the grid asks for its rows itself, block by block."""
    search = html.Form(
        [
            html.Span(className="icon icon-search", **HIDDEN),
            dcc.Input(
                id=ids.RUNS_SEARCH,
                type="search",
                value=address.q,
                placeholder=PLACEHOLDER,
                className="search-input",
                autoComplete="off",
                spellCheck=False,
                maxLength=2_000,
            ),
            html.Label("Search runs", htmlFor=ids.RUNS_SEARCH, className="visually-hidden"),
        ],
        className="search",
        **data(search=""),
    )
    bar = html.Div(
        [
            html.Nav(id=ids.RUNS_PILLS, className="tabs", **aria(label="Filter by status")),
            html.Div(id=ids.RUNS_NEW),
            html.Span(id=ids.RUNS_COUNT, className="dim", role="status"),
        ],
        className="runs-bar",
    )
    parts = [
        page_head("Which run?", tools=search),
        html.Div(id=ids.RUNS_ERROR),
        bar,
        run_grid.grid(address.sort),
        dcc.Store(id=ids.RUNS_CURSORS),
        dcc.Store(id=ids.RUNS_SEEN),
        dcc.Store(id=ids.RUNS_NEWS),
    ]
    return Drawn(html.Div(parts, className="stack runs-page"), (("Runs", None),))


def register(app: Dash, reader: Reader, clock: Callable[[], int]) -> None:
    """Fill the grid, count the statuses, and say when runs arrived that the grid does not show."""

    @app.callback(
        Output(ids.RUNS_GRID, "getRowsResponse"),
        Output(ids.RUNS_CURSORS, "data"),
        Output(ids.RUNS_SEEN, "data"),
        Output(ids.RUNS_COUNT, "children"),
        Output(ids.RUNS_ERROR, "children"),
        Input(ids.RUNS_GRID, "getRowsRequest"),
        State(ids.LOCATION, "search"),
        State(ids.RUNS_CURSORS, "data"),
        State(ids.RUNS_SEEN, "data"),
        prevent_initial_call=True,
    )
    async def rows(asked: Any, search: str | None, cursors: Any, seen: Any) -> tuple[Any, ...]:
        if asked is None:
            return (no_update,) * 5
        address = urls.parse("/runs", search)
        return await anyio.to_thread.run_sync(
            answer_block, reader, address, asked, cursors or {}, seen, clock()
        )

    @app.callback(
        Output(ids.RUNS_PILLS, "children"),
        Input(ids.RUNS_SEEN, "data"),
        Input(ids.LOCATION, "search"),
        State(ids.LOCATION, "pathname"),
    )
    async def statuses(seen: Any, search: str | None, pathname: str) -> Any:
        address = urls.parse(pathname, search)
        if address.path.rstrip("/") != PAGE.path:
            return no_update
        counts = await anyio.to_thread.run_sync(count_statuses, reader, address, clock())
        return pills.status_pills(address, counts)

    @app.callback(
        Output(ids.RUNS_NEWS, "data"),
        Output(ids.RUNS_NEW, "children"),
        Input(ids.LIVE, "data"),
        Input(ids.RUNS_SEEN, "data"),
        State(ids.LOCATION, "search"),
        prevent_initial_call=True,
    )
    async def news(live: Any, seen: Any, search: str | None) -> tuple[Any, Any]:
        if seen is None:
            return no_update, None
        address = urls.parse(PAGE.path, search)
        new = await anyio.to_thread.run_sync(count_new, reader, address, seen)
        told = {"new": new, "version": (live or {}).get("version", 0)}
        return told, pills.new_runs(new) if new else None

    app.clientside_callback(
        ClientsideFunction("runs", "address_changed"), Input(ids.LOCATION, "search")
    )
    app.clientside_callback(
        ClientsideFunction("runs", "something_changed"), Input(ids.RUNS_NEWS, "data")
    )


def answer_block(
    reader: Reader,
    address: urls.Address,
    asked: dict[str, Any],
    cursors: dict[str, str],
    seen: dict[str, Any] | None,
    now_ns: int,
) -> tuple[Any, ...]:
    """Return what the grid asked for, the cursors known by now, what was seen, count and error.

    The beginning of the time range is fixed when the grid is filled, so that all blocks and later
    counts speak of the same runs. It travels as text: JavaScript's numbers are too short for it.
    """
    start = int(asked.get("startRow") or 0)
    if seen is None:
        since_ns = address.since_ns(now_ns)
        seen = {"since_ns": None if since_ns is None else str(since_ns), "total": None}
    if start and str(start) not in cursors:
        return {"rowData": [], "rowCount": start}, no_update, no_update, no_update, no_update
    query = RunQuery(
        q=address.q,
        since_ns=since(seen),
        sort=run_grid.asked_sort(asked.get("sortModel")),
        limit=run_grid.BLOCK_ROWS,
        cursor=cursors.get(str(start)) if start else None,
    )
    try:
        page = reader.runs(query)
    except QueryError as error:
        return _no_rows(seen, states.query_error(address.q, error))
    except Exception as error:
        log.exception("runs not read")
        return _no_rows(seen, states.failed(error))
    end = start + len(page.items)
    if page.next_cursor is not None:
        cursors = {**cursors, str(end): page.next_cursor}
    if seen["total"] is None:
        seen = {**seen, "total": page.total}
    response = {
        "rowData": [run_grid.row(run, now_ns) for run in page.items],
        "rowCount": None if page.next_cursor is not None else end,
    }
    nothing = pills.no_runs(address) if end == 0 else None
    return response, cursors, seen, format.plural(page.total or end, "run"), nothing


def count_statuses(reader: Reader, address: urls.Address, now_ns: int) -> dict[str, int | None]:
    """Return how many runs of the search each status has; nothing where it cannot be understood."""
    since_ns = address.since_ns(now_ns)
    counts: dict[str, int | None] = {}
    try:
        for status in pills.STATUSES:
            q = pills.with_status(address.q, status)
            counts[status] = reader.runs(RunQuery(q=q, since_ns=since_ns, limit=1)).total
    except QueryError:
        return {}  # said beside the search already, by the callback that fills the grid
    except Exception:
        log.exception("runs not counted")
    return counts


def count_new(reader: Reader, address: urls.Address, seen: dict[str, Any]) -> int:
    """Return how many runs the grid does not show yet; 0 where the search is not understood."""
    if seen["total"] is None:
        return 0
    try:
        page = reader.runs(RunQuery(q=address.q, since_ns=since(seen), limit=1))
    except QueryError:
        return 0
    return max(0, (page.total or 0) - seen["total"])


def since(seen: dict[str, Any]) -> int | None:
    """Return the beginning of the time range that the grid was filled with."""
    return None if seen["since_ns"] is None else int(seen["since_ns"])


def _no_rows(seen: dict[str, Any], said: Any) -> tuple[Any, ...]:
    return {"rowData": [], "rowCount": 0}, {}, seen, "", said


PAGE = Page(name="runs", title="Runs", path="/runs", key="r", draw=draw, register=register)
