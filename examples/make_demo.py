"""Records the runs that `playhead demo` shows, and packs them into the dashboard's folder.

Every run is real: two of the examples on LangGraph, against the scripted provider, recorded by the
tracer and caught as the OTLP/JSON that they send. Run it again when the recording format changes:

    python examples/make_demo.py
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from provider import Answer, Ask, Refusal, ScriptedProvider
from research_story import decide

EXAMPLES = Path(__file__).parent
PACKED = EXAMPLES.parent / "dashboard" / "playhead_dashboard" / "demo" / "recordings.json.gz"
PACKED_BYTES_MAX = 1_000_000
STARTED = "playhead.span.started"  # only says that a step runs; here all of them have ended


def overloaded(ask: Ask) -> Answer | Refusal:
    """Refuse every draft for too many requests, as a provider does in its rush hour."""
    if "You plan research" in ask.system or "You review" in ask.system:
        return decide(ask)
    message = "Rate limit reached for requests per minute: limit 500, used 500. Try again in 9 s."
    return Refusal(429, message, retry_after_ms=20, code="rate_limit_exceeded", delay_s=0.02)


@dataclass(frozen=True)
class Take:
    """One run to record: its name, the command, the model, what the provider says."""

    name: str
    command: tuple[str, ...]
    model: str
    script: Any = decide


def question(name: str, number: int, model: str, script: Any = decide) -> Take:
    """Return a take of the research example."""
    return Take(name, ("research_graph.py", "--question", str(number)), model, script)


def order(name: str, number: int) -> Take:
    """Return a take of the refund desk, which brings its own provider."""
    return Take(name, ("refund_triage.py", "--order", str(number)), "larkspur-desk-7b")


TAKES = (
    question("approved", 1, "gpt-4o"),
    question("approved-small", 1, "gpt-4o-mini"),
    question("published", 2, "gpt-4o-mini"),
    question("published-large", 2, "gpt-4o"),
    question("no-tickets", 3, "gpt-4o-mini"),
    question("endless", 4, "gpt-4o"),
    question("rate-limited", 1, "gpt-4o", overloaded),
    question("rate-limited-small", 2, "gpt-4o-mini", overloaded),
    order("refunded", 1),
    order("refused", 2),
    order("handed-over", 3),
    order("no-order", 4),
)


@dataclass
class Caught:
    """The OTLP requests of one program, merged."""

    traces: list[Any] = field(default_factory=list[Any])
    logs: list[Any] = field(default_factory=list[Any])


def main() -> int:
    """Record every take and write the packed file; return the exit status."""
    recordings: dict[str, Any] = {}
    for take in TAKES:
        caught = record(take)
        recordings[take.name] = {"traces": caught.traces, "logs": without_started(caught.logs)}
        print(f"{take.name}: {len(json.dumps(recordings[take.name])):,} bytes", flush=True)
    text = json.dumps(recordings, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    packed = gzip.compress(text.encode(), 9, mtime=0)
    if len(packed) > PACKED_BYTES_MAX:
        print(f"{len(packed):,} bytes are too many for the wheel", file=sys.stderr)
        return 1
    PACKED.write_bytes(packed)
    print(f"wrote {len(packed):,} bytes to {PACKED.name}")
    return 0


def record(take: Take) -> Caught:
    """Run the example once and return what its tracer sent."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedProvider(take.script) as provider,
        catching() as (address, caught),
    ):
        environment = os.environ | {
            "OPENAI_BASE_URL": provider.url,
            "OPENAI_API_KEY": "scripted",
            "OPENAI_MODEL": take.model,
            "PLAYHEAD_ENDPOINT": address,
            "PLAYHEAD_CAPTURE": "all",
            "PLAYHEAD_SPOOL_DIR": f"{folder}/spool",
        }
        # A take that fails ends with its traceback: that is the story, and not ours to print.
        subprocess.run(
            [sys.executable, *take.command],
            env=environment,
            cwd=EXAMPLES,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if not caught.traces:
            raise SystemExit(f"{take.name}: nothing was recorded")
        return caught


@contextmanager
def catching() -> Generator[tuple[str, Caught]]:
    """Stand where a collector stands, until the block ends; give its address and what it got."""
    caught = Caught()

    class Collector(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({"name": "playhead", "version": "0", "status": "ok"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            sent = json.loads(body)
            caught.traces.extend(sent.get("resourceSpans", ()))
            caught.logs.extend(sent.get("resourceLogs", ()))
            self._answer({})

        def _answer(self, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", caught
    finally:
        server.shutdown()
        server.server_close()


def without_started(resources: list[Any]) -> list[Any]:
    """Leave out the events that only say that a step has begun."""
    for resource in resources:
        for scope in resource["scopeLogs"]:
            scope["logRecords"] = [
                event for event in scope["logRecords"] if event.get("eventName") != STARTED
            ]
    return resources


if __name__ == "__main__":
    sys.exit(main())
