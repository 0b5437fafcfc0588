# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Interrupts and resumes: control flow of one run, in as many segments as it takes."""

import operator
from typing import Annotated, TypedDict

from inline_snapshot import snapshot
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from tests.adapters.telling import questions, states, tell

from playhead import testing
from playhead.steps import Interrupt, Snapshot
from playhead.testing import Recording
from playhead_adapters.langgraph import LangGraphAdapter


class State(TypedDict, total=False):
    x: int
    items: Annotated[list, operator.add]


THREAD = {"configurable": {"thread_id": "t-1"}}


def ask(state):
    return {"items": [interrupt({"q": "ok?"})]}


def after(state):
    return {"x": 1}


def build(saver=None, **options):
    graph = StateGraph(State).add_node(ask).add_node(after)
    graph.add_edge(START, "ask").add_edge("ask", "after")
    return graph.compile(checkpointer=saver or InMemorySaver(), **options)


def test_a_question_and_its_answer_are_two_segments_of_one_run(recording: Recording):
    app = build()
    app.invoke({"x": 0}, THREAD)
    app.invoke(Command(resume="yes"), THREAD)
    assert tell(recording) == snapshot("""\
workflow LangGraph paused
  node ask interrupted
workflow LangGraph #2 completed
  node ask
  node after\
""")
    first, second = recording.steps()
    assert first.run_id == second.run_id
    assert first.trace_id != second.trace_id
    assert second.links == (("resume", first.trace_id, first.span_id),)
    assert first.step.conversation_id == second.step.conversation_id == "t-1"
    assert questions(recording.all()) == snapshot(
        [("node ask", "ask", {"q": "ok?"}, False), ("workflow LangGraph", "ask", "yes", True)]
    )
    asked = [e.interrupt_id for s in recording.all() for e in s.events if isinstance(e, Interrupt)]
    assert len(set(asked)) == 1
    nodes = [s.step for s in recording.all() if s.step.name == "ask"]
    assert nodes[0].execution_id == nodes[1].execution_id


def test_two_questions_at_once_are_answered_by_their_ids(recording: Recording):
    def ask_too(state):
        return {"items": [interrupt("second?")]}

    graph = StateGraph(State).add_node(ask).add_node(ask_too)
    app = graph.add_edge(START, "ask").add_edge(START, "ask_too").compile(InMemorySaver())
    paused = app.invoke({"x": 0}, THREAD)
    answers = {i.id: f"to {i.value}" for i in paused["__interrupt__"]}
    app.invoke(Command(resume=answers), THREAD)
    assert tell(recording) == snapshot("""\
workflow LangGraph paused
  node ask interrupted
  node ask_too interrupted
workflow LangGraph #2 completed
  node ask
  node ask_too\
""")
    assert sorted(questions(recording.all()), key=str) == snapshot(
        [
            ("node ask", "ask", {"q": "ok?"}, False),
            ("node ask_too", "ask_too", "second?", False),
            ("workflow LangGraph", "ask", "to {'q': 'ok?'}", True),
            ("workflow LangGraph", "ask_too", "to second?", True),
        ]
    )


def test_breakpoints_before_and_after_a_node_pause_the_run(recording: Recording):
    graph = StateGraph(State).add_node("a", lambda s: {"items": ["a"]}).add_node(after)
    graph.add_edge(START, "a").add_edge("a", "after")
    app = graph.compile(InMemorySaver(), interrupt_after=["a"])
    app.invoke({"x": 0}, THREAD)
    app.invoke(None, THREAD)
    app = graph.compile(InMemorySaver(), interrupt_before=["after"])
    app.invoke({"x": 0}, THREAD)
    app.invoke(None, THREAD)
    assert tell(recording) == snapshot("""\
workflow LangGraph paused
  node a
workflow LangGraph #2 completed
  node after
workflow LangGraph paused
  node a
workflow LangGraph #2 completed
  node after\
""")
    assert [(at, node, done) for at, node, _, done in questions(recording.all())] == snapshot(
        [
            ("workflow LangGraph", "after", False),
            ("workflow LangGraph", None, True),
            ("workflow LangGraph", "after", False),
            ("workflow LangGraph", None, True),
        ]
    )
    assert len({root.run_id for root in recording.steps()}) == 2


