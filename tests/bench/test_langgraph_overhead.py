# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""What recording costs a LangGraph program, as ratios within one run.

Recorded by the real `playhead.init()`, boundaries on, spool on disk, no collector. CPU is that of
the whole process, so the threads that write and mask count.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import pytest
from examples.provider import Answer, ScriptedProvider
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

import playhead

pytestmark = pytest.mark.bench

ROUNDS = 5
SUPERSTEPS = 150
CALLS = 10
MODEL_S = 0.05
MARGIN = 1.5  # of what the limit allows on top of 1, for a machine that others use too


class State(TypedDict):
    n: int


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("PLAYHEAD_ENDPOINT", "http://127.0.0.1:9")


def loop(count: int, node: Callable[[State], State]):
    """Return a graph of one node that runs `count` times, routed by a conditional edge."""
    graph = StateGraph(State).add_node("n", node).add_edge(START, "n")
    graph.add_conditional_edges("n", lambda s: "n" if s["n"] < count else END, ["n", END])
    app = graph.compile(checkpointer=InMemorySaver())
    threads = iter(range(1_000_000))

    def run() -> object:
        thread = str(next(threads))
        config = {"recursion_limit": count + 5, "configurable": {"thread_id": thread}}
        return app.invoke({"n": 0}, config)

    return run


def ratio(run: Callable[[], object], clock: Callable[[], float], title: str, per: int) -> float:
    """Run with and without recording in turn, print one table, and return the lowest ratio of a pair.

    The median is printed. The lowest is what CI looks at: what others do on the machine only adds.
    """
    run()
    without, recorded = [], []
    for _ in range(ROUNDS):
        start = clock()
        plain = run()
        without.append(clock() - start)
        playhead.init(project="bench")
        run()
        start = clock()
        same = run()
        recorded.append(clock() - start)
        stats = playhead.stats()
        playhead.shutdown(timeout_s=0.5)
        assert same == plain
        assert (stats.errors, stats.dropped) == (0, 0)
        assert stats.recorded > 2 * per
    ratios = [r / w for r, w in zip(recorded, without, strict=True)]
    us = [statistics.median(each) / per * 1e6 for each in (without, recorded)]
    print(f"\n{title}: {us[0]:.0f} µs without, {us[1]:.0f} µs recorded, ", end="")
    print(f"{statistics.median(ratios):.2f}x, lowest {min(ratios):.2f}x")
    return min(ratios)


def test_a_trivial_graph_costs_at_most_twice_its_cpu(spool: None) -> None:
    run = loop(SUPERSTEPS, lambda state: {"n": state["n"] + 1})
    found = ratio(run, time.process_time, "superstep, CPU", SUPERSTEPS)
    assert found <= 1 + (2.0 - 1) * MARGIN


def test_a_model_of_50_ms_costs_at_most_five_percent_more(spool: None) -> None:
    with ScriptedProvider(lambda ask: Answer("fine", delay_s=MODEL_S)) as provider:
        llm = ChatOpenAI(model="gpt-4o-mini", base_url=provider.url, api_key="scripted")

        def node(state: State) -> State:
            llm.invoke("count on")
            return {"n": state["n"] + 1}

        found = ratio(loop(CALLS, node), time.perf_counter, "model call of 50 ms, wall", CALLS)
    assert found <= 1 + (1.05 - 1) * MARGIN
