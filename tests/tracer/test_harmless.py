# pyright: basic
"""The program is unharmed: by our imports, hooks, values it states, and its own telemetry kept whole."""

import logging
import os
import sys
import threading
import time
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.tracer.conftest import Program
from tests.tracer.sink import serving

import playhead
from playhead.settings import TracerSettings, read_settings
from playhead.testing import recorder

NOWHERE = "http://127.0.0.1:9"


def test_init_may_be_called_ten_times_and_the_first_call_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    start = threading.Thread.start
    for _ in range(10):
        playhead.init(endpoint=NOWHERE, project="one")
    hooked = threading.Thread.start
    assert caplog.records == []
    playhead.init(endpoint=NOWHERE, project="two")
    assert [r.getMessage() for r in caplog.records] == [
        "init was called again with other settings; the first ones hold [init]"
    ]
    assert threading.Thread.start is hooked
    playhead.shutdown(timeout_s=0.2)
    assert threading.Thread.start is start


def test_after_shutdown_init_starts_anew() -> None:
    with serving() as sink:
        for name in ("one", "two"):
            playhead.init(endpoint=sink.url)
            with playhead.workflow(name):
                pass
            playhead.shutdown()
    assert sink.names() == ["invoke_workflow one", "invoke_workflow two"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"endpoint": "localhost:4318"}, "endpoint must be http"),
        ({"endpoint": "ftp://x"}, "endpoint must be http"),
        ({"endpoint": "http://user:pw@host"}, "endpoint must be http"),
        ({"endpoint": "http://h\r\nX: y"}, "endpoint must be http"),
        ({"endpoint": 4318}, "endpoint must be a text"),
        ({"capture": "everything"}, "capture must be"),
        ({"project": ""}, "project must be"),
        ({"adapters": "langgraph"}, "adapters must be"),
        ({"adapters": [1]}, "adapters must be"),
        ({"redact": "yes"}, "redact must be"),
        ({"tags": {"a": 1}}, "tags must map"),
        ({"tags": ["a"]}, "tags must map"),
    ],
)
def test_an_argument_that_cannot_be_meant_raises(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(playhead.PlayheadError, match=says):
        playhead.init(**wrong)


def test_a_wrong_environment_is_reported_and_the_default_holds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PLAYHEAD_ENDPOINT", "nonsense")
    monkeypatch.setenv("PLAYHEAD_CAPTURE", "nonsense")
    settings = read_settings()
    assert (settings.endpoint, settings.capture) == ("http://127.0.0.1:4318", "auto")
    assert len(caplog.records) == 2


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_PROJECT", "env")
    monkeypatch.setenv("PLAYHEAD_CAPTURE", "all")
    settings = read_settings(project="arg")
    assert (settings.project, settings.capture) == ("arg", "all")
    assert settings.origins["project"] == "argument"
    assert settings.origins["capture"] == "environment"
    assert settings.origins["endpoint"] == "default"
    assert isinstance(settings, TracerSettings)


def test_disabled_means_nothing_at_all(monkeypatch: pytest.MonkeyPatch, own_spool: Any) -> None:
    monkeypatch.setenv("PLAYHEAD_DISABLED", "1")
    start = threading.Thread.start
    playhead.init()
    with playhead.workflow("w"):
        pass
    playhead.shutdown()
    assert threading.Thread.start is start
    assert not own_spool.exists()


def test_importing_and_starting_loads_no_framework_and_no_server_library(program: Program) -> None:
    done = program.run(
        """
        import sys
        import playhead
        playhead.init(endpoint="http://127.0.0.1:9")
        heavy = {"pydantic", "duckdb", "fastapi", "dash", "plotly", "msgspec", "httpx", "httpx2",
                 "requests", "langgraph", "langchain_core", "openai", "asyncio", "google"}
        print(sorted(heavy & set(sys.modules)))
        """
    )
    assert done.stdout == "[]\n", done.stderr


def test_init_uses_no_network(program: Program) -> None:
    done = program.run(
        """
        import sys, time
        import playhead
        seen = []
        sys.addaudithook(lambda name, args: seen.append(name) if name.startswith("socket.") else None)
        playhead.init()
        time.sleep(0.5)
        print(seen)
        """
    )
    assert done.stdout == "[]\n", done.stderr


def test_init_is_quick(program: Program) -> None:
    done = program.run(
        """
        import time
        import playhead
        begun_s = time.process_time()
        playhead.init(endpoint="http://127.0.0.1:9")
        print(time.process_time() - begun_s)
        """
    )
    assert float(done.stdout) < 0.05 * 3, done.stdout  # 50 ms; thrice on a loaded machine


def context_of(span: ReadableSpan) -> trace.SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


def test_a_users_opentelemetry_is_the_same_with_and_without_us() -> None:
    def run(exporter: InMemorySpanExporter) -> list[tuple[str, str | None]]:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("user")
        with (
            tracer.start_as_current_span("outer") as outer,
            playhead.workflow("w"),
            playhead.step("s"),
        ):
            assert trace.get_current_span() is outer
            with tracer.start_as_current_span("inner"), playhead.tool("t"):
                pass
        spans = exporter.get_finished_spans()
        names = {context_of(span).span_id: span.name for span in spans}
        return [(s.name, names[s.parent.span_id] if s.parent else None) for s in spans]

    without = run(InMemorySpanExporter())
    exporter = InMemorySpanExporter()
    with recorder() as recording:
        assert run(exporter) == without == [("inner", "outer"), ("outer", None)]
    ids = {s.name: context_of(s) for s in exporter.get_finished_spans()}
    outer, inner = ids["outer"], ids["inner"]
    links = {step.step.name: step.links for step in recording.all()}
    assert links == {
        "w": (("user_span", f"{outer.trace_id:032x}", f"{outer.span_id:016x}"),),
        "s": (),
        "t": (("user_span", f"{inner.trace_id:032x}", f"{inner.span_id:016x}"),),
    }


def test_no_global_provider_handler_or_hook_is_touched() -> None:
    def look() -> list[object]:
        return [
            trace._TRACER_PROVIDER,
            list(logging.getLogger().handlers),
            list(logging.getLogger("playhead").handlers),
            sys.excepthook,
            threading.excepthook,
            dict(os.environ),
        ]

    before = look()
    playhead.init(endpoint=NOWHERE)
    assert look() == before


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no")


class HostileError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_hostile_values_cost_nothing_but_themselves() -> None:
    cycle: dict[str, Any] = {}
    cycle["me"] = cycle
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    bomb: list[Any] = ["x"]
    for _ in range(64):
        bomb = [bomb, bomb]

    @playhead.tool
    def take(**values: Any) -> Any:
        return values

    with recorder() as recording:
        values: dict[str, Any] = {
            "hostile": Hostile(),
            "cycle": cycle,
            "deep": deep,
            "bomb": bomb,
            "surrogate": "a\ud800b",
            "nan": float("nan"),
            "huge": 10**6000,
            "bytes": b"\xff",
            "set": {1},
            "key": {(1, 2): 3, None: 4, Hostile: 5},
        }
        for name, value in values.items():
            assert take(**{name: value})[name] is value
        with pytest.raises(HostileError), playhead.step("raises"):
            raise HostileError
    assert len(recording.all()) == len(values) + 1
    stated = {
        next(iter(s.step.input["values"])): s.step.input["values"] for s in recording.all()[:-1]
    }
    assert stated["hostile"] == {"hostile": f"<unserialisable {__name__}.Hostile>"}
    assert stated["cycle"] == {"cycle": {"me": "<cycle: dict>"}}
    assert stated["surrogate"] == {"surrogate": "a\ufffdb"}
    assert stated["nan"] == {"nan": "nan"}
    assert stated["bytes"] == {"bytes": {"$bytes": "/w=="}}
    assert stated["set"] == {"set": [1]}
    assert recording.all()[-1].error_message == "<unprintable HostileError>"


def test_a_recorder_that_fails_is_not_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    @playhead.tool
    def double(x: int) -> int:
        return 2 * x

    with recorder() as recording:
        before = recording.stats().errors
    with recorder() as recording:

        def broken(*args: Any) -> None:
            raise MemoryError("no")

        monkeypatch.setattr(recording.recorder.sink, "append", broken)
        assert double(2) == 4
        with playhead.workflow("w"), playhead.step("s"):
            pass
    assert recording.stats().errors >= before + 3


def test_a_huge_value_is_replaced_by_its_size_and_hash_and_said_to_be() -> None:
    huge = "x" * (17 * 2**20)
    with recorder() as recording, playhead.tool("t") as tool:
        tool.update(output=huge, small="kept")
    [step] = recording.all()
    told = step.attributes
    assert step.step.output.startswith(f"[truncated, {len(huge) + 2} bytes, sha256 ")
    assert told["playhead.content.state"] == "truncated"
    assert told["playhead.boundary.state"] == "unrestorable"
    assert told["small"] == "kept"


def test_what_changes_later_is_recorded_as_it_was() -> None:
    given = {"list": [1]}
    with recorder() as recording, playhead.tool("t", input=given) as tool:
        tool.update(output=given)
        given["list"].append(2)
    [step] = recording.all()
    assert (step.step.input, step.step.output) == ({"list": [1]}, {"list": [1]})


def test_emitting_is_quick_without_a_collector() -> None:
    playhead.init(endpoint=NOWHERE)
    begun_s = time.monotonic()
    with playhead.workflow("w"):
        for _ in range(2_000):
            with playhead.step("s", input="x" * 500):
                pass
    assert time.monotonic() - begun_s < 2.0
