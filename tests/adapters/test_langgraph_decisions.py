# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Every way in which a graph decides where to go, with what it did not choose."""

import operator
from typing import Annotated, Literal, TypedDict

import pytest
from inline_snapshot import snapshot
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from tests.adapters.telling import one, tell

from playhead.steps import Decision
from playhead.testing import Recording


class State(TypedDict, total=False):
    x: int
    items: Annotated[list, operator.add]


def note(name):
    def node(state):
        return {"items": [name]}

    return node


def by_size(state: State) -> Literal["big", "small"]:
    return "big" if state["x"] > 5 else "small"


def build(router, ends=None) -> StateGraph:
    graph = StateGraph(State).add_node("count", lambda state: {"x": state["x"] + 1})
    graph.add_node("big", note("big")).add_node("small", note("small"))
    graph.add_edge(START, "count").add_conditional_edges("count", router, ends)
    return graph.add_edge("big", END).add_edge("small", END)


def test_a_conditional_edge_tells_all_that_can_be_known(recording: Recording):
    build(by_size).compile().invoke({"x": 5})
    line = by_size.__code__.co_firstlineno
    assert one(recording, "decision").step == Decision(
        name="by_size",
        framework="langgraph",
        input={"x": 6, "items": []},
        type="branch",
        chosen=("big",),
        candidates=("big", "small"),
        candidates_source="literal",
        reason=None,
        reason_source="none",
        maker=f"code:{__name__}.by_size",
        declared_at=f"{__file__}:{line}",
    )


def test_a_label_is_told_beside_the_place_that_it_stands_for(recording: Recording):
    def is_big(state):
        return state["x"] > 5

    build(is_big, {True: "big", False: "small"}).compile().invoke({"x": 0})
    decision = one(recording, "decision").step
    assert (decision.chosen, decision.output) == (("small",), {"labels": [False]})
    assert (decision.candidates, decision.candidates_source) == (("big", "small"), "path_map")


def test_an_unnamed_lambda_is_called_after_its_node(recording: Recording):
    build(lambda state: "big", ["big", "small"]).compile().invoke({"x": 0})
    decision = one(recording, "decision").step
    assert decision.name == "edge after count"
    assert decision.maker.endswith("<lambda>") and decision.declared_at.startswith(__file__)


def test_alternatives_that_nobody_declared_are_unknown(recording: Recording):
    def anywhere(state):
        return "small"

    build(anywhere).compile().invoke({"x": 0})
    decision = one(recording, "decision").step
    assert (decision.candidates, decision.candidates_source) == ((), "unknown")


def test_a_router_may_choose_several_places(recording: Recording):
    def both(state):
        return ["big", "small"]

    build(both, ["big", "small", END]).compile().invoke({"x": 0})
    decision = one(recording, "decision").step
    assert (decision.chosen, decision.candidates) == (("big", "small"), ("big", "small", END))


def test_a_router_from_start_decides_in_the_run_itself(recording: Recording):
    graph = StateGraph(State).add_node("big", note("big")).add_node("small", note("small"))
    graph.add_conditional_edges(START, by_size).compile().invoke({"x": 9})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  branch by_size: big of big, small (literal)
  node big\
""")


def test_a_runnable_may_be_a_router(recording: Recording):
    router = RunnableLambda(lambda state: "big", name="picker")
    build(router, ["big", "small"]).compile().invoke({"x": 0})
    assert one(recording, "decision").step.chosen == ("big",)
    assert one(recording, "decision").step.maker.endswith("<lambda>")


def test_a_model_that_was_asked_by_the_router_is_linked(recording: Recording, model):
    llm = model()

    def ask(state) -> Literal["big", "small"]:
        return str(llm.invoke("say big").content)  # pyright: ignore

    build(ask).compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node count
    branch ask: big of big, small (literal)
    model_call gpt-4o-mini
      http_attempt 200
  node big\
""")
    call = one(recording, "model_call")
    assert one(recording, "decision").links == (("decided_by", call.trace_id, call.span_id),)


def test_a_command_tells_its_goto_and_where_else_it_could_have_gone(recording: Recording):
    def pick(state) -> Command[Literal["big", "small"]]:
        return Command(goto="small", update={"x": 3})

    graph = StateGraph(State).add_node(pick).add_edge(START, "pick")
    graph.add_node("big", note("big")).add_node("small", note("small"))
    graph.compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node pick
    command pick: small of big, small (ends)
  node small\
""")
    decision = one(recording, "decision").step
    assert (decision.input, decision.maker) == (
        {"x": 0, "items": []},
        f"code:{__name__}.{pick.__qualname__}",
    )


def test_a_command_may_mix_names_and_sends(recording: Recording):
    def pick(state):
        return Command(goto=["big", Send("small", {"x": 5})])

    graph = StateGraph(State).add_edge(START, "pick")
    graph.add_node("pick", pick, destinations=("big", "small"))
    graph.add_node("big", note("big")).add_node("small", note("small"))
    graph.compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node pick
    command pick: big, small of big, small (ends)
  node big
  node small\
""")


def test_a_command_to_the_parent_is_no_failure_and_told_once(recording: Recording):
    def leave(state):
        return Command(goto="final", graph=Command.PARENT, update={"items": ["left"]})

    inner = StateGraph(State).add_node(leave).add_edge(START, "leave").compile(name="inner")
    graph = StateGraph(State).add_node("inner", inner).add_node("final", note("final"))
    result = graph.add_edge(START, "inner").compile().invoke({"x": 0})
    assert result["items"] == ["left", "final"]
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node inner
    workflow inner completed
      node leave
        command leave: final of  (unknown)
  node final\
""")


def test_a_decision_that_fails_is_the_nodes_failure(recording: Recording):
    def broken(state):
        raise ValueError("no way")

    with pytest.raises(ValueError, match="no way"):
        build(broken, ["big"]).compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph failed !ValueError
  node count !ValueError\
""")
