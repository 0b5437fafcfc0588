# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""The LangGraph adapter in the conformance kit that every adapter runs."""

from typing import Literal, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph._branch import BranchSpec
from langgraph.pregel._loop import PregelLoop
from langgraph.pregel.main import Pregel

from playhead.testing import AdapterConformance
from playhead_adapters.langgraph import LangGraphAdapter


class State(TypedDict, total=False):
    x: int
    error: Exception


def count(state: State) -> State:
    if error := state.get("error"):
        raise error
    return {"x": state["x"] + 1}


def route(state: State) -> Literal["double", "__end__"]:
    return "double"


def double(state: State) -> State:
    return {"x": state["x"] * 2}


def build(saver=InMemorySaver):
    graph = StateGraph(State).add_node(count).add_node(double).add_edge(START, "count")
    return graph.add_conditional_edges("count", route).compile(saver and saver(), name="small")


THREAD = {"configurable": {"thread_id": "t"}}


class TestLangGraph(AdapterConformance):
    tree = "workflow small\n  node count\n    decision route\n  node double"

    def adapter(self):
        return LangGraphAdapter()

    def succeed(self):
        return build().invoke({"x": 1}, THREAD)

    def fail(self, error):
        build(None).invoke({"x": 1, "error": error})

    def hooks(self):
        return [
            (BranchSpec, "_finish"),
            (PregelLoop, "__init__"),
            (PregelLoop, "tick"),
            (PregelLoop, "put_writes"),
            (Pregel, "_defaults"),
        ]

    async def succeed_async(self):
        return await build().ainvoke({"x": 1}, THREAD)

    def stream(self):
        return build().stream({"x": 1}, THREAD, stream_mode="values")
