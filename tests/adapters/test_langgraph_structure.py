# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Graphs in graphs, the structure of a graph, and its state after each superstep."""

import operator
from typing import Annotated, TypedDict

from inline_snapshot import snapshot
from langgraph.channels import EphemeralValue
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from tests.adapters.telling import one, states, tell

from playhead.steps import Snapshot
from playhead.testing import Recording


class State(TypedDict, total=False):
    x: int
    items: Annotated[list, operator.add]


def note(name):
    return lambda state: {"items": [name]}


def nested():
    innermost = StateGraph(State).add_node("deep", note("deep")).add_edge(START, "deep")
    inner = StateGraph(State).add_node("low", innermost.compile(name="innermost"))
    inner = inner.add_edge(START, "low").compile(name="inner")
    graph = StateGraph(State).add_node("first", note("first")).add_node("middle", inner)
    graph.add_edge(START, "first")
    return graph.add_conditional_edges("first", lambda state: "middle", ["middle", END])


def test_a_graph_in_a_graph_is_a_workflow_in_a_node(recording: Recording):
    nested().compile(name="outer").invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow outer completed
  node first
    branch edge after first: middle of middle, __end__ (path_map)
  node middle
    workflow inner completed
      node low
        workflow innermost completed
          node deep\
""")
    assert one(recording, "node", "deep").step.path == "middle/low/deep"
    assert len({s.run_id for s in recording.all()}) == 1


def test_a_graph_called_by_hand_in_a_node_lies_in_that_node(recording: Recording):
    inner = StateGraph(State).add_node("low", note("low")).add_edge(START, "low")
    inner = inner.compile(name="inner")
    graph = StateGraph(State).add_node("n", lambda state: inner.invoke({"x": 1}))
    graph.add_edge(START, "n").compile().invoke({"x": 0})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node n
    workflow inner completed
      node low\
""")


def test_streaming_subgraphs_records_nothing_twice(recording: Recording):
    app = nested().compile(name="outer", checkpointer=InMemorySaver())
    for number, subgraphs in enumerate((False, True)):
        config = {"configurable": {"thread_id": str(number)}}
        list(app.stream({"x": 0}, config, stream_mode="updates", subgraphs=subgraphs))
    plain, with_subgraphs = recording.steps()
    assert plain.outline() == with_subgraphs.outline()
    assert [len(s.events) for s in plain.walk()] == [len(s.events) for s in with_subgraphs.walk()]


def test_the_structure_holds_edges_that_were_never_taken(recording: Recording):
    graph = StateGraph(State).add_node("a", note("a")).add_node("b", note("b"))
    graph.add_node("c", note("c"), destinations=("a",)).add_node("join", note("join"))
    graph.add_edge(START, "a").add_edge(["b", "c"], "join").add_edge("join", END)
    graph.add_conditional_edges("a", lambda state: "b", {"b": "b", "done": END, "c": "c"})
    app = graph.compile()
    app.invoke({"x": 0})
    app.invoke({"x": 1})
    first, second = (root.step for root in recording.steps())
    assert first.graph == snapshot(
        {
            "nodes": ["__start__", "a", "b", "c", "join", "__end__"],
            "edges": [
                ["__start__", "a", False],
                ["join", "__end__", False],
                ["b", "join", False],
                ["c", "join", False],
                ["a", "b", True],
                ["a", "__end__", True],
                ["a", "c", True],
                ["c", "a", True],
            ],
        }
    )
    assert first.graph_hash == second.graph_hash and len(first.graph_hash) == 16


def test_state_is_told_whole_once_and_then_as_what_changed(recording: Recording):
    graph = StateGraph(State).add_node("a", note("a")).add_node("b", lambda state: {"x": 7})
    app = graph.add_edge(START, "a").add_edge("a", "b").compile(InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    app.invoke({"x": 1}, config)
    told = [e for s in recording.all() for e in s.events if isinstance(e, Snapshot)]
    assert [(e.index, e.source, e.next, e.full, e.changed_keys, e.state) for e in told] == snapshot(
        [
            (-1, "input", ("__start__",), True, (), {"items": []}),
            (0, "loop", ("a",), False, ("x",), {"x": 1}),
            (1, "loop", ("b",), False, ("items",), {"items": ["a"]}),
            (2, "loop", (), False, ("x",), {"x": 7}),
        ]
    )
    folded: dict = {}
    for event in told:
        folded.update(event.state)
    assert folded == app.get_state(config).values
    kept = [c.config["configurable"]["checkpoint_id"] for c in app.get_state_history(config)]
    assert [e.checkpoint_id for e in told] == kept[::-1]
    assert [e.parent_id for e in told] == [None, *kept[::-1][:-1]]


def test_a_key_that_lasts_one_superstep_is_told_as_removed(recording: Recording):
    class Passing(TypedDict, total=False):
        x: int
        hint: Annotated[str, EphemeralValue]

    graph = (
        StateGraph(Passing)
        .add_node("a", lambda s: {"hint": "look"})
        .add_node("b", lambda s: {"x": 1})
    )
    graph.add_edge(START, "a").add_edge("a", "b").compile().invoke({"x": 0})
    told = [e for s in recording.all() for e in s.events if isinstance(e, Snapshot)]
    assert [(e.state, e.removed_keys) for e in told] == snapshot(
        [({}, ()), ({"x": 0}, ()), ({"hint": "look"}, ()), ({"x": 1}, ("hint",))]
    )


def test_nested_state_carries_its_namespace(recording: Recording):
    nested().compile(name="outer").invoke({"x": 0})
    found = [(str(where).partition(":")[0], state) for where, state in states(recording.all())]
    assert found == snapshot(
        [
            ("input", {"items": []}),
            ("loop", {"x": 0}),
            ("loop", {"items": ["first"]}),
            ("loop", {"x": 0, "items": ["first", "first", "first", "deep"]}),
            ("middle", {"items": []}),
            ("middle", {"x": 0, "items": ["first"]}),
            ("middle", {"x": 0, "items": ["first", "first", "deep"]}),
            ("middle", {"items": []}),
            ("middle", {"x": 0, "items": ["first"]}),
            ("middle", {"items": ["first", "deep"]}),
        ]
    )
