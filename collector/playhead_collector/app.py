"""Puts the parts of the server together, in the order in which they depend on each other.

Lock, socket, log, index, routes, dashboard; and takes them apart in the opposite order. Everything
that answers HTTP stands behind the one security middleware, whoever made the route.
"""

import errno
import logging
import re
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from playhead.settings import default_spool_dir
from playhead_collector.answer.api import create_api
from playhead_collector.answer.reading import Reading
from playhead_collector.log import LogTooNew, SegmentLog
from playhead_collector.owner import DataUnusable, Ownership
from playhead_collector.read import Reader
from playhead_collector.receive.http import Receiver
from playhead_collector.receive.protocol import BoundedHttpProtocol
from playhead_collector.receive.security import (
    Door,
    SecurityMiddleware,
    error_body,
    is_loopback,
    is_otlp,
)
from playhead_collector.receive.spool import SpoolPickup
from playhead_collector.settings import ServerSettings
from playhead_collector.store.store import StoreError

_log = logging.getLogger("playhead.server")

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
STOP_S: Final = 5  # for requests that are under way; then connections are closed
_KEEP_ALIVE_S: Final = (
    75  # longer than senders' export intervals, so that connections are used again
)
_BACKLOG: Final = 1024
_EVERY_METHOD: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_CATCHES_ALL: Final = re.compile(r"/\{\w+(:path)?\}\Z")

Mount = Callable[[FastAPI, Reader], str]
"""Adds pages to the app and returns their Content-Security-Policy."""


class StartError(Exception):
    """The server cannot start; the message is one plain sentence, with what to do."""


class Server:
    """The server on one data directory. Made in full or not at all."""

    def __init__(self, settings: ServerSettings, *, mount: Mount | None = None) -> None:
        """Take the data directory and the port, open the log and the index, build the routes.

        Raises:
            StartError: something of this is not possible.
        """
        self.settings = settings
        self._stopping = threading.Event()  # streams of events end when it is set
        _refuse_open_door(settings)
        with ExitStack() as parts:
            ownership = _take(settings.data)
            parts.callback(ownership.give_back)
            self._socket = _bind(settings.host, settings.port)
            parts.callback(self._socket.close)
            port = int(self._socket.getsockname()[1])
            self.address = f"http://{_shown_host(settings.host)}:{port}"
            self.log = _open_log(settings.data)
            parts.callback(self.log.close)
            self.reading = _open_reading(settings.data, self.log)
            parts.callback(self.reading.close)
            self.receiver = Receiver(self.log)
            parts.callback(self.receiver.close)
            pickup = SpoolPickup(self.log, default_spool_dir(), port=port, host=settings.host)
            parts.callback(pickup.stop)
            self.door = _door(settings)
            self.app = self._build_app(mount)
            self.asgi = SecurityMiddleware(self.app, self.door)
            self._uvicorn = self._build_uvicorn()
            ownership.announce(self.address)
            self.reading.start()
            pickup.start()
            self._parts = parts.pop_all()

    def _build_app(self, mount: Mount | None) -> FastAPI:
        app = FastAPI(
            title="playhead",
            version=version("playhead"),
            openapi_url="/api/openapi.json",
            docs_url=None,  # its page loads scripts from elsewhere
            redoc_url=None,
        )
        app.state.stopping = self._stopping
        app.router.routes.extend(self.receiver.routes())
        app.include_router(create_api(self.reading.reader, self.reading.feed))
        if mount is not None:
            self.door.policy = mount(app, self.reading.reader)
        _register_unknown(app)
        _register_errors(app)
        return app

    def _build_uvicorn(self) -> "_Uvicorn":
        config = uvicorn.Config(
            self.asgi,
            http=BoundedHttpProtocol,
            ws="none",  # nothing here talks over websockets
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_S,
            backlog=_BACKLOG,
        )
        return _Uvicorn(config, self._stopping.set)

    def run(self) -> None:
        """Serve until `stop`, SIGINT or SIGTERM; then finish what is under way, and close."""
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self.close()

    def stop(self) -> None:
        """Make `run` return soon, from any thread."""
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Give everything back; safe to call twice."""
        self._parts.close()


def _refuse_open_door(settings: ServerSettings) -> None:
    if not is_loopback(settings.host) and settings.token is None:
        raise StartError(
            f"Refusing to listen on {settings.host} without a token, since everybody who reaches "
            "it could read every prompt. Set one: export PLAYHEAD_TOKEN=$(openssl rand -hex 16)"
        )


def _take(data: Path) -> Ownership:
    try:
        return Ownership.take(data)
    except DataUnusable as problem:
        raise StartError(str(problem)) from problem


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as problem:
        raise StartError(f"Cannot listen on {host}: {problem.strerror or problem}.") from problem
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as problem:
        listener.close()
        if problem.errno == errno.EADDRINUSE:
            raise StartError(
                f"Port {port} on {host} is taken by another program; stop it, or choose another "
                f"one: playhead up --port {port + 1}"
            ) from problem
        reason = problem.strerror or problem
        raise StartError(f"Cannot listen on {host} port {port}: {reason}.") from problem
    return listener


def _shown_host(host: str) -> str:
    """Return the name under which this machine reaches the server."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _open_log(data: Path) -> SegmentLog:
    try:
        return SegmentLog(data / "log")
    except LogTooNew as problem:
        raise StartError(f"{problem}.") from problem
    except OSError as problem:
        reason = problem.strerror or problem
        raise StartError(f"Cannot use the log in {data / 'log'}: {reason}.") from problem


