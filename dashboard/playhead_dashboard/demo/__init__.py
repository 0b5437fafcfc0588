"""The demo runs: recorded once from real programs, moved into the last four weeks when loaded.

`POST /api/demo` is what both `playhead demo` and the button of the empty page use. The runs go the
way of every other: as OTLP through the receiving route into the log. Their ids follow from their
recording and their new start, so that loading twice, or on the next day, adds no run twice.
"""

import gzip
import json
import time
from importlib import resources
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from starlette.types import Message

from playhead_dashboard.demo.moving import Recording, move
from playhead_dashboard.demo.schedule import slots

PACKED = "recordings.json.gz"


def add_route(app: FastAPI) -> None:
    """Offer `POST /api/demo`, before the routes that answer for every unknown one."""

    async def load_demo(request: Request) -> Response:
        runs = await load(app, now_ns=time.time_ns())
        return Response(json.dumps({"runs": runs}), media_type="application/json")

    app.add_api_route("/api/demo", load_demo, methods=["POST"], summary="Load the demo runs")
    app.router.routes.insert(0, app.router.routes.pop())


async def load(app: FastAPI, *, now_ns: int) -> int:
    """Send every demo run of the last four weeks through the app's own OTLP routes; count them.

    Raises:
        DemoRefused: the receiver did not take one (its disk is full, for example).
    """
    recordings = await anyio.to_thread.run_sync(read_recordings)
    planned = slots(now_ns)
    for slot in planned:
        moved = await anyio.to_thread.run_sync(move, recordings[slot.recording], slot)
        await _post(app, "/v1/traces", moved.traces)
        await _post(app, "/v1/logs", moved.logs)
    return len(planned)


def read_recordings() -> dict[str, Recording]:
    """Return the packed recordings by name."""
    packed = resources.files(__name__).joinpath(PACKED).read_bytes()
    content: dict[str, Any] = json.loads(gzip.decompress(packed))
    return {name: Recording.of(parts) for name, parts in content.items()}


class DemoRefused(Exception):
    """The receiver did not accept a demo run; the message is its answer."""


async def _post(app: FastAPI, path: str, body: bytes) -> None:
    """Call a route of the app in this process: no socket, no token, the same way into the log."""
    if not body:
        return
    answered: list[Message] = []
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": None,
        "server": None,
    }
    await app(scope, receive, send)
    status = answered[0]["status"]
    if status != 200:
        body = b"".join(message.get("body", b"") for message in answered)
        raise DemoRefused(f"{path} answered {status}: {body[:300]!r}")
