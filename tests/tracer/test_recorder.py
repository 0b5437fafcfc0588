# pyright: basic
"""Steps get their ids, parents and times, and come out as a tree."""

from playhead import context
from playhead.recorder import Link
from playhead.steps import Custom, Interrupt, ModelCall, Node, Snapshot, ToolCall, Usage, Workflow
from playhead.testing import START_NS, recorder


def test_steps_come_out_as_the_tree_in_which_they_were_opened() -> None:
    with recorder() as recording:
        made = recording.recorder
        run = made.open(Workflow(name="refund", input={"order": 7}))
        with run.active():
            node = made.open(Node(name="look up", attempt=1))
            with node.active():
                call = made.open(ToolCall(name="orders", input={"id": 7}))
                call.update(output=[1, 2])
                call.end()
            node.end(error=ValueError("no such order"))
        run.update(output={"ok": False})
        run.end()
    [root] = recording.steps()
    assert root.outline() == ("workflow refund\n  node look up !ValueError\n    tool_call orders")
    assert root.step == Workflow(
        name="refund", input={"order": 7}, output={"ok": False}, outcome="completed"
    )
    assert root.run_id == f"{1:032x}"
    assert (root.start_ns, root.parent_id) == (START_NS, None)
    node = root.children[0]
    assert (node.error_type, node.error_message) == ("ValueError", "no such order")
    assert node.children[0].step == ToolCall(name="orders", input={"id": 7}, output=[1, 2])
    assert recording.stats().recorded == 3
    assert recording.started() == ["invoke_workflow refund"]


def test_each_parentless_step_is_a_run_of_its_own() -> None:
    with recorder() as recording:
        for _ in range(2):
            recording.recorder.open(ModelCall(name="m", usage=Usage(tokens_input=1))).end()
    first, second = recording.steps()
    assert first.run_id != second.run_id
    assert first.trace_id != second.trace_id


def test_a_resumed_run_keeps_its_id_in_a_new_trace() -> None:
    with recorder() as recording:
        made = recording.recorder
        first = made.open(Workflow(name="w"))
        first.update(outcome="paused")
        first.end()
        link = Link(type="resume", trace_id=first.trace_id, span_id=first.span_id)
        made.open(Workflow(name="w", segment=2), run_id=first.run_id, links=[link]).end()
    one, two = recording.steps()
    assert one.run_id == two.run_id
    assert one.trace_id != two.trace_id
    assert two.links == (("resume", one.trace_id, one.span_id),)
    assert one.step == Workflow(name="w", outcome="paused")


def test_a_nested_workflow_belongs_to_the_run_around_it() -> None:
    with recorder() as recording:
        outer = recording.recorder.open(Workflow(name="outer"))
        with outer.active():
            recording.recorder.open(Workflow(name="inner")).end()
        outer.end()
    assert {step.run_id for step in recording.all()} == {f"{1:032x}"}


def test_events_belong_to_their_step() -> None:
    snapshot = Snapshot(checkpoint_id="c1", state={"a": 1}, index=0)
    question = Interrupt(interrupt_id="i1", value="really?")
    with recorder() as recording:
        run = recording.recorder.open(Workflow(name="w"))
        recording.recorder.event(snapshot, at=run)
        recording.recorder.event(question, at=run)
        run.end()
    assert recording.steps()[0].events == (snapshot, question)


def test_only_the_first_end_counts() -> None:
    with recorder() as recording:
        step = recording.recorder.open(Custom(name="once"))
        step.end()
        step.update(output=1)
        step.end(error=ValueError())
    assert [s.step for s in recording.all()] == [Custom(name="once")]
    assert recording.all()[0].error_type is None


def test_outside_every_step_there_is_none() -> None:
    assert context.current() is None


def test_after_closing_no_scope_records() -> None:
    with recorder() as recording:
        scoped = recording.recorder.scoped("playhead.adapters.x", "1")
        kept = scoped.open(Custom(name="kept"))
        kept.end()
        recording.recorder.close()
        late = scoped.open(Custom(name="late"))
        late.end()
    assert [(s.step.name, s.scope) for s in recording.all()] == [("kept", "playhead.adapters.x")]
    assert late.silent
