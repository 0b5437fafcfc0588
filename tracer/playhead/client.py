"""HTTP to a collector that may be hostile: absolute deadline, small answers, no redirects.

The standard library's client limits neither; the reader underneath it does here.
"""

import contextlib
import io
import json
import socket
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import http.client

ANSWER_BYTES_MAX: Final = 64 * 2**10  # status line, headers and body together
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class NoAnswer(Exception):
    """Nobody answered, too late, too much, or not in HTTP."""


class Answer(NamedTuple):
    """What a collector said. `body` is empty when it said too much."""

    status: int
    body: bytes
    retry_after: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the body as a JSON object, empty when it is none."""
        try:
            parsed = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return parsed if isinstance(parsed, dict) else {}  # pyright: ignore


class Client:
    """One connection to one endpoint, opened again when it broke. For one thread."""

    def __init__(self, endpoint: str, *, token: str | None, version: str) -> None:
        """`endpoint` is http(s)://host[:port][/prefix], checked by the settings."""
        parts = urlsplit(endpoint)
        self.host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._secure = parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")
        self._headers = {"User-Agent": f"playhead/{version}"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether the endpoint is on this machine."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @property
    def is_connected(self) -> bool:
        """Whether the connection of the last answer is still open."""
        return self._connection is not None and self._connection.sock is not None

    def get(self, path: str, *, timeout_s: float) -> Answer:
        """Ask for `path`.

        Raises:
            NoAnswer: nobody is there, or what came is no use.
        """
        return self._request("GET", path, None, {}, timeout_s)

    def post(self, path: str, body: bytes, *, encoding: str | None, timeout_s: float) -> Answer:
        """Deliver JSON; raises like `get`."""
        headers = {"Content-Type": "application/json"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return self._request("POST", path, body, headers, timeout_s)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """Break off what another thread is waiting for."""
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], timeout_s: float
    ) -> Answer:
        import http.client  # with OpenSSL: loaded where it is needed, off the program's threads

        deadline_s = time.monotonic() + timeout_s
        connection = self._connection or self._connect(timeout_s)
        try:
            if connection.sock is None:
                connection.connect()
            assert connection.sock is not None  # just connected
            connection.sock.settimeout(max(0.01, deadline_s - time.monotonic()))
            connection.response_class = _limited(deadline_s)
            connection.request(method, self._prefix + path, body, {**self._headers, **headers})
            response = connection.getresponse()
            content = response.read(ANSWER_BYTES_MAX)
            answer = Answer(response.status, content, response.headers.get("Retry-After"))
            if not response.isclosed():
                self.close()  # more follows than we care to read
            return answer
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(type(error).__name__) from error

    def _connect(self, timeout_s: float) -> "http.client.HTTPConnection":
        import http.client

        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        self._connection = kind(self.host, self._port, timeout=timeout_s)
        return self._connection


def _limited(deadline_s: float) -> Any:
    """Return a response class whose reader stops at the deadline and after 64 KiB."""

    import http.client

    def make(sock: socket.socket, *args: Any, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *args, **options)
        response.fp.close()
        response.fp = io.BufferedReader(_Reader(sock, deadline_s))
        return response

    return make


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline_s: float) -> None:
        self._sock = sock
        self._deadline_s = deadline_s
        self._left = ANSWER_BYTES_MAX + 8 * 2**10  # headers ride along

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the collector did not finish its answer in time")
        if self._left <= 0:
            raise OSError("the collector's answer is too long")
        self._sock.settimeout(left_s)
        size = self._sock.recv_into(memoryview(buffer)[: self._left])
        self._left -= size
        return size
