# pyright: basic
"""A real local HTTP server that takes OTLP/JSON, well or badly."""

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", bytes], None]


@dataclass
class Sink:
    """What a collector received. `reply` answers each delivery; `health` the handshake."""

    health: Any = field(default_factory=lambda: {"name": "playhead", "version": "1"})
    reply: Reply | None = None
    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def spans(self) -> list[dict[str, Any]]:
        return [
            span
            for path, _, body in list(self.requests)
            if path.endswith("/v1/traces")
            for resource in json.loads(body)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def logs(self) -> list[dict[str, Any]]:
        return [
            log
            for path, _, body in list(self.requests)
            if path.endswith("/v1/logs")
            for resource in json.loads(body)["resourceLogs"]
            for scope in resource["scopeLogs"]
            for log in scope["logRecords"]
        ]

    def names(self) -> list[str]:
        return [span["name"] for span in self.spans()]

    def wait_for(self, count: int, *, timeout_s: float = 10.0) -> list[str]:
        """Wait until `count` spans are there, and return their names."""
        deadline_s = time.monotonic() + timeout_s
        while len(self.spans()) < count and time.monotonic() < deadline_s:
            time.sleep(0.02)
        return self.names()

    def posts(self) -> list[str]:
        return [path for path, _, _ in self.requests if "/v1/" in path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink: Sink

    def do_GET(self) -> None:
        self.sink.requests.append((self.path, dict(self.headers), b""))
        if callable(self.sink.health):
            self.sink.health(self, b"")
        else:
            self.answer(200, self.sink.health)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.sink.reply is not None:
            self.sink.reply(self, body)
        else:
            self.accept(body)

    def accept(self, body: bytes, answer: Any = None) -> None:
        self.sink.requests.append((self.path, dict(self.headers), body))
        self.answer(200, answer or {})

    def answer(self, status: int, content: Any, **headers: str) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self.connections: list[Any] = []
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up on a hostile answer is what the tests want."""


@contextmanager
def serving(sink: Sink | None = None, *, port: int = 0) -> Iterator[Sink]:
    sink = sink or Sink()
    handler = type("BoundHandler", (Handler,), {"sink": sink})
    server = _Server(("127.0.0.1", port), handler)
    sink.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
