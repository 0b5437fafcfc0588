# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""How work spreads and fails: fan-out, parallel failure, retries, timeouts, caches, fallbacks."""

import asyncio
import operator
from typing import Annotated, TypedDict

import pytest
from inline_snapshot import snapshot
from langgraph.cache.memory import InMemoryCache
from langgraph.graph import END, START, StateGraph
from langgraph.types import CachePolicy, RetryPolicy, Send
from tests.adapters.telling import one, tell

from playhead.testing import Recording


class State(TypedDict, total=False):
    x: int
    items: Annotated[list, operator.add]


FAST = RetryPolicy(initial_interval=0.001, jitter=False, max_attempts=3, retry_on=ConnectionError)


def test_a_fan_out_shows_each_piece_and_the_decision_that_made_them(recording: Recording):
    def plan(state):
        return {"x": 2}

    def spread(state):
        return [Send("work", {"x": n}) for n in range(state["x"])]

    def work(state):
        return {"items": [state["x"]]}

    graph = StateGraph(State).add_node(plan).add_node(work).add_edge(START, "plan")
    graph.add_conditional_edges("plan", spread, ["work"]).add_edge("work", END)
    assert graph.compile().invoke({"x": 0}) == {"x": 2, "items": [0, 1]}
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node plan
    send spread: work, work of work (path_map)
  node work
  node work\
""")
    decision = one(recording, "decision").step
    assert decision.output == {
        "sends": [{"node": "work", "arg": {"x": 0}}, {"node": "work", "arg": {"x": 1}}]
    }
    assert [s.step.input for s in recording.all() if s.step.name == "work"] == [{"x": 0}, {"x": 1}]


def test_a_failing_branch_is_the_cause_and_its_cancelled_sibling_a_consequence(
    recording: Recording,
):
    async def boom(state):
        await asyncio.sleep(0.01)
        raise RuntimeError("boom")

    async def slow(state):
        await asyncio.sleep(5)

    graph = StateGraph(State).add_node(boom).add_node(slow)
    graph.add_edge(START, "boom").add_edge(START, "slow")
    with pytest.raises(RuntimeError, match="boom"):
        asyncio.run(graph.compile().ainvoke({"x": 0}))
    assert tell(recording) == snapshot("""\
workflow LangGraph failed !RuntimeError
  node boom !RuntimeError
  node slow cancelled\
""")


def test_each_attempt_of_a_retry_policy_is_a_step_with_its_number(recording: Recording):
    tries = []

    def flaky(state):
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError(f"try {len(tries)}")
        return {"items": ["ok"]}

    graph = StateGraph(State).add_node("flaky", flaky, retry_policy=FAST).add_edge(START, "flaky")
    graph.compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node flaky 1/3 !ConnectionError
  node flaky 2/3 !ConnectionError
  node flaky 3/3\
""")
    nodes = [s for s in recording.all() if s.step.kind == "node"]
    assert len({s.step.execution_id for s in nodes}) == 1
    assert [s.error_message for s in nodes] == snapshot(["try 1", "try 2", None])


def test_a_retry_that_never_succeeds_fails_the_run_with_its_last_error(recording: Recording):
    def flaky(state):
        raise ConnectionError("down")

    graph = StateGraph(State).add_node("flaky", flaky, retry_policy=FAST).add_edge(START, "flaky")
    with pytest.raises(ConnectionError, match="down"):
        graph.compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph failed !ConnectionError
  node flaky 1/3 !ConnectionError
  node flaky 2/3 !ConnectionError
  node flaky 3/3 !ConnectionError\
""")


def test_a_node_timeout_is_a_failed_attempt_and_no_cancellation(recording: Recording):
    tries = []

    async def late(state):
        tries.append(1)
        if len(tries) == 1:
            await asyncio.sleep(5)
        return {"items": ["ok"]}

    graph = StateGraph(State)
    policy = RetryPolicy(initial_interval=0.05, jitter=False)
    graph.add_node("late", late, timeout=0.05, retry_policy=policy).add_edge(START, "late")
    asyncio.run(graph.compile().ainvoke({"x": 0}))
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node late 1/3 !langgraph.errors.NodeTimeoutError
  node late 2/3\
""")


def test_a_cached_node_is_shown_though_it_did_not_run(recording: Recording):
    graph = StateGraph(State).add_edge(START, "cached")
    policy = CachePolicy(key_func=lambda state: b"k")
    graph.add_node("cached", lambda state: {"items": ["c"]}, cache_policy=policy)
    app = graph.compile(cache=InMemoryCache())
    assert app.invoke({"x": 1}) == app.invoke({"x": 1})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node cached
workflow LangGraph completed
  node cached cached\
""")
    cached = [s.step for s in recording.all() if getattr(s.step, "cached", False)]
    assert [(s.input, s.output) for s in cached] == snapshot(
        [({"x": 1, "items": []}, {"items": ["c"]})]
    )


def test_the_recursion_limit_is_named_with_its_value(recording: Recording):
    graph = StateGraph(State).add_node("a", lambda state: {"x": 1}).add_edge(START, "a")
    graph.add_conditional_edges("a", lambda state: "a", ["a"])
    with pytest.raises(RecursionError):
        graph.compile().invoke({"x": 0}, {"recursion_limit": 2})
    assert tell(recording) == snapshot("""\
workflow LangGraph failed !langgraph.errors.GraphRecursionError
  node a
    branch edge after a: a of a (path_map)
  node a
    branch edge after a: a of a (path_map)\
""")
    workflow = one(recording, "workflow").step
    assert (workflow.limit_type, workflow.limit_value) == ("recursion", 2)


def test_a_fallback_shows_the_model_that_failed_and_the_one_that_answered(
    recording: Recording, model
):
    ill = model("first", max_retries=0)
    chain = ill.with_fallbacks([model("second")])
    graph = StateGraph(State)
    graph.add_node("ask", lambda state: {"items": [chain.invoke("hi there").content]})
    result = graph.add_edge(START, "ask").compile().invoke({"x": 0})
    assert result == {"x": 0, "items": ["there"]}
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node ask
    model_call first !langchain_openai.chat_models.base.OpenAIAPIError
      http_attempt 500 !500
    model_call second
      http_attempt 200\
""")


def test_with_retry_numbers_the_later_tries(recording: Recording, model):
    chain = model(max_retries=0).with_retry(
        stop_after_attempt=2, wait_exponential_jitter=False, exponential_jitter_params={"max": 0.01}
    )
    graph = StateGraph(State).add_node("ask", lambda state: {"items": [chain.invoke("500")]})
    with pytest.raises(Exception, match="the provider is ill"):
        graph.add_edge(START, "ask").compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph failed !langchain_openai.chat_models.base.OpenAIAPIError
  node ask !langchain_openai.chat_models.base.OpenAIAPIError
    model_call gpt-4o-mini !langchain_openai.chat_models.base.OpenAIAPIError
      http_attempt 500 !500
    model_call gpt-4o-mini !langchain_openai.chat_models.base.OpenAIAPIError
      http_attempt 500 !500\
""")
    calls = [s.step.attempt for s in recording.all() if s.step.kind == "model_call"]
    assert calls == snapshot([None, 2])


def test_a_429_that_the_client_library_swallowed_is_shown(recording: Recording, model):
    llm = model()
    graph = StateGraph(State).add_node("ask", lambda state: {"items": [llm.invoke("429x2 yes")]})
    graph.add_edge(START, "ask").compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node ask
    model_call gpt-4o-mini
      http_attempt 429 !429
      http_attempt 429 !429
      http_attempt 200\
""")
    assert one(recording, "model_call").step.resend_count == 2
