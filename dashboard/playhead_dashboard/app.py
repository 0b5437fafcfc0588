# pyright: basic
"""Puts the dashboard on the collector's server: one Dash app, on the root FastAPI object.

Dash answers `/`, `/_dash-*`, `/assets/*` and, by its catch-all, every address that no other route
takes. All server callbacks are async and do their work in a thread: a plain `def` would run on the
event loop and stop ingest while DuckDB thinks.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
from dash import ClientsideFunction, Dash, Input, Output, State
from dash.backends._fastapi import FastAPIDashServer
from fastapi import FastAPI

from playhead_collector.read import QueryError, Reader
from playhead_dashboard import ids, shell, urls
from playhead_dashboard.bundles import BundleCache
from playhead_dashboard.pages import PAGES, Drawn, not_found
from playhead_dashboard.panels import states

log = logging.getLogger("playhead.dashboard")
ASSETS = Path(__file__).parent / "assets"


def create_app(reader: Reader, server: FastAPI, *, clock: Callable[[], int] = time.time_ns) -> Dash:
    """Register the dashboard on `server` and return it.

    Call it after every other route is on the server (Dash's catch-all comes last, at start-up) and
    before the server starts (it adds middleware). Only one Dash app per process can be starting at
    a time: Dash finds the app of a starting server through a global.
    """
    # Dash 4.4.1 opens a websocket on every page even where no callback asks for one (their PR
    # #3941), and reads the switch from the class when the app is made.
    FastAPIDashServer.websocket_capability = False
    app = Dash(
        "playhead_dashboard",
        server=server,  # pyright: ignore[reportArgumentType]  # as their documentation has it
        assets_folder=str(ASSETS),
        assets_ignore=r"^boot\.js$",  # the index page loads it itself, before anything is painted
        title="playhead",
        update_title=None,  # pyright: ignore[reportArgumentType]  # the title stays ours
        suppress_callback_exceptions=True,  # pages come and go, their ids with them
        serve_locally=True,
        index_string=shell.index_page(ASSETS),
    )
    app.enable_dev_tools(debug=False, dev_tools_disable_version_check=True)
    app.layout = shell.layout()
    _register_navigation(app, reader, clock)
    for page in PAGES:
        page.register(app, reader, clock)
    app._setup_server()  # else a cold deep link has no scripts
    server.add_middleware(BundleCache)
    return app


def content_security_policy(app: Dash) -> str:
    """Return the policy for every answer: own scripts, Dash's inline one by hash, nothing foreign.

    Styles keep 'unsafe-inline': AG Grid and Plotly write style attributes.
    """
    script_hashes = " ".join(app.csp_hashes())
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {script_hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _register_navigation(app: Dash, reader: Reader, clock: Callable[[], int]) -> None:
    app.clientside_callback(
        ClientsideFunction("shell", "route"),
        Output(ids.ROUTE, "data"),
        Input(ids.LOCATION, "pathname"),
        Input(ids.LOCATION, "search"),
        Input(ids.LIVE, "data"),
        State(ids.ROUTE, "data"),
    )

    @app.callback(
        Output(ids.PAGE, "children"),
        Output(ids.CRUMBS, "children"),
        Output(ids.PAGE, "data-version"),
        Input(ids.ROUTE, "data"),
        running=[(Output(ids.PAGE, "aria-busy"), "true", "false")],
        prevent_initial_call=True,
    )
    async def show(route: dict[str, Any] | None) -> tuple[Any, Any, str]:
        asked = route or {}
        address = urls.parse(asked.get("path"), asked.get("search"))
        version, drawn = await anyio.to_thread.run_sync(draw_version, reader, address, clock())
        return drawn.body, shell.crumbs(drawn.crumbs), str(version)


def draw_version(reader: Reader, address: urls.Address, now_ns: int) -> tuple[int, Drawn]:
    """Draw a page; with it comes the version that it shows at least (0 where there is none).

    live.js compares it with the first version that it is told, so that nothing which arrived
    between drawing and listening is missed.
    """
    try:
        version = reader.version()
    except Exception:
        log.exception("version not read")
        version = 0
    return version, draw(reader, address, now_ns)


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw the page of an address. A reader that fails gives a page that says so, with a retry."""
    page = next((p for p in PAGES if p.matches(address)), None)
    if page is None:
        return not_found(address)
    try:
        return page.draw(reader, address, now_ns)
    except QueryError as error:
        return Drawn(states.bad_query(address.q, error), ((page.title, address.path),))
    except Exception as error:
        log.exception("page not drawn", extra={"path": address.path})
        return Drawn(states.failed(error), ((page.title, address.path),))