def _open_reading(data: Path, log: SegmentLog) -> Reading:
    try:
        return Reading(data / "index.duckdb", log)
    except (OSError, StoreError) as problem:
        raise StartError(f"Cannot use the index in {data}: {problem}.") from problem


def _door(settings: ServerSettings) -> Door:
    names = {"127.0.0.1", "localhost", "::1", settings.host}
    if not is_loopback(settings.host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    token = settings.token.get_secret_value() if settings.token else None
    return Door(frozenset(names), token)


def _register_unknown(app: FastAPI) -> None:
    """Answer 404 for what nobody else has under /api and /v1, before a page that catches all."""

    async def unknown(request: Request) -> Response:
        path = request.url.path
        if is_otlp(path):
            message, hint = f"{path} takes POST.", "Send OTLP there, as protobuf or JSON."
            return _error(405, "method_not_allowed", message, hint, allow="POST")
        return _error(404, "not_found", f"There is no {path}.", "See /api/openapi.json.")

    paths = ("/api", "/api/{rest:path}", "/v1", "/v1/{rest:path}")
    routes = app.router.routes
    first_page = next(
        (at for at, route in enumerate(routes) if _CATCHES_ALL.match(getattr(route, "path", ""))),
        len(routes),
    )
    routes[first_page:first_page] = [
        Route(path, unknown, methods=_EVERY_METHOD, include_in_schema=False) for path in paths
    ]


def _register_errors(app: FastAPI) -> None:
    """Give every error the one shape."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, problem: HTTPException) -> Response:
        code = HTTPStatus(problem.status_code).phrase.lower().replace(" ", "_")
        return _error(problem.status_code, code, str(problem.detail))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, problem: RequestValidationError) -> Response:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        message = f"{where}: {first['msg']}"
        return _error(400, "invalid", message, "What is right stands in /api/openapi.json.")

    @app.exception_handler(Exception)
    async def failed(request: Request, problem: Exception) -> Response:
        return _error(500, "failed", "playhead could not answer this; its log says why.")


def _error(status: int, code: str, message: str, hint: str = "", **headers: str) -> Response:
    body = error_body(code, message, hint)
    return Response(body, status_code=status, headers=headers, media_type="application/json")


class _Uvicorn(uvicorn.Server):
    """Ends with the run's own result on a signal; uvicorn would raise the signal once more."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
