# pyright: basic
"""From `init` to a collector: through the spool, only to a playhead, whatever the world does."""

import json
import logging
import os
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.resources import OTELResourceDetector
from tests.tracer.conftest import Program
from tests.tracer.sink import Handler, Sink, serving

import playhead
from playhead import settings as settings_module
from playhead.resource import from_environment
from playhead.settings import read_settings

RECORD = """
    import os, sys, time
    import playhead
    playhead.init()
    with playhead.workflow("w"):
        with playhead.tool("t", input={"q": "hello"}) as t:
            t.update(output="world")
"""


def files(spool: Path) -> list[Path]:
    return sorted(spool.glob("*")) if spool.exists() else []


def record(name: str = "w", **content: Any) -> None:
    with playhead.workflow(name, **content):
        pass


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_steps_arrive_whole_and_the_spool_is_empty_again(own_spool: Path) -> None:
    with serving() as sink:
        playhead.init(endpoint=sink.url, project="refunds", tags={"env": "prod"})
        with playhead.workflow("w", input={"a": "ä"}):
            playhead.decide("d", chosen="x")
        assert playhead.flush()
        stats = playhead.stats()
        playhead.shutdown()
    assert sink.names() == ["decide d", "invoke_workflow w"]
    assert [log["eventName"] for log in sink.logs()] == ["playhead.span.started"]
    assert (stats.recorded, stats.delivered, stats.spooled, stats.dropped) == (2, 3, 0, 0)
    assert files(own_spool) == []
    resource = json.loads(sink.requests[-1][2])["resourceLogs"][0]["resource"]["attributes"]
    told = {pair["key"]: next(iter(pair["value"].values())) for pair in resource}
    assert told["playhead.project"] == "refunds"
    assert told["playhead.tag.env"] == "prod"
    assert told["telemetry.distro.name"] == "playhead"
    assert told["process.pid"] == str(os.getpid())


