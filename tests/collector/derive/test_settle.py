# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""Which segments are one run, when runs are lost, and that nothing depends on the order."""

import itertools
import os

import pytest
from tests.collector.store_support import (
    GONE_PID,
    OTHER_TRACE,
    SECOND,
    T0,
    TRACE,
    Recorded,
    event,
    golden,
    logs,
    native,
    span,
    started,
    traces,
)

from playhead_collector.answer.live import Feed
from playhead_collector.answer.reading import Reading
from playhead_collector.derive.lost import GONE_SILENCE_NS, LONG_SILENCE_NS, is_lost, process_alive
from playhead_collector.derive.pricing import BuiltinBook
from playhead_collector.derive.settle import Settler
from playhead_collector.read import RunQuery


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path)
    yield one
    one.close()


def runs_of(recorded):
    found = recorded.reader.runs(RunQuery(sort="start")).items
    return [(run.run_id, run.status, run.segments, run.steps) for run in found]


def workflow(span_id, trace=TRACE, **more):
    return native(span_id, None, "workflow", trace=trace, gen_ai__workflow__name="w", **more)


def test_one_identity_in_two_traces_is_one_run(recorded):
    recorded.add(traces(workflow(1)), traces(workflow(2, OTHER_TRACE, start=50)))
    assert runs_of(recorded) == [("run-1", "completed", 2, 2)]


def test_two_identities_in_one_trace_are_two_runs(recorded):
    child = {"playhead__run__id": "run-2"}
    recorded.add(
        traces(
            workflow(1, end=99),
            native(2, 1, **child, start=5),
            native(3, 2, **child, start=6),
            native(4, 1),
        )
    )
    assert runs_of(recorded) == [("run-1", "completed", 1, 2), ("run-2", "completed", 1, 2)]
    assert recorded.reader.run("run-2").parent_run_id == "run-1"
    assert recorded.outline("run-2")[0][:2] == (0, "node")
    assert recorded.reader.outline("run-2").detached == []


def test_a_step_that_states_no_identity_is_in_the_run_above_it(recorded):
    other = native(2, 1, playhead__run__id="run-2", start=5)
    recorded.add(
        traces(workflow(1), other, span(5, 2, "plain", start=6, gen_ai__operation__name="chat"))
    )
    assert [run[3] for run in runs_of(recorded)] == [1, 2]


def test_a_step_whose_records_disagree_is_in_one_run(recorded):
    recorded.add(traces(workflow(1), native(2, 1, end=5)))
    recorded.add(traces(native(2, 1, end=9, playhead__run__id="run-2")))
    assert [(run[0], run[3]) for run in runs_of(recorded)] == [("run-1", 1), ("run-2", 1)]


def test_a_resumed_run_with_another_identity_joins_by_its_link(recorded):
    resumed = workflow(
        2, OTHER_TRACE, start=50, playhead__run__id="run-2", links=[(TRACE, 1, "resume")]
    )
    recorded.add(traces(resumed))
    recorded.add(traces(workflow(1, playhead__run__outcome="paused")))
    assert runs_of(recorded) == [("run-1", "completed", 2, 2)]
    assert recorded.reader.run("run-2").run_id == "run-1"


def test_a_resumed_run_joins_by_the_interrupt_that_it_answers(recorded):
    same = {"gen_ai__conversation__id": "t-1"}
    asked = event(1, "playhead.interrupt.requested", "ok?", playhead__interrupt__id="i", **same)
    answer = event(2, "playhead.interrupt.resolved", "yes", trace=OTHER_TRACE, at=51,
                   playhead__interrupt__id="i", playhead__run__id="run-2", **same)  # fmt: skip
    resumed = workflow(2, OTHER_TRACE, start=50, playhead__run__id="run-2", **same)
    recorded.add(traces(workflow(1, playhead__run__outcome="paused", **same)), logs(asked))
    recorded.add(traces(resumed), logs(answer))
    assert runs_of(recorded) == [("run-1", "completed", 2, 4)]


def foreign(number, *, paused=False, at=0, conversation="thread-1"):
    """A trace of an OpenInference sender: one workflow with one node."""
    trace = f"{number:032x}"
    facts = {"session__id": conversation, "openinference__span__kind": "CHAIN"}
    root = span(1, None, "w", trace=trace, start=at, end=at + 9, **facts)
    node = span(
        2,
        1,
        "review",
        trace=trace,
        start=at + 1,
        error="GraphInterrupt" if paused else None,
        **facts,
    )
    return traces(root, node, scope="openinference.x")


