"""The OTLP routes: limits, deadline, structure check, back-pressure, and the answer after the sync.

Nothing here answers 500, which senders take for a reason to drop what they hold.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from playhead_collector import wire
from playhead_collector.log import LogEntry, LogUnavailable, SegmentLog
from playhead_collector.receive import limits
from playhead_collector.receive.answers import accepted, refused
from playhead_collector.receive.inflate import InflateError, InflatesTooFar, inflate
from playhead_collector.wire import Checked, Encoding, Signal

_log = logging.getLogger("playhead.receive")

SIGNALS: Final[tuple[Signal, ...]] = ("traces", "logs", "metrics")
_ENCODINGS: Final[dict[str, Encoding]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
_CODINGS: Final = {
    "": "identity",
    "identity": "identity",
    "gzip": "gzip",
    "x-gzip": "gzip",
    "deflate": "deflate",
}
_FREE_SPACE_EVERY_S: Final = 1.0


class _Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Counts:
    """What the server did since it started."""

    requests: int = 0
    refused: int = 0
    rejected: int = 0  # spans, log records and metrics
    enum_names: int = 0  # spans that name an enum value where its number is specified


@dataclass(slots=True)
class Receiver:
    """Accepts OTLP requests into the segment log."""

    log: SegmentLog
    clock: Callable[[], int] = time.time_ns
    request_s_max: float = limits.REQUEST_S_MAX
    free_bytes_min: int = limits.FREE_BYTES_MIN
    counts: Counts = field(default_factory=Counts)
    _reading_bytes: int = 0  # in memory of all requests that are not answered yet
    _free_bytes: int = 0
    _free_asked_s: float = float("-inf")
    _small: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(limits.PARSE_THREADS, "playhead-parse")
    )
    _large: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "playhead-parse-large")
    )

    def routes(self) -> list[Route]:
        """Return the routes: each signal, at its path and under any prefix."""
        return [
            Route(prefix + f"/v1/{signal}", self._endpoint(signal), methods=["POST"])
            for signal in SIGNALS
            for prefix in ("", "/{prefix:path}")
        ]

    def close(self) -> None:
        """Wait for what is being parsed and stop the threads."""
        self._small.shutdown()
        self._large.shutdown()

    def _endpoint(self, signal: Signal) -> Callable[[Request], "asyncio.Future[Response]"]:
        async def receive(request: Request) -> Response:
            return await self._answer(signal, request)

        return receive  # pyright: ignore[reportReturnType]

    async def _answer(self, signal: Signal, request: Request) -> Response:
        self.counts.requests += 1
        encoding: Encoding | None = None
        held = _Held()
        try:
            encoding = _encoding(request)
            coding = _coding(request)
            self._ask_for_room()
            body = await self._read_body(request, held)
            content, checked = await self._parse(signal, encoding, body, coding)
            if checked.kept or checked.rejected:
                await self._append(signal, encoding, content, checked)
        except _Refusal as refusal:
            self.counts.refused += 1
            return refused(refusal.status, refusal.message, encoding)
        except ClientDisconnect:
            return refused(400, "the sender went away", encoding)
        except Exception:  # noqa: BLE001 -- a 500 would make the sender drop its batch
            _log.exception("a request failed by our own mistake")
            return refused(503, "playhead could not handle this request", encoding)
        finally:
            self._reading_bytes -= held.size_bytes
        self.counts.rejected += len(checked.rejected)
        self.counts.enum_names += checked.enum_names
        return accepted(signal, encoding, checked)

    def _ask_for_room(self) -> None:
        """Refuse early when the disk is (nearly) full or has failed."""
        if self.log.failure is not None:
            raise _Refusal(503, self.log.failure)
        now_s = time.monotonic()
        if now_s - self._free_asked_s > _FREE_SPACE_EVERY_S:
            self._free_bytes = self.log.free_bytes()
            self._free_asked_s = now_s
        if self._free_bytes < self.free_bytes_min:
            raise _Refusal(503, f"the disk is nearly full: {self._free_bytes} bytes are free")

    async def _read_body(self, request: Request, held: "_Held") -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limits.BODY_BYTES_MAX:
            raise _too_large()
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self.request_s_max):
                async for part in request.stream():
                    held.size_bytes += len(part)
                    self._reading_bytes += len(part)
                    if held.size_bytes > limits.BODY_BYTES_MAX:
                        raise _too_large()
                    if self._reading_bytes > limits.BODIES_BYTES_MAX:
                        raise _Refusal(503, "too many large requests at once")
                    parts.append(part)
        except TimeoutError:
            raise _Refusal(408, f"no whole request in {self.request_s_max:g} seconds") from None
        return b"".join(parts)

    async def _parse(
        self, signal: Signal, encoding: Encoding, body: bytes, coding: str
    ) -> tuple[bytes, Checked]:
        """Inflate and check in a thread: small bodies side by side, large ones one by one."""
        loop = asyncio.get_running_loop()
        try:
            try:
                return await loop.run_in_executor(
                    self._small, _open, signal, encoding, body, coding, limits.SMALL_BODY_BYTES
                )
            except InflatesTooFar:
                return await loop.run_in_executor(
                    self._large, _open, signal, encoding, body, coding, limits.BODY_BYTES_MAX
                )
        except (InflatesTooFar, wire.TooLarge) as problem:
            raise _Refusal(413, str(problem)) from None
        except (InflateError, wire.WireError) as problem:
            raise _Refusal(400, str(problem)) from None

    async def _append(
        self, signal: Signal, encoding: Encoding, content: bytes, checked: Checked
    ) -> None:
        entry = LogEntry(
            signal=signal,
            encoding=encoding,
            received_ns=self.clock(),
            body=content,
            rejected=checked.rejected,
        )
        try:
            if len(content) > limits.SMALL_BODY_BYTES:  # compressing it takes a while
                queued = await asyncio.to_thread(self.log.append, entry)
            else:
                queued = self.log.append(entry)
            await asyncio.wrap_future(queued)
        except LogUnavailable as problem:
            raise _Refusal(503, str(problem)) from None


@dataclass(slots=True)
class _Held:
    size_bytes: int = 0


def _open(
    signal: Signal, encoding: Encoding, body: bytes, coding: str, bytes_max: int
) -> tuple[bytes, Checked]:
    content = inflate(body, coding, bytes_max=bytes_max)
    checked = wire.check(signal, encoding, content)
    if checked.unparsable and not checked.kept:
        raise wire.WireError(checked.reason)
    return content, checked


def _encoding(request: Request) -> Encoding:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = _ENCODINGS.get(content_type)
    if encoding is None:
        said = f"not {content_type!r}" if content_type else "and none is named"
        raise _Refusal(415, f"send application/x-protobuf or application/json, {said}")
    return encoding


def _coding(request: Request) -> str:
    coding = _CODINGS.get(request.headers.get("content-encoding", "").strip().lower())
    if coding is None:
        sent = request.headers["content-encoding"]
        raise _Refusal(415, f"content encoding {sent!r} is not gzip, deflate or identity")
    return coding


def _too_large() -> _Refusal:
    return _Refusal(413, f"a request may have {limits.BODY_BYTES_MAX} bytes")
