# pyright: basic
"""What recording one step costs, beside the stock exporter, in CPU of all threads of the process."""

import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import playhead
from playhead import start
from playhead.codec import encode, span_name
from playhead.redact import may_hold_secret
from playhead.steps import ModelCall, Usage

pytestmark = pytest.mark.bench

STEPS = 3_000
ROUNDS = 5
RATIO_MAX = 0.6
MARGIN = 1.5  # a shared machine; the number itself is printed

WORDS = "The refund was asked for on Monday and the order had left the warehouse on Friday. "
STEP = ModelCall(
    name="ChatOpenAI",
    framework="langgraph",
    provider="openai",
    model="gpt-5-mini",
    temperature=0.2,
    top_p=1.0,
    max_tokens=1024,
    stream=False,
    parameters={"tool_choice": "auto", "parallel_tool_calls": True},
    system=[{"type": "text", "content": WORDS * 3}],
    messages=[
        {"role": "user", "parts": [{"type": "text", "content": WORDS * 3}]},
        {"role": "assistant", "parts": [{"type": "text", "content": WORDS * 5}]},
        {"role": "user", "parts": [{"type": "text", "content": WORDS * 3}]},
    ],
    answer=[{"role": "assistant", "parts": [{"type": "text", "content": WORDS * 4}]}],
    response_id="chatcmpl-0123456789",
    response_model="gpt-5-mini-2026-08-07",
    finish_reasons=("stop",),
    first_chunk_s=0.21,
    usage=Usage(tokens_input=812, tokens_output=96, tokens_cache_read=512),
)


@pytest.fixture
def sink() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("sink_process.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def cpu_us(run: Callable[[], None]) -> float:
    begun_s = time.process_time()
    run()
    return (time.process_time() - begun_s) / STEPS * 1e6


def caller_us(run: Callable[[], None]) -> float:
    begun_s = time.thread_time()
    run()
    return (time.thread_time() - begun_s) / STEPS * 1e6


def test_a_step_costs_less_than_through_the_stock_exporter(
    sink: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYHEAD_SPOOL_DIR", str(tmp_path / "spool"))
    provider = TracerProvider()
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{sink}/v1/traces"), max_queue_size=STEPS + 1)
    )
    tracer = provider.get_tracer("bench")
    attributes = encode(STEP)
    playhead.init(endpoint=sink)
    recorder = start.active_recorder()
    assert recorder is not None

    def ours() -> None:
        for _ in range(STEPS):
            recorder.open(STEP).end()

    # The same step: the same facts go in, messages become one JSON text per role in both.
    def theirs() -> None:
        for _ in range(STEPS):
            tracer.start_span(span_name(STEP), attributes=encode(STEP)).end()

    def making_attributes() -> None:
        for _ in range(STEPS):
            encode(STEP)

    def ours_delivered() -> None:
        ours()
        assert playhead.flush(timeout_s=30)

    def theirs_delivered() -> None:
        theirs()
        assert provider.force_flush(30_000)

    try:
        ours_delivered()
        theirs_delivered()
        found = {name: [] for name in ("ours", "theirs", "ours, caller", "theirs, caller")}
        for _ in range(ROUNDS):
            found["ours"].append(cpu_us(ours_delivered))
            found["theirs"].append(cpu_us(theirs_delivered))
        for _ in range(ROUNDS):
            found["ours, caller"].append(caller_us(ours))
            assert playhead.flush(timeout_s=30)
            found["theirs, caller"].append(caller_us(theirs))
            assert provider.force_flush(30_000)
        assert playhead.stats().dropped == 0
    finally:
        playhead.shutdown()
        provider.shutdown()
    size = sum(len(str(value)) for value in attributes.values())
    print(
        f"\none step, {len(attributes)} attributes, {size} bytes; CPU us, {ROUNDS} x {STEPS} steps"
    )
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for name, values in found.items():
        print(f"  {name:<16} median {statistics.median(values):7.1f}   min {min(values):7.1f}")
    made = statistics.median(cpu_us(making_attributes) for _ in range(ROUNDS))
    print(
        f"  of theirs, {made:.1f} us go into making the attributes, before OpenTelemetry sees them"
    )
    ratio = statistics.median(found["ours"]) / statistics.median(found["theirs"])
    print(f"  ratio {ratio:.2f} (at most {RATIO_MAX})")
    assert ratio <= RATIO_MAX * MARGIN


def test_looking_for_secrets_costs_little() -> None:
    text = "\n".join(str(value) for value in encode(STEP).values())
    assert not may_hold_secret(text)
    looking = us_per_kb(lambda: may_hold_secret(text), len(text))
    parsing = us_per_kb(lambda: re.findall(r"\w+", text), len(text))
    print(f"\nlooking for secrets: {looking:.1f} us/kB (at most 5), finding words: {parsing:.1f}")
    assert looking < parsing


def us_per_kb(act: Callable[[], object], size: int) -> float:
    begun_s = time.process_time()
    for _ in range(STEPS):
        act()
    return (time.process_time() - begun_s) / STEPS * 1e6 / (size / 1000)
