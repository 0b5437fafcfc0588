# pyright: basic
"""A real server on a free port, in a thread of the test or in a process that can be killed."""

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from playhead_collector.app import Mount, Server
from playhead_collector.settings import ServerSettings

JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}
TIMEOUT_S = 60.0  # slow machines; nothing here waits for it


@dataclass
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request over a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)
    finally:
        connection.close()


@dataclass
class Served:
    """A server that runs in a thread of this process."""

    server: Server

    @property
    def port(self) -> int:
        return int(self.server.address.rpartition(":")[2])

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        return ask(self.port, method, path, **more)

    def post(self, payload: Any, *, signal: str = "traces", **headers: str) -> Answer:
        """Send OTLP/JSON."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.ask("POST", f"/v1/{signal}", body=body, headers={**JSON, **headers})


@contextmanager
def served(data: Path, *, mount: Mount | None = None, **options: Any) -> Iterator[Served]:
    """Run a server until the block ends."""
    with pytest.MonkeyPatch.context() as environment:  # never the user's own spool
        environment.setenv("PLAYHEAD_SPOOL_DIR", str(data.parent / "spool"))
        settings = ServerSettings(data=data, **{"port": 0, **options})
        server = Server(settings, mount=mount)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Served(server)
    finally:
        server.stop()
        thread.join()


@contextmanager
def process(data: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a server in a process of its own; gives it and its port. Killed when the block ends."""
    program = (
        "import sys; from playhead_collector.cli import serve; "
        "from playhead_collector.settings import load_settings; "
        "sys.exit(serve(load_settings(data=sys.argv[1], port=int(sys.argv[2]))))"
    )
    command = [sys.executable, "-c", program, str(data), "0", *arguments]
    environment = {**os.environ, "PLAYHEAD_SPOOL_DIR": str(data.parent / "spool")}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        address = running.stdout.readline().strip()
        yield running, int(address.rpartition(":")[2])
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


def span(**fields: Any) -> dict[str, Any]:
    """Return a valid OTLP/JSON span with these fields on top."""
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "00000000000000e1",
        "name": "x",
        "kind": 1,
        "startTimeUnixNano": "1795330000000000000",
        "endTimeUnixNano": "1795330000100000000",
        **fields,
    }


def request(*spans: dict[str, Any]) -> dict[str, Any]:
    """Return an export request of spans."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}
    scopes = [{"scope": {"name": "sc"}, "spans": list(spans)}]
    return {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