def test_a_question_from_a_nested_graph_is_told_once_where_it_is_asked(recording: Recording):
    inner = StateGraph(State).add_node(ask).add_edge(START, "ask").compile(name="inner")
    app = StateGraph(State).add_node("outer", inner).add_edge(START, "outer")
    app = app.compile(InMemorySaver())
    app.invoke({"x": 0}, THREAD)
    app.invoke(Command(resume="yes"), THREAD)
    assert tell(recording) == snapshot("""\
workflow LangGraph paused
  node outer interrupted
    workflow inner paused
      node ask interrupted
workflow LangGraph #2 completed
  node outer
    workflow inner completed
      node ask\
""")
    assert questions(recording.all()) == snapshot(
        [("node ask", "ask", {"q": "ok?"}, False), ("workflow LangGraph", "outer", "yes", True)]
    )


def test_a_new_input_on_a_waiting_thread_starts_a_new_run(recording: Recording):
    app = build()
    app.invoke({"x": 0}, THREAD)
    app.invoke({"x": 5}, THREAD)
    assert len({root.run_id for root in recording.steps()}) == 2


def test_an_answer_in_another_process_carries_the_same_interrupt_id():
    saver = InMemorySaver()
    with testing.recorder(adapters=(LangGraphAdapter(),)) as before:
        build(saver).invoke({"x": 0}, THREAD)
    # A new adapter knows of no waiting run, as a new process would.
    with testing.recorder(adapters=(LangGraphAdapter(),)) as later:
        build(saver).invoke(Command(resume="yes"), THREAD)
    (asked,) = [e for s in before.all() for e in s.events if isinstance(e, Interrupt)]
    (answered,) = [e for s in later.all() for e in s.events if isinstance(e, Interrupt)]
    assert asked.interrupt_id == answered.interrupt_id
    assert (asked.resolved, answered.resolved, answered.value) == (False, True, "yes")
    assert later.steps()[0].step.conversation_id == "t-1"


def test_a_fork_from_an_old_checkpoint_shows_the_state_it_starts_from(recording: Recording):
    graph = StateGraph(State).add_node("a", lambda s: {"items": ["a"]}).add_node(after)
    app = graph.add_edge(START, "a").add_edge("a", "after").compile(InMemorySaver())
    app.invoke({"x": 0}, THREAD)
    early = list(app.get_state_history(THREAD))[-2]
    app.update_state(early.config, {"x": 99})
    app.invoke(None, THREAD)
    first, second = recording.steps()
    assert first.run_id != second.run_id
    assert states([second]) == snapshot(
        [("update", {"x": 99, "items": []}), ("loop", {"items": ["a"]}), ("loop", {"x": 1})]
    )


def test_a_breakpoint_passed_in_another_process_carries_the_same_id():
    saver = InMemorySaver()
    with testing.recorder(adapters=(LangGraphAdapter(),)) as before:
        build(saver, interrupt_before=["ask"]).invoke({"x": 0}, THREAD)
    with testing.recorder(adapters=(LangGraphAdapter(),)) as later:
        build(saver, interrupt_before=["ask"]).invoke(None, THREAD)
    (stopped,) = [e for s in before.all() for e in s.events if isinstance(e, Interrupt)]
    passed, asked = [e for s in later.all() for e in s.events if isinstance(e, Interrupt)]
    assert passed.interrupt_id == stopped.interrupt_id != asked.interrupt_id
    assert (stopped.resolved, passed.resolved, asked.resolved) == (False, True, False)


def test_a_run_that_goes_on_has_changed_only_what_was_written_since(recording: Recording):
    app = build(interrupt_before=["after"])
    app.invoke({"x": 0}, THREAD)
    app.invoke(Command(resume="yes"), THREAD)
    app.update_state(THREAD, {"x": 9})
    app.invoke(None, THREAD)
    app.invoke({"x": 4}, THREAD)
    app.invoke(Command(resume="no", update={"x": 5}), THREAD)
    told = [
        (e.source, e.full, e.changed_keys, e.state)
        for root in recording.steps()
        for e in root.events
        if isinstance(e, Snapshot)
    ]
    assert told == snapshot(
        [
            ("input", True, (), {"items": []}),
            ("loop", False, ("x",), {"x": 0}),
            ("loop", True, (), {"x": 0, "items": []}),
            ("loop", False, ("items",), {"items": ["yes"]}),
            ("update", True, ("x",), {"x": 9, "items": ["yes"]}),
            ("loop", False, ("x",), {"x": 1}),
            ("input", True, (), {"x": 1, "items": ["yes"]}),
            ("loop", False, ("x",), {"x": 4}),
            ("loop", True, ("x",), {"x": 5, "items": ["yes"]}),
            ("loop", False, ("items",), {"items": ["yes", "no"]}),
        ]
    )
