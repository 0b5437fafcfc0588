# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Every way to run a graph: sync, async, streamed, in batches, in threads, by functions."""

import asyncio
import operator
import threading
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypedDict

import pytest
from inline_snapshot import snapshot
from langchain_core.callbacks import BaseCallbackHandler, dispatch_custom_event
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import RetryPolicy, TracePolicy, omit_payload
from tests.adapters.telling import one, states, tell

import playhead
from playhead import testing
from playhead.steps import Usage
from playhead.testing import Recording
from playhead_adapters.httpx import HttpxAdapter
from playhead_adapters.langgraph import LangGraphAdapter


class State(TypedDict, total=False):
    x: int
    items: Annotated[list, operator.add]


def add_one(state):
    return {"x": state["x"] + 1}


def build(node=add_one, **options):
    return StateGraph(State).add_node("n", node).add_edge(START, "n").compile(**options)


ONE_NODE = """\
workflow LangGraph completed
  node n\
"""


def test_a_graph_compiled_before_the_recorder_is_recorded():
    app = build()
    with testing.recorder(adapters=(LangGraphAdapter(),)) as recording:
        app.invoke({"x": 1})
    assert tell(recording) == ONE_NODE


def test_installing_twice_records_once():
    adapter = LangGraphAdapter()
    with testing.recorder(adapters=(adapter, HttpxAdapter())) as recording:
        adapter.install(recording.recorder)
        build().invoke({"x": 1})
    assert tell(recording) == ONE_NODE


def test_after_uninstall_nothing_is_recorded_and_nothing_is_left():
    from langchain_core.tracers.context import _configure_hooks
    from langgraph.graph._branch import BranchSpec
    from langgraph.pregel._loop import PregelLoop
    from langgraph.pregel.main import Pregel

    def hooked():
        owners = (BranchSpec, "_finish"), (PregelLoop, "__init__"), (PregelLoop, "tick")
        owners = (*owners, (PregelLoop, "put_writes"), (Pregel, "_defaults"))
        return [getattr(owner, name) for owner, name in owners], list(_configure_hooks)

    before = hooked()
    with testing.recorder(adapters=(LangGraphAdapter(),)) as recording:
        assert hooked() != before
    assert hooked() == before
    build().invoke({"x": 1})
    assert recording.all() == []


def test_the_users_own_handler_hears_the_same_and_may_fail(recording: Recording, caplog):
    heard = []

    class Own(BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, **kwargs):
            heard.append(kwargs["name"])
            raise ValueError("a bug of the user's handler")

    assert build().invoke({"x": 1}, {"callbacks": [Own()]}) == {"x": 2, "items": []}
    assert heard == ["LangGraph", "n"]
    assert tell(recording) == ONE_NODE


def test_run_id_and_run_name_of_the_user_are_kept(recording: Recording):
    config = {"run_id": uuid.UUID(int=7), "run_name": "renamed"}
    build().invoke({"x": 1}, config)
    build().invoke({"x": 1}, config)
    assert [root.step.name for root in recording.steps()] == ["renamed", "renamed"]
    assert len({root.run_id for root in recording.steps()}) == 2


def test_what_a_trace_policy_omits_is_not_recorded_for_that_node(recording: Recording):
    policy = TracePolicy(process_inputs=omit_payload, process_outputs=omit_payload)
    graph = StateGraph(State).add_node("n", add_one, trace_policy=policy).add_edge(START, "n")
    graph.compile().invoke({"x": 1})
    node = one(recording, "node").step
    assert (node.input, node.output) == ({}, {})


def test_state_is_kept_as_it_was_though_a_node_changes_it_in_place(recording: Recording):
    def careless(state):
        state["items"].append("changed in place")
        return {"x": 5}

    build(careless).invoke({"x": 1, "items": ["a"]})
    assert one(recording, "node").step.input == {"x": 1, "items": ["a"]}


