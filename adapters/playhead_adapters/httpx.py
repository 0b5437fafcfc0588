# pyright: basic
"""Each HTTP attempt to a model provider, with what it answered: `httpx` and its successor `httpx2`.

An attempt is recorded when it is made inside a model call, or when its path is one of a provider's
and some step is running. All other traffic of the program is left alone. Redirects and retries of
the client library are attempts of their own, so a swallowed 429 becomes visible.

`Client._send_single_request` is private in both packages, and the one place that every transport,
redirect and authentication flow passes; the public `send` sees the last answer only.
"""

import hashlib
import json
import re
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final
from weakref import WeakKeyDictionary

from playhead import context
from playhead import semconv as names
from playhead.adapter import Unwrap, wrap
from playhead.content import to_json
from playhead.recorder import OpenStep, Recorder
from playhead.shield import shield, warn_once
from playhead.steps import HttpAttempt, JsonText, ModelCall
from playhead_adapters.supported import SUPPORTED, outside, supported

BODY_BYTES_MAX: Final = 16 * 2**20  # what a span may carry; longer answers keep their size only
_SECRET_QUERY: Final = re.compile(
    r"(?<=[?&])([^=&]*(?:key|token|sig|secret)[^=&]*)=[^&]*", re.IGNORECASE
)
_STREAM_END: Final = b"[DONE]\n\n"  # after which clients close without reading on
_PROVIDER_PATH: Final = re.compile(
    r"/(chat/completions|completions|responses|messages|embeddings|converse(-stream)?|invoke)$"
    r"|:(stream)?generateContent$|/api/(chat|generate)$"
)


class HttpxAdapter:
    """Records HTTP attempts of every client of `httpx` and `httpx2`."""

    name = "httpx"
    package = "httpx"
    modules = ("httpx", "httpx2")
    supports = supported("httpx", "httpx").range
    silences = supported("httpx", "httpx").silences

    def __init__(self) -> None:
        """Hook nothing yet."""
        self._hooks: dict[str, list[Unwrap]] = {}

    def install(self, recorder: Recorder) -> None:
        """Hook those of the two packages that are loaded and not hooked yet."""
        for row in SUPPORTED:
            if row.adapter == self.name and row.package in sys.modules and (why := outside(row)):
                warn_once(f"version {row.package}", why)
        attempts = _Attempts(recorder)
        for package in self.modules:
            module = sys.modules.get(package)
            if module is not None and package not in self._hooks:
                streams = _streams(module)
                self._hooks[package] = [
                    _hook(module.Client, _send(attempts, streams[0])),
                    _hook(module.AsyncClient, _send_async(attempts, streams[1])),
                ]

    def uninstall(self) -> None:
        """Take every hook out."""
        for hooks in self._hooks.values():
            for undo in hooks:
                undo()
        self._hooks.clear()


Call = Callable[..., Any]


def _hook(client: type, make: Callable[[Call], Call]) -> Unwrap:
    return wrap(client, "_send_single_request", make, expects=("self", "request"))


def _send(attempts: "_Attempts", stream: Callable[..., Any]) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def _send_single_request(self: Any, request: Any) -> Any:
            attempt = attempts.begin(request)
            if attempt is None:
                return original(self, request)
            try:
                response = original(self, request)
            except BaseException as error:
                attempt.fail(error)
                raise
            attempt.answered(response, stream)
            return response

        return _send_single_request

    return make


def _send_async(attempts: "_Attempts", stream: Callable[..., Any]) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        async def _send_single_request(self: Any, request: Any) -> Any:
            attempt = attempts.begin(request)
            if attempt is None:
                return await original(self, request)
            try:
                response = await original(self, request)
            except BaseException as error:
                attempt.fail(error)
                raise
            attempt.answered(response, stream)
            return response

        return _send_single_request

    return make


@dataclass(slots=True)
class _Sent:
    """What was sent so far under one step."""

    attempts: int = 0
    hashes: set[str] = field(default_factory=set[str])