def test_the_resource_variables_of_opentelemetry_are_honoured(program: Program) -> None:
    with serving() as sink:
        done = program.run(
            RECORD,
            PLAYHEAD_ENDPOINT=sink.url,
            OTEL_SERVICE_NAME="shop",
            OTEL_RESOURCE_ATTRIBUTES="team=blue",
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(sink.requests[-1][2])
    resource = next(iter(told.values()))[0]["resource"]["attributes"]
    assert {"key": "service.name", "value": {"stringValue": "shop"}} in resource
    assert {"key": "team", "value": {"stringValue": "blue"}} in resource


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "shop"},
        {"OTEL_RESOURCE_ATTRIBUTES": "a=1, b = two%20words ,service.name=x,odd,=y,c=d=e"},
        {"OTEL_RESOURCE_ATTRIBUTES": "service.name=x", "OTEL_SERVICE_NAME": "shop"},
    ],
)
def test_the_resource_is_read_as_the_sdk_reads_it(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    theirs = dict(OTELResourceDetector().detect().attributes)
    theirs.pop("", None)  # an attribute without a name, which OTLP does not know
    assert from_environment(os.environ) == theirs


def test_a_token_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_TOKEN", "open-sesame")
    with serving() as sink:
        playhead.init(endpoint=sink.url)
        record()
        assert playhead.flush()
    assert {r[1].get("Authorization") for r in sink.requests} == {"Bearer open-sesame"}
    assert "open-sesame" not in repr(read_settings())


def test_a_running_step_is_announced_before_it_ends() -> None:
    with serving() as sink:
        playhead.init(endpoint=sink.url)
        with playhead.workflow("w"):
            with playhead.step("quick"):
                pass
            with playhead.step("slow", input="why"):
                deadline_s = time.monotonic() + 5
                while len(sink.logs()) < 2 and time.monotonic() < deadline_s:
                    time.sleep(0.02)
    told = [{p["key"]: p["value"] for p in log["attributes"]} for log in sink.logs()]
    assert [t["playhead.span.name"]["stringValue"] for t in told] == [
        "invoke_workflow w",
        "step slow",
    ]
    assert told[1]["playhead.input"] == {"stringValue": '"why"'}
    assert told[1]["playhead.span.parent_id"]["stringValue"] == sink.logs()[0]["spanId"]


def test_the_run_says_which_program_it_was() -> None:
    with serving() as sink:
        playhead.init(endpoint=sink.url)
        time.sleep(0.2)  # versions are looked up in the background
        record()
        assert playhead.flush()
    [span] = sink.spans()
    [told] = [p["value"] for p in span["attributes"] if p["key"] == "playhead.run.program"]
    facts = json.loads(told["stringValue"])
    assert facts["pid"] == os.getpid()
    assert facts["cwd"] == os.getcwd()
    assert facts["versions"]["pytest"] == pytest.__version__
    assert "opentelemetry-sdk" in facts["versions"]


# --- absent, late, dying ----------------------------------------------------------------------------


def test_a_collector_that_comes_later_gets_everything(own_spool: Path) -> None:
    port = free_port()
    playhead.init(endpoint=f"http://127.0.0.1:{port}")
    record("early")
    assert not playhead.flush(timeout_s=2.0)
    assert playhead.stats().spooled == 2
    time.sleep(1.0)
    with serving(port=port) as sink:
        assert sink.wait_for(1, timeout_s=4.0) == ["invoke_workflow early"]


def test_what_was_recorded_for_another_endpoint_is_not_sent_to_this_one(
    program: Program, own_spool: Path
) -> None:
    program.run(RECORD, PLAYHEAD_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert len(files(own_spool)) == 1
    with serving() as sink:
        program.run(RECORD, PLAYHEAD_ENDPOINT=sink.url)
        assert sink.names() == ["execute_tool t", "invoke_workflow w"]
    assert len(files(own_spool)) == 1


def test_the_next_program_delivers_what_a_killed_one_left(
    program: Program, own_spool: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    victim = program.start(
        RECORD + "\n    time.sleep(0.2)\n    os.kill(os.getpid(), 9)", PLAYHEAD_ENDPOINT=url
    )
    victim.communicate()
    assert victim.returncode == -9
    assert len(files(own_spool)) == 1
    with serving(port=port) as sink:
        playhead.init(endpoint=url)
        assert sink.wait_for(2) == ["execute_tool t", "invoke_workflow w"]
        playhead.shutdown()
    assert files(own_spool) == []


def test_a_program_that_ends_at_once_has_delivered(program: Program, own_spool: Path) -> None:
    with serving() as sink:
        done = program.run(RECORD + "\n    sys.exit(7)", PLAYHEAD_ENDPOINT=sink.url)
    assert (done.returncode, done.stderr) == (7, "")
    assert sink.names() == ["execute_tool t", "invoke_workflow w"]
    assert files(own_spool) == []


def test_without_a_collector_the_end_is_quick_and_the_spool_is_kept(
    program: Program, own_spool: Path
) -> None:
    begun_s = time.monotonic()
    done = program.run(
        RECORD
        + "\n    t0 = time.monotonic()\n    playhead.shutdown()\n    print(time.monotonic() - t0)\n    sys.exit(3)",
        PLAYHEAD_ENDPOINT=f"http://127.0.0.1:{free_port()}",
    )
    assert done.returncode == 3
    assert float(done.stdout) < 1.0
    assert time.monotonic() - begun_s < 10
    assert len(files(own_spool)) == 1


def test_delivery_resumes_where_it_stopped(own_spool: Path) -> None:
    with serving() as sink:
        playhead.init(endpoint=sink.url)
        record("one")
        assert playhead.flush()
        port = int(sink.url.rpartition(":")[2])
    record("two")
    assert not playhead.flush(timeout_s=1.0)
    with serving(port=port) as sink:
        assert sink.wait_for(1) == ["invoke_workflow two"]


# --- not a playhead -----------------------------------------------------------------------------------


def unnamed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `url` stand for the default address, which is somebody else's on a shared machine."""
    settings = replace(read_settings(endpoint=url), named=False)
    monkeypatch.setattr(settings_module, "read_settings", lambda **_: settings)


def test_a_foreign_collector_on_the_default_address_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Sink(health={"status": "Server available"})) as sink:
        unnamed(sink.url, monkeypatch)
        playhead.init()
        record(input="private")
        assert not playhead.flush(timeout_s=2.0)
        playhead.shutdown()
    assert {path for path, _, _ in sink.requests} == {"/api/health"}
    assert playhead.stats().spooled == 2
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "is not a playhead" in warnings[0]


def test_a_foreign_collector_that_was_named_gets_metadata_only() -> None:
    with serving(Sink(health={"status": "ok"})) as sink:
        playhead.init(endpoint=sink.url)
        with (
            playhead.workflow("w", input="private"),
            pytest.raises(ValueError),
            playhead.tool("t", input="private") as tool,
        ):
            tool.update(output="private", mine="private")
            raise ValueError("private")
        assert playhead.flush()
    assert sink.names() == ["execute_tool t", "invoke_workflow w"]
    for _, _, body in sink.requests:
        assert b"private" not in body
    told = {p["key"]: p["value"] for p in sink.spans()[0]["attributes"]}
    assert told["playhead.content.state"] == {"stringValue": "not_captured"}
    assert told["error.type"] == {"stringValue": "ValueError"}


def test_a_foreign_collector_gets_content_when_asked_for_by_name() -> None:
    with serving(Sink(health={"status": "ok"})) as sink:
        playhead.init(endpoint=sink.url, capture="all")
        record(input="private")
        assert playhead.flush()
    assert any(b"private" in body for _, _, body in sink.requests)


@pytest.mark.parametrize(
    "environ",
    [
        {"PLAYHEAD_CAPTURE": "metadata"},
        {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT"},
    ],
)
def test_content_that_is_not_wanted_is_not_even_spooled(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, own_spool: Path
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    playhead.init(endpoint=f"http://127.0.0.1:{free_port()}")
    with (
        playhead.workflow("w", input="private"),
        pytest.raises(ValueError),
        playhead.tool("t", input="private"),
    ):
        raise ValueError("private")
    playhead.shutdown()
    [spool] = files(own_spool)
    assert b"execute_tool t" in spool.read_bytes()
    assert b"private" not in spool.read_bytes()


# --- hostile -----------------------------------------------------------------------------------------


def flood(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(2**30))
    handler.end_headers()
    for _ in range(2**14):
        handler.wfile.write(b"x" * 2**16)


def drip(handler: Handler, body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(600):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drip_headers(handler: Handler, body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for i in range(600):
        handler.wfile.write(f"X-{i}: y\r\n".encode())
        time.sleep(0.05)


def hang(handler: Handler, body: bytes) -> None:
    time.sleep(30)


def garbage(handler: Handler, body: bytes) -> None:
    handler.wfile.write(b"\x00\xff\r\n\r\n" * 1000)
    handler.close_connection = True


def nested(handler: Handler, body: bytes) -> None:
    text = b"[" * 60_000
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + text)


def misbehaving(where: str, behaviour: Any) -> Sink:
    return Sink(health=behaviour) if where == "health" else Sink(reply=behaviour)


HOSTILE = [flood, drip, drip_headers, hang, garbage, nested]


@pytest.mark.parametrize("behaviour", HOSTILE)
@pytest.mark.parametrize("where", ["health", "reply"])
def test_a_hostile_collector_costs_neither_time_nor_memory(behaviour: Any, where: str) -> None:
    psutil = pytest.importorskip("psutil")
    with serving(misbehaving(where, behaviour)) as sink:
        playhead.init(endpoint=sink.url)
        before = psutil.Process().memory_info().rss
        begun_s = time.monotonic()
        for _ in range(100):
            record()
        emitted_s = time.monotonic() - begun_s
        playhead.flush(timeout_s=1.0)
        playhead.shutdown(timeout_s=1.0)
        took_s = time.monotonic() - begun_s
        grown = psutil.Process().memory_info().rss - before
    assert emitted_s < 2.0
    assert took_s < emitted_s + 4.0
    # The flooding server is in this process too; its writes are refused by the kernel's buffer.
    assert grown < 64 * 2**20


def test_no_redirect_is_followed() -> None:
    with serving() as other:

        def elsewhere(handler: Handler, body: bytes) -> None:
            handler.answer(307, {}, Location=f"{other.url}{handler.path}")

        for where in ("health", "reply"):
            with serving(misbehaving(where, elsewhere)) as sink:
                playhead.init(endpoint=sink.url)
                record()
                playhead.flush(timeout_s=1.0)
                playhead.shutdown(timeout_s=0.5)
    assert other.requests == []


def test_a_busy_collector_is_left_alone_as_long_as_it_asks(own_spool: Path) -> None:
    answers: list[float] = []

    def busy_once(handler: Handler, body: bytes) -> None:
        answers.append(time.monotonic())
        if len(answers) == 1:
            handler.answer(503, {}, Retry_After="1")
        else:
            handler.accept(body)

    with serving(Sink(reply=busy_once)) as sink:
        playhead.init(endpoint=sink.url)
        record()
        assert sink.wait_for(1) == ["invoke_workflow w"]
    assert answers[1] - answers[0] >= 1.0
    assert playhead.stats().dropped == 0


def test_one_refused_step_costs_no_other() -> None:
    def picky(handler: Handler, body: bytes) -> None:
        if b"poison" in body:
            handler.answer(400, {"code": 3, "message": "no"})
        else:
            handler.accept(body)

    with serving(Sink(reply=picky)) as sink:
        playhead.init(endpoint=sink.url)
        with playhead.workflow("w"):
            for i in range(20):
                playhead.decide("poison" if i == 7 else f"d{i}", chosen="x")
        playhead.flush()
    assert len(set(sink.names())) == 20
    assert playhead.stats().dropped == 1


def test_what_a_collector_rejects_is_counted() -> None:
    def partly(handler: Handler, body: bytes) -> None:
        count = "1" if handler.path == "/v1/traces" else "0"
        handler.accept(body, {"partialSuccess": {"rejectedSpans": count}})

    with serving(Sink(reply=partly)) as sink:
        playhead.init(endpoint=sink.url)
        record()
        assert playhead.flush()
    assert (playhead.stats().delivered, playhead.stats().dropped) == (1, 1)