def test_async_runs_are_told_like_sync_ones(recording: Recording):
    async def n(state):
        await asyncio.sleep(0)
        return {"x": state["x"] + 1}

    async def main():
        assert await build(n).ainvoke({"x": 1}) == {"x": 2, "items": []}
        assert await build(n).ainvoke({"x": 2}) == {"x": 3, "items": []}

    asyncio.run(main())
    assert tell(recording) == ONE_NODE + "\n" + ONE_NODE


def test_runs_side_by_side_do_not_mix(recording: Recording, model):
    llm = model()

    async def n(state):
        said = await llm.ainvoke(f"say {state['x']}")
        return {"items": [said.content]}

    async def main():
        app = build(n)
        return await asyncio.gather(*(app.ainvoke({"x": i}) for i in range(8)))

    assert [r["items"] for r in asyncio.run(main())] == [[str(i)] for i in range(8)]
    for root in recording.steps():
        asked = root.step.input["x"]
        (call,) = [s for s in root.walk() if s.step.kind == "model_call"]
        assert call.step.messages[0]["parts"][0]["content"] == f"say {asked}"
        assert [s.step.kind for s in root.walk()] == [
            "workflow",
            "node",
            "model_call",
            "http_attempt",
        ]


@pytest.mark.parametrize("mode", ["values", "updates", "messages", "debug"])
def test_streaming_gives_the_user_the_same_and_us_the_run(mode: str, model):
    llm = model()
    app = build(lambda state: {"items": [llm.invoke("say a b c").content]})

    def stream():
        return [
            (type(chunk).__name__, chunk if mode in ("values", "updates") else None)
            for chunk in app.stream({"x": 1}, stream_mode=mode)
        ]

    without = stream()
    with testing.recorder(adapters=(LangGraphAdapter(), HttpxAdapter())) as recording:
        assert stream() == without
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node n
    model_call gpt-4o-mini
      http_attempt 200\
""")


def test_a_stream_closed_early_is_cancelled_and_no_failure(recording: Recording):
    graph = StateGraph(State).add_node("a", add_one).add_node("b", add_one)
    app = graph.add_edge(START, "a").add_edge("a", "b").compile()
    chunks = app.stream({"x": 1})
    next(chunks)
    chunks.close()
    assert tell(recording) == snapshot("""\
workflow LangGraph cancelled
  node a\
""")
    build().invoke({"x": 1})
    assert tell(recording).endswith(ONE_NODE), "what follows is no part of the closed run"


def test_what_the_user_does_between_chunks_is_no_part_of_the_run(recording: Recording):
    for _ in build().stream({"x": 1}):
        with playhead.step("mine"):
            build().invoke({"x": 5})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node n
node mine
  workflow LangGraph completed
    node n\
""")


def test_a_batch_is_as_many_runs(recording: Recording):
    build().batch([{"x": 1}, {"x": 2}, {"x": 3}])
    assert [root.step.outcome for root in recording.steps()] == ["completed"] * 3
    assert len({root.run_id for root in recording.steps()}) == 3


def test_a_model_streamed_in_a_node_has_its_time_to_first_chunk(recording: Recording, model):
    llm = model()
    app = build(lambda state: {"items": [c.content for c in llm.stream("say one two three")]})
    app.invoke({"x": 1})
    call = one(recording, "model_call").step
    assert call.stream and call.first_chunk_s and call.first_chunk_s > 0
    assert call.answer == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "one two three"}],
            "finish_reason": "stop",
        }
    ]


def test_streaming_without_usage_leaves_tokens_unknown(recording: Recording, model):
    list(model(stream_usage=False).stream("say one two"))
    assert one(recording, "model_call").step.usage == Usage()


def test_streaming_with_usage_counts_tokens(recording: Recording, model):
    list(model(stream_usage=True).stream("say one two"))
    assert one(recording, "model_call").step.usage == snapshot(
        Usage(tokens_input=6, tokens_output=4, tokens_cache_read=3, tokens_reasoning=3)
    )


def test_work_in_the_users_threads_stays_under_its_node(recording: Recording, model):
    llm = model()

    def n(state):
        with ThreadPoolExecutor(1) as pool:
            said = pool.submit(lambda: llm.invoke("say pool").content).result()
        thread = threading.Thread(target=lambda: llm.invoke("say thread"))
        thread.start()
        thread.join()
        return {"items": [said]}

    build(n).invoke({"x": 1})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node n
    model_call gpt-4o-mini
      http_attempt 200
    model_call gpt-4o-mini
      http_attempt 200\