class _Attempts:
    """Opens an attempt for each request that is to be recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sent: WeakKeyDictionary[OpenStep, _Sent] = WeakKeyDictionary()

    def begin(self, request: Any) -> "_Attempt | None":
        """Return the open attempt, or `None` when this request is none of our business."""
        with shield("httpx.request"):
            above = context.current()
            if above is None:
                return None
            if above.step.kind != "model_call" and not _PROVIDER_PATH.search(request.url.path):
                return None
            return _Attempt(self._recorder, self._open(request, above))
        return None

    def _open(self, request: Any, above: OpenStep) -> OpenStep:
        sent = self._sent.setdefault(above, _Sent())
        content = JsonText(self._recorder.processor.mask(_canonical(request)))
        digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
        again = digest in sent.hashes
        stated = request.headers.get("x-stainless-retry-count")
        resent = int(stated) if stated and stated.isdigit() else sent.attempts
        sent.attempts += 1
        sent.hashes.add(digest)
        if isinstance(above.step, ModelCall):
            above.update(resend_count=sent.attempts - 1, request_hash=digest)
        url = request.url
        step = HttpAttempt(
            name=f"{request.method} {url.path}",
            method=request.method,
            url=_address(url),
            server_address=url.host,
            server_port=url.port or {"https": 443, "http": 80}.get(url.scheme),
            resend_count=resent,
            request_hash=digest,
            request=None if again else content,
        )
        return self._recorder.open(step, parent=above)


class _Attempt:
    """One attempt between its request and the end of its answer. No method raises."""

    def __init__(self, recorder: Recorder, step: OpenStep) -> None:
        self._recorder = recorder
        self._step = step
        self._last_ns = perf_counter_ns()
        self._body: list[bytes] = []
        self._chunks: list[tuple[int, int]] = []
        self._bytes = 0
        self._inflate: Any = None

    def answered(self, response: Any, stream: Callable[..., Any]) -> None:
        """Note status and headers, and watch the body while the caller reads it."""
        with shield("httpx.response"):
            headers = response.headers
            self._step.update(
                status=response.status_code,
                retry_after_ms=_retry_after_ms(headers),
                request_id=headers.get("x-request-id") or headers.get("request-id"),
                response_headers=dict(headers.items()),
            )
            if response.is_closed:  # a transport that answered with the whole body at once
                self.chunk(response.content)
                self.done()
            else:
                if headers.get("content-encoding", "").lower() in ("gzip", "deflate"):
                    self._inflate = zlib.decompressobj(wbits=47)  # finds out which of the two
                response.stream = stream(response.stream, self)

    def chunk(self, received: bytes) -> None:
        """Keep one piece of the body, without its compression, and the time since the last one."""
        with shield("httpx.chunk"):
            now_ns = perf_counter_ns()
            gap_us, self._last_ns = (now_ns - self._last_ns) // 1000, now_ns
            piece = received if self._inflate is None else self._inflate.decompress(received)
            self._bytes += len(piece)
            if self._bytes <= BODY_BYTES_MAX:
                self._body.append(piece)
                self._chunks.append((gap_us, len(piece)))

    def done(self) -> None:
        """The body came to its end."""
        with shield("httpx.done"):
            self._end(None)

    def close(self) -> None:
        """The caller has enough; it may not have read everything."""
        with shield("httpx.close"):
            if not self._step.ended:
                if not (self._body and self._body[-1].endswith(_STREAM_END)):
                    self._note({names.HTTP_CLOSED_EARLY: True})
                self._end(None)

    def fail(self, error: BaseException) -> None:
        """The connection failed, before the answer or in the middle of it."""
        with shield("httpx.fail"):
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        step = self._step
        if step.ended:
            return
        attempt = step.step
        if isinstance(attempt, HttpAttempt) and attempt.status is not None:
            if self._bytes > BODY_BYTES_MAX:
                self._note(
                    {names.HTTP_RESPONSE_SIZE: self._bytes, names.CONTENT_STATE: "truncated"}
                )
            else:
                step.update(response_body=b"".join(self._body), response_chunks=tuple(self._chunks))
            if attempt.status >= 400:
                self._note(
                    {names.ERROR_TYPE: str(attempt.status)}
                )  # as OpenTelemetry's HTTP rules ask
        step.end(error=error)

    def _note(self, facts: Mapping[str, Any]) -> None:
        self._step.update(attributes={**self._step.step.attributes, **facts})


def _streams(module: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return our two stream classes, over this module's public base classes."""

    class Watched(module.SyncByteStream):
        """Hands on every byte as it comes, and tells the attempt."""

        def __init__(self, inner: Any, attempt: _Attempt) -> None:
            self._inner, self._attempt = inner, attempt

        def __iter__(self) -> Iterator[bytes]:
            try:
                for chunk in self._inner:
                    self._attempt.chunk(chunk)
                    yield chunk
            except GeneratorExit:
                self._attempt.close()
                raise
            except BaseException as error:
                self._attempt.fail(error)
                raise
            self._attempt.done()

        def close(self) -> None:
            try:
                self._inner.close()
            finally:
                self._attempt.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    class AsyncWatched(module.AsyncByteStream):
        """The same for asynchronous clients."""

        def __init__(self, inner: Any, attempt: _Attempt) -> None:
            self._inner, self._attempt = inner, attempt

        async def __aiter__(self) -> AsyncIterator[bytes]:
            chunks = self._inner.__aiter__()
            try:
                async for chunk in chunks:
                    self._attempt.chunk(chunk)
                    yield chunk
            except GeneratorExit:
                self._attempt.close()
                if hasattr(chunks, "aclose"):
                    await chunks.aclose()
                raise
            except BaseException as error:
                self._attempt.fail(error)
                raise
            self._attempt.done()

        async def aclose(self) -> None:
            try:
                await self._inner.aclose()
            finally:
                self._attempt.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    return Watched, AsyncWatched


def _canonical(request: Any) -> str:
    """Return what makes two requests equal, as JSON text: method, address, body. No headers."""
    said = {"method": request.method, "url": _address(request.url), "body": _body(request)}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _body(request: Any) -> Any:
    try:
        content = request.content
    except RuntimeError:  # RequestNotRead: an upload that is made while it is sent
        return None
    try:
        return json.loads(content)
    except ValueError:
        return to_json(content) if content else None


def _address(url: Any) -> str:
    """Return a URL without user, password and the values of secret query parameters."""
    port = f":{url.port}" if url.port else ""
    query = url.query.decode("ascii", "replace")
    masked = _SECRET_QUERY.sub(r"\1=[masked:query]", f"?{query}") if query else ""
    return f"{url.scheme}://{url.host}{port}{url.path}{masked}"


def _retry_after_ms(headers: Any) -> int | None:
    """Return how long the provider asks to wait; `None` when it does not say, or says a date."""
    for name, factor in (("retry-after-ms", 1), ("retry-after", 1000)):
        try:
            return round(float(headers[name]) * factor)
        except (KeyError, ValueError):
            continue
    return None