def test_a_paused_foreign_run_goes_on_in_the_next_of_its_conversation(recorded):
    recorded.add(
        foreign(1, paused=True),
        foreign(2, at=100),
        foreign(3, at=200),
        foreign(4, at=50, conversation="t"),
    )
    assert [(run[1], run[2]) for run in runs_of(recorded)] == [
        ("completed", 2),
        ("completed", 1),
        ("completed", 1),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_conversations_are_joined_alike_in_any_order_of_arrival(tmp_path, order):
    bodies = [
        foreign(1, paused=True),
        foreign(2, at=100),
        foreign(3, at=200, paused=True),
        foreign(4, at=300),
    ]
    recorded = Recorded(tmp_path)
    for number in order:
        recorded.add(bodies[number])
    assert [run[2:] for run in runs_of(recorded)] == [(2, 4), (2, 4)]
    recorded.close()


# --- lost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("silence_ns", "alive", "lost"),
    [
        (GONE_SILENCE_NS, False, True),
        (GONE_SILENCE_NS - 1, False, False),
        (GONE_SILENCE_NS, None, False),
        (LONG_SILENCE_NS, None, True),
        (LONG_SILENCE_NS * 100, True, False),
        (-SECOND, False, False),
    ],
)
def test_the_rule_for_lost_runs(silence_ns, alive, lost):
    assert is_lost(last_seen_ns=T0, now_ns=T0 + silence_ns, alive=alive) is lost


def test_a_process_is_known_to_live_or_not_only_on_this_machine():
    assert process_alive(None, os.getpid()) is True
    assert process_alive(None, GONE_PID) is False
    assert process_alive("another-machine", GONE_PID) is None
    assert process_alive(None, None) is None


def settler_at(recorded, moment_ns, told=None):
    return Settler(recorded.reading.store, BuiltinBook(), clock=lambda: moment_ns, on_change=told)


def test_a_killed_program_shows_as_lost_and_comes_back_when_its_end_arrives(tmp_path):
    recorded = Recorded(tmp_path)
    recorded.reading.settler = settler_at(recorded, T0 + SECOND)
    recorded.add(logs(started(1), process__pid=GONE_PID))
    assert settler_at(recorded, T0 + SECOND).sweep() == []
    assert runs_of(recorded)[0][1] == "running"
    before = recorded.reader.version("run-1")
    assert settler_at(recorded, T0 + 31 * SECOND).sweep() == ["run-1"]
    assert recorded.reader.runs(RunQuery(q="status:lost")).total == 1
    assert recorded.outline() == [(0, "workflow", "invoke_workflow w", "lost")]
    assert recorded.reader.version("run-1") > before
    recorded.add(traces(workflow(1), process__pid=GONE_PID))
    assert runs_of(recorded)[0][1] == "completed"
    recorded.close()


def test_a_living_process_keeps_its_run_running(recorded):
    recorded.add(logs(started(1), process__pid=os.getpid()))
    assert settler_at(recorded, T0 + 10**6 * SECOND).sweep() == []


# --- writing -------------------------------------------------------------------------------------


def test_only_runs_that_something_arrived_for_are_derived_again(recorded):
    recorded.add(traces(workflow(1)), traces(workflow(2, OTHER_TRACE, playhead__run__id="run-2")))
    told = []
    recorded.reading.settler = settler_at(
        recorded, T0, lambda _, versions: told.append(set(versions))
    )
    recorded.add(traces(native(3, 1)))
    assert told == [{"run-1"}]


def test_what_is_due_survives_a_restart(tmp_path):
    recorded = Recorded(tmp_path, index=tmp_path / "index.duckdb")
    recorded.append("traces", traces(workflow(1)))
    recorded.reading.index.catch_up()  # indexed, and killed before anything was derived
    recorded.reading.close()
    reading = Reading(tmp_path / "index.duckdb", recorded.log)
    reading.catch_up()
    assert reading.reader.run("run-1") is not None
    reading.close()
    recorded.log.close()


def test_the_feed_is_told_what_changed(recorded):
    feed = Feed()
    recorded.reading.settler = settler_at(recorded, T0, feed.publish)
    recorded.add(*(body for _, body in golden("native-reference")))
    (change,) = feed._changes  # the feed's door is a stream; this is what it will say
    assert change.run_id.startswith("01938f2e")
