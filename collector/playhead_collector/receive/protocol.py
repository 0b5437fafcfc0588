# pyright: basic
"""uvicorn's HTTP protocol with the bounds that it lacks: header bytes, and time for a request.

uvicorn 0.54 with httptools reads headers of any size (100 MiB of them cost 834 MiB of memory) and
waits for ever for the rest of a request.
"""

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from playhead_collector.receive.limits import CLOSE_AFTER_S, HEADER_BYTES_MAX, REQUEST_S_MAX


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. Too many header bytes: 431; headers that do not end: 408; then it closes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*args, **kwargs)
        self._header_bytes = 0
        self._in_headers = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, not for ever."""
        super().connection_made(transport)
        self._set_deadline(REQUEST_S_MAX, self._close_slow_headers)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._clear_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count bytes for as long as the headers last."""
        if self.transport.is_closing():
            return
        continued = self._in_headers
        super().data_received(data)
        # Where headers began in this piece is not known, so it counts once they are whole; a piece
        # is 256 KiB at most.
        self._header_bytes += len(data) if continued and self._in_headers else 0
        if self._in_headers and self._header_bytes > HEADER_BYTES_MAX:
            self._refuse(431, f"the headers of a request may have {HEADER_BYTES_MAX} bytes")

    def on_message_begin(self) -> None:
        """Start the clock of one request."""
        super().on_message_begin()
        self._header_bytes = 0
        self._in_headers = True
        self._set_deadline(REQUEST_S_MAX, self._close_slow_headers)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count headers, and the trailers of a chunked body, once they are whole."""
        super().on_header(name, value)
        if not self._in_headers:
            self._header_bytes += len(name) + len(value)
            if self._header_bytes > HEADER_BYTES_MAX:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        """Refuse headers that are whole but too large; give the body its time."""
        self._in_headers = False
        self._header_bytes = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if self._header_bytes + len(self.url) > HEADER_BYTES_MAX:
            self._refuse(431, f"the headers of a request may have {HEADER_BYTES_MAX} bytes")
            return
        self._set_deadline(CLOSE_AFTER_S, self._close_slow_body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Ignore the body of a request that was refused."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the clock: from here on it is the server that takes its time."""
        self._clear_deadline()
        if not self.transport.is_closing():
            super().on_message_complete()

    def _close_slow_headers(self) -> None:
        if self._in_headers:
            self._refuse(408, f"no whole request in {REQUEST_S_MAX:g} seconds")
        else:
            self.transport.close()

    def _close_slow_body(self) -> None:
        # The routes answer before this; who sends on all the same is cut off.
        self.transport.abort()

    def _refuse(self, status: int, message: str) -> None:
        if self.transport.is_closing():
            return
        reason = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}[status]
        body = json.dumps({"code": 8 if status == 431 else 4, "message": message}).encode()
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\n" % (status, reason)
        ending = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(head + ending + body)
        self.transport.close()

    def _set_deadline(self, seconds: float, then: Any) -> None:
        self._clear_deadline()
        self._deadline = self.loop.call_later(seconds, then)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
