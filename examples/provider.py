"""A local model provider that answers by script, over the protocol of OpenAI's chat completions.

It stands where a provider stands: behind HTTP, with plain and streamed answers, tool calls, token
usage, rate limits and outages. What it says is decided by one function, `Ask -> Answer | Refusal`.
The same requests in the same order get the same bytes, ids included.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

CREATED_S = 1_767_225_600  # 2026-01-01, so that equal runs give equal bytes
CHARACTERS_PER_TOKEN = 4
REQUEST_BYTES_MAX = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, with what a script wants to look at."""

    body: Mapping[str, Any]
    retry: int  # how often the client library has sent this request before

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def system(self) -> str:
        return "\n".join(
            _text(m) for m in self.messages if m.get("role") in ("system", "developer")
        )

    @property
    def last(self) -> str:
        """The text of the newest message."""
        return _text(self.messages[-1]) if self.messages else ""

    @property
    def tool_results(self) -> list[str]:
        return [_text(m) for m in self.messages if m.get("role") == "tool"]

    @property
    def tools(self) -> list[str]:
        return [t.get("function", {}).get("name", "") for t in self.body.get("tools") or []]


@dataclass(frozen=True, slots=True)
class Call:
    """One tool that the model asks for."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    cached_share: float = 0.0  # of the prompt's tokens
    tokens_reasoning: int = 0
    delay_s: float = 0.0  # before the first byte
    gap_s: float = 0.0  # between streamed chunks
    finish: str | None = None  # by default "tool_calls" or "stop"
    break_after: int | None = None  # chunks, then the connection is cut


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the provider says when it does not answer."""

    status: int
    message: str
    retry_after_ms: int | None = None
    code: str = "error"
    delay_s: float = 0.0


Decide: TypeAlias = Callable[[Ask], Answer | Refusal]


@dataclass
class ScriptedProvider:
    """The running server; a context manager. `asks` keeps every request it got, in order."""

    decide: Decide
    port: int = 0
    asks: list[Ask] = field(default_factory=list[Ask])

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._answered = 0
        self._called = 0
        self._server = _Server(("127.0.0.1", self.port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """What a client takes as `base_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def start(self) -> "ScriptedProvider":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def note(self, ask: Ask) -> int:
        """Keep the request and give it its number, from 1."""
        with self._lock:
            self.asks.append(ask)
            self._answered += 1
            return self._answered

    def call_ids(self, count: int) -> list[str]:
        with self._lock:
            first, self._called = self._called + 1, self._called + count
            return [f"call_{n:04d}" for n in range(first, first + count)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], provider: ScriptedProvider) -> None:
        self.provider = provider
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the output belongs to the example."""

    def do_POST(self) -> None:
        length = min(int(self.headers.get("content-length", 0)), REQUEST_BYTES_MAX)
        body = json.loads(self.rfile.read(length) or b"{}")
        ask = Ask(body=body, retry=int(self.headers.get("x-stainless-retry-count") or 0))
        number = self.server.provider.note(ask)
        said = self.server.provider.decide(ask)
        time.sleep(said.delay_s)
        if isinstance(said, Refusal):
            self._refuse(said, number)
        elif body.get("stream"):
            self._stream(ask, said, number)
        else:
            self._answer(ask, said, number)

    def _refuse(self, said: Refusal, number: int) -> None:
        headers = {"x-request-id": f"req_{number:04d}"}
        if said.retry_after_ms is not None:
            headers["retry-after-ms"] = str(said.retry_after_ms)
        error = {"message": said.message, "type": said.code, "code": said.code, "param": None}
        self._json(said.status, {"error": error}, headers)

    def _answer(self, ask: Ask, said: Answer, number: int) -> None:
        message, finish = self._message(said)
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        body = {**_head(ask, number), "object": "chat.completion", "choices": [choice]}
        body["usage"] = _usage(ask, said)
        self._json(200, body, {"x-request-id": f"req_{number:04d}"})

    def _json(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def _stream(self, ask: Ask, said: Answer, number: int) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("x-request-id", f"req_{number:04d}")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for count, event in enumerate(self._events(ask, said, number)):
            if count == said.break_after:
                self.close_connection = True
                return
            if count:
                time.sleep(said.gap_s)
            self._chunk(b"data: " + event.encode() + b"\n\n")
        self._chunk(b"")

    def _chunk(self, payload: bytes) -> None:
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        self.wfile.flush()

    def _events(self, ask: Ask, said: Answer, number: int) -> Iterator[str]:
        message, finish = self._message(said)
        head = {**_head(ask, number), "object": "chat.completion.chunk"}

        def event(delta: object, reason: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            return json.dumps({**head, "choices": [choice]})

        yield event({"role": "assistant", "content": "" if said.text else None})
        for piece in _pieces(said.text):
            yield event({"content": piece})
        for index, call in enumerate(message.get("tool_calls", [])):
            yield event({"tool_calls": [{"index": index, **call}]})
        yield event({}, finish)
        if (ask.body.get("stream_options") or {}).get("include_usage"):
            yield json.dumps({**head, "choices": [], "usage": _usage(ask, said)})
        yield "[DONE]"

    def _message(self, said: Answer) -> tuple[dict[str, Any], str]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None}
        if said.calls:
            ids = self.server.provider.call_ids(len(said.calls))
            message["tool_calls"] = [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
                }
                for call_id, call in zip(ids, said.calls, strict=True)
            ]
        return message, said.finish or ("tool_calls" if said.calls else "stop")


def _head(ask: Ask, number: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number:04d}",
        "created": CREATED_S + number,
        "model": f"{ask.model}-2026-01-15" if ask.model else "scripted",
        "system_fingerprint": "fp_scripted",
        "service_tier": "default",
    }


def _usage(ask: Ask, said: Answer) -> dict[str, Any]:
    prompt = sum(len(_text(m)) + 12 for m in ask.messages) + len(json.dumps(ask.body.get("tools")))
    tokens_in = max(1, prompt // CHARACTERS_PER_TOKEN)
    spoken = said.text + "".join(c.name + json.dumps(dict(c.arguments)) for c in said.calls)
    tokens_out = max(1, len(spoken) // CHARACTERS_PER_TOKEN) + said.tokens_reasoning
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "prompt_tokens_details": {
            "cached_tokens": int(tokens_in * said.cached_share),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": said.tokens_reasoning,
            "audio_tokens": 0,
        },
    }


def _pieces(text: str) -> Iterator[str]:
    """Words with the space before them: their sum is the text."""
    words = text.split(" ")
    for number, word in enumerate(words):
        if number or word:
            yield word if number == 0 else " " + word


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")