""")


def test_the_functional_api_is_a_workflow_with_its_tasks(recording: Recording):
    @task(retry_policy=RetryPolicy(max_attempts=4))
    def double(x: int) -> int:
        return x * 2

    @entrypoint(checkpointer=InMemorySaver())
    def flow(x: int) -> list[int]:
        return [double(x).result(), double(x + 1).result()]

    assert flow.invoke(1, {"configurable": {"thread_id": "f"}}) == [2, 4]
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node flow
    node double 1/4
    node double 1/4\
""")


def test_without_a_checkpointer_the_state_is_known_and_has_no_checkpoint(recording: Recording):
    build().invoke({"x": 1})
    assert states(recording.all()) == snapshot(
        [("input", {"items": []}), ("loop", {"x": 1}), ("loop", {"x": 2})]
    )
    assert {e.checkpoint_id for s in recording.all() for e in s.events} == {None}


def test_manual_steps_and_graphs_nest_either_way(recording: Recording):
    def n(state):
        with playhead.step("by hand"):
            return build().invoke({"x": 5})

    with playhead.workflow("mine"):
        build(n).invoke({"x": 1})
    assert tell(recording) == snapshot("""\
workflow mine completed
  workflow LangGraph completed
    node n
      node by hand
        workflow LangGraph completed
          node n\
""")
    assert len({s.run_id for s in recording.all()}) == 1


def test_an_event_of_the_program_is_a_step(recording: Recording):
    def n(state):
        dispatch_custom_event("progress", {"done": 0.5})
        return {}

    build(n).invoke({"x": 1})
    assert one(recording, "custom", "progress").step.output == {"done": 0.5}


def test_a_model_without_a_graph_is_recorded_too(recording: Recording, model):
    model().invoke("say hello")
    assert tell(recording) == snapshot("""\
model_call gpt-4o-mini
  http_attempt 200\
""")


def test_results_exceptions_and_messages_are_the_same_objects_with_and_without(model):
    error = KeyError("mine")

    def n(state):
        raise error

    with (
        testing.recorder(adapters=(LangGraphAdapter(),)) as recording,
        pytest.raises(KeyError) as caught,
    ):
        build(n).invoke({"x": 1})
    assert caught.value is error
    assert one(recording, "node").error_type == "KeyError"

    llm = model(seed=1)
    graph = StateGraph(MessagesState).add_node("n", lambda s: {"messages": [llm.invoke("say x")]})
    app = graph.add_edge(START, "n").add_edge("n", END).compile()
    with warnings.catch_warnings():
        bare = app.invoke({"messages": []})["messages"][0]
        with testing.recorder(adapters=(LangGraphAdapter(), HttpxAdapter())):
            recorded = app.invoke({"messages": []})["messages"][0]
    assert (recorded.content, recorded.usage_metadata) == (bare.content, bare.usage_metadata)


def test_a_graph_that_fails_before_it_starts_is_not_taken_for_the_next_run(recording: Recording):
    config: Any = {"callbacks": 5}
    with pytest.raises(AttributeError):
        build(name="guilty").invoke({"x": 1}, config)
    RunnableLambda(str, name="plain").invoke(1)
    plain = one(recording, "workflow", "plain").step
    assert (plain.framework, plain.graph, plain.input) == ("langchain", None, 1)


class Hostile:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise SystemError

    def __eq__(self, other: object) -> bool:
        raise SystemError

    def __hash__(self) -> int:
        raise SystemError

    def __bool__(self) -> bool:
        raise SystemError


def test_state_that_raises_when_looked_at_harms_neither_run_nor_record(recording: Recording):
    hostile = Hostile()
    result = build(lambda state: {"x": hostile}).invoke({"x": 1})
    assert result["x"] is hostile
    name = f"<unserialisable {Hostile.__module__}.Hostile>"
    assert states(recording.all())[-1] == ("loop", {"x": name})
