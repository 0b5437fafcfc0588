"""Serves Dash's script bundles compressed once, from memory, for as long as the process lives.

Dash reads every bundle from disk for each request and would compress it each time: 264 ms for the
chart library, in which nothing else is answered. Their addresses carry a fingerprint, so an answer
never changes and browsers may keep it for ever. Assets of our own change between versions only and
carry their modification time.
"""

import gzip
from dataclasses import dataclass

import anyio.to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SUITES = "/_dash-component-suites/"
ASSETS = "/assets/"
IMMUTABLE = b"public, max-age=31536000, immutable"
GZIP_LEVEL = 6
GZIP_BYTES_MIN = 1_024
KEPT_FILES_MAX = 200  # there are about sixty; a bound against made-up query strings
FILE_BYTES_MAX = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """One file as it was answered, and compressed."""

    content_type: bytes
    body: bytes
    body_gzip: bytes | None


class BundleCache:
    """ASGI middleware; holds only answers of status 200 to GET under the two static prefixes."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app
        self._kept: dict[str, Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or ask the app once and remember."""
        path = scope.get("path", "")
        cached = scope["type"] == "http" and path.startswith((SUITES, ASSETS))
        if not cached or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        key = f"{path}?{scope['query_string'].decode('latin-1')}"
        kept = self._kept.get(key)
        if kept is None:
            status, content_type, body = await _collect(self.app, scope, receive)
            if status != 200:
                # Dash answers an unknown bundle with 500; to the browser it is simply not there.
                await _answer_missing(send)
                return
            kept = await anyio.to_thread.run_sync(_compress, content_type, body)
            if len(self._kept) < KEPT_FILES_MAX:
                self._kept[key] = kept
        accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
        await _answer(send, kept, gzipped=b"gzip" in accepts)


def _compress(content_type: bytes, body: bytes) -> Kept:
    if len(body) < GZIP_BYTES_MIN:
        return Kept(content_type, body, None)
    return Kept(content_type, body, gzip.compress(body, GZIP_LEVEL, mtime=0))


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
    """Ask the app for the whole, plain file, without conditions or ranges."""
    plain = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range")
    headers = [(name, value) for name, value in scope["headers"] if name not in plain]
    status, content_type, parts = 500, b"application/octet-stream", list[bytes]()

    async def keep(message: Message) -> None:
        nonlocal status, content_type
        if message["type"] == "http.response.start":
            status = message["status"]
            content_type = dict(message["headers"]).get(b"content-type", content_type)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app({**scope, "headers": headers}, receive, keep)
    return status, content_type, b"".join(parts)


async def _answer(send: Send, kept: Kept, *, gzipped: bool) -> None:
    body = kept.body_gzip if gzipped and kept.body_gzip is not None else kept.body
    headers = [
        (b"content-type", kept.content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", IMMUTABLE),
        (b"vary", b"accept-encoding"),
    ]
    if body is kept.body_gzip:
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer_missing(send: Send) -> None:
    body = b"not found\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})
