# pyright: basic
"""Pages that fail the test on any complaint of the browser; servers to open them on."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page
from tests.collector.served import Served, served

from playhead_dashboard.cli import mount

AXE = Path(__file__).parent / "assets" / "axe.min.js"
START_S = 20.0
INDEXED_S = 60.0
CSRF = {"content-type": "application/json", "x-playhead-csrf": "1"}


@dataclass
class Watched:
    """A browser page and what it complained of."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list[str])
    allowed: list[str] = field(default_factory=list[str])

    def open(self, address: str) -> Page:
        """Open an address and wait until the page of it is drawn."""
        self.page.goto(self.base + address)
        self.settled()
        return self.page

    def settled(self) -> None:
        self.page.wait_for_selector("#page[aria-busy=false]:not(:has(.skeletons))")

    def allow(self, words: str) -> None:
        """Expect one complaint that the test itself provokes."""
        self.allowed.append(words)

    def unexpected(self) -> list[str]:
        return [c for c in self.complaints if not any(words in c for words in self.allowed)]

    def axe(self) -> list[str]:
        """Return what axe-core finds wrong, one line per rule and element."""
        # Evaluated by the debugger, not by the page: its policy stays as strict as it is.
        self.page.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate("axe.run().then(r => r.violations)")
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]


def watch(context: BrowserContext, base: str) -> Watched:
    page = context.new_page()
    watched = Watched(page, base)
    complaints = watched.complaints

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    def on_request(request: Any) -> None:
        address = urlsplit(request.url)
        own = f"{address.scheme}://{address.netloc}" == base
        if not own and address.scheme not in ("data", "blob"):
            complaints.append(f"external request: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    page.on("request", on_request)
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => "
        "console.error('csp: ' + e.violatedDirective + ' ' + e.blockedURI))"
    )
    return watched


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of this machine; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_S
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def load_demo(server: Served) -> int:
    """Load the demo runs as the button does, and wait until all of them are indexed."""
    told = server.ask("POST", "/api/demo", body=b"{}", headers=CSRF).json()
    deadline = time.monotonic() + INDEXED_S
    while time.monotonic() < deadline:
        health = server.ask("GET", "/api/health").json()
        if health["runs"] == told["runs"] and health["behind_records"] == 0:
            return told["runs"]
        time.sleep(0.1)
    raise AssertionError(f"{health['runs']} of {told['runs']} runs indexed")


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real server whose store holds the demo runs; tests only read it."""
    with served(tmp_path_factory.mktemp("demo") / "data", mount=mount) as server:
        load_demo(server)
        yield server


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real server with nothing in its store; tests leave it so."""
    with served(tmp_path_factory.mktemp("empty") / "data", mount=mount) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a real server for this test alone; it stops after the pages that look at it."""
    with ExitStack() as servers:
        yield lambda mount=mount: servers.enter_context(served(tmp_path / "data", mount=mount))


@pytest.fixture
def watched(
    browser: Browser, own_server: Callable[..., Served]
) -> Iterator[Callable[..., Watched]]:
    """Open watched pages on a server; at the end none of them may have complained."""
    contexts: list[BrowserContext] = []
    pages: list[Watched] = []

    def open_page(base: str, *, theme: str = "light", width: int = 1440) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = watch(context, base)
        page.page.set_default_timeout(15_000)
        pages.append(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [complaint for page in pages for complaint in page.unexpected()] == []
