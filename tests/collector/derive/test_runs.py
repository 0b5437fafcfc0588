# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""A run from its records: status, tree, attempts, cause, cost; whatever the order of arrival."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.store_support import (
    MS,
    OTHER_TRACE,
    T0,
    TRACE,
    call,
    event,
    golden,
    logs,
    native,
    signal_of,
    span,
    started,
    traces,
)

from playhead_collector.derive.pricing import BuiltinBook
from playhead_collector.derive.refine import tool_choice_id
from playhead_collector.derive.runs import derive_run
from playhead_collector.translate.worker import translate

BOOK = BuiltinBook()


def records(*bodies):
    return [
        row
        for number, body in enumerate(bodies, 1)
        for row in translate(number, signal_of(body), "json", body)
    ]


def derive(*bodies, **more):
    found = derive_run("run-1", records(*bodies), book=BOOK, **more)
    assert found is not None
    return found


def shape(found):
    return [("  " * s.depth + s.name, s.kind, s.status) for s in found.steps]


def workflow(span_id=1, **more):
    return native(span_id, None, "workflow", gen_ai__workflow__name="w", **more)


# --- order and repetition ------------------------------------------------------------------------

STORY = [
    *records(*(body for _, body in golden("native-reference"))),
    *records(logs(started(0x20, 0x11, at=5, playhead__kind="node"))),
    *records(
        traces(
            native(5, 4, "model_call", name="chat", start=30, end=500), native(1, None, "workflow")
        )
    ),
]


def essence(found):
    """Everything that is derived, except when and where it arrived."""
    steps = [
        {n: getattr(s, n) for n in s.__slots__ if n not in ("record_no", "ordinal")}
        for s in found.steps
    ]
    run = {n: getattr(found.run, n) for n in found.run.__slots__ if n != "version"}
    return run, steps, found.ledger


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_order_and_any_repetition_of_arrival_gives_the_same_run(data):
    order = data.draw(st.permutations(range(len(STORY))))
    again = data.draw(st.lists(st.sampled_from(range(len(STORY))), max_size=20))
    arrived = [STORY[number] for number in [*order, *again]]
    assert essence(derive_run("run-1", arrived, book=BOOK)) == essence(
        derive_run("run-1", STORY, book=BOOK)
    )


def test_ended_beats_started_and_the_later_end_beats_the_earlier():
    found = derive(
        traces(workflow(end=100), native(2, 1, name="a", end=30), native(2, 1, name="b", end=50)),
        logs(started(2, 1, playhead__kind="node", at=60)),
    )
    step = found.steps[1]
    assert (step.end_ns, step.status, step.variants) == (T0 + 50 * MS, "ok", 1)


def test_byte_equal_records_are_no_variant():
    same = traces(workflow(end=100), native(2, 1))
    assert derive(same, same, same).steps[1].variants == 0


# --- status --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("completed", "completed"), ("failed", "failed"), ("paused", "paused"), ("cancelled", "cancelled"),
     ("continued", "completed")],
)  # fmt: skip
def test_the_stated_outcome_is_the_status(outcome, status):
    assert derive(traces(workflow(playhead__run__outcome=outcome))).run.status == status


def test_a_started_step_is_running_and_its_run_too():
    found = derive(logs(started(1), started(2, 1, playhead__kind="node", at=5)))
    assert [step.status for step in found.steps] == ["running", "running"]
    assert (found.run.status, found.run.end_ns, found.run.duration_ns) == ("running", None, 5 * MS)


def test_when_the_process_is_gone_what_is_open_is_lost():
    found = derive(logs(started(1)), traces(native(2, 1)), lost=True)
    assert [step.status for step in found.steps] == ["lost", "ok"]
    assert found.run.status == "lost"


def test_a_step_that_is_open_under_an_ended_one_is_lost():
    found = derive(traces(workflow()), logs(started(2, 1, playhead__kind="node")))
    assert (found.run.status, found.steps[1].status) == ("completed", "lost")


def test_an_interrupt_pauses_and_is_no_failure():
    found = derive(
        traces(workflow(playhead__run__outcome="paused"),
               native(2, 1, name="review", playhead__step__outcome="interrupted")),
        logs(event(1, "playhead.interrupt.requested", {"question": "ok?"}, playhead__interrupt__id="i")),
    )  # fmt: skip
    assert (found.run.status, found.run.errors, found.run.error_type) == ("paused", 0, None)
    interrupt = next(step for step in found.steps if step.kind == "interrupt")
    assert (interrupt.status, json.loads(interrupt.details)) == ("interrupted", {"question": "ok?"})


def test_the_answer_of_a_later_segment_settles_the_interrupt():
    found = derive(
        traces(workflow(playhead__run__outcome="paused"),
               native(9, None, "workflow", trace=OTHER_TRACE, start=900, playhead__run__segment=2,
                      playhead__run__outcome="completed")),
        logs(event(1, "playhead.interrupt.requested", "ok?", playhead__interrupt__id="i"),
             event(9, "playhead.interrupt.resolved", "yes", trace=OTHER_TRACE, at=901,
                   playhead__interrupt__id="i")),
    )  # fmt: skip
    assert found.run.status == "completed"
    assert [step.status for step in found.steps if step.kind == "interrupt"] == ["ok", "ok"]


# --- tree ----------------------------------------------------------------------------------------


def test_an_orphan_is_shown_detached():
    found = derive(traces(workflow(), native(3, 0x99, name="lonely")))
    assert [(s.name, s.detached, s.parent_position) for s in found.steps] == [
        ("w", False, -1),
        ("lonely", True, -1),
    ]


def test_cycles_and_self_parents_are_cut_where_they_begin():
    found = derive(
        traces(native(1, 1, name="self"), native(2, 4, name="b", start=2), native(3, 2, name="c", start=1),
               native(4, 3, name="d", start=3), native(5, 4, name="below", start=9))
    )  # fmt: skip
    assert [(s.name, s.depth, s.detached) for s in found.steps] == [
        ("self", 0, True),
        ("c", 0, True),
        ("d", 1, False),
        ("b", 2, False),
        ("below", 2, False),
    ]


def test_five_thousand_deep_is_no_recursion():
    deep = [native(n, n - 1 or None, name=str(n), start=n, end=9_999) for n in range(1, 5_001)]
    found = derive(traces(*reversed(deep)))
    assert [s.depth for s in found.steps] == list(range(5_000))


@pytest.mark.timeout(60)
def test_a_hundred_thousand_wide_is_one_level():
    wide = [native(n, 1, name="leaf", start=n) for n in range(2, 100_002)]
    found = derive(traces(workflow(end=200_000), *wide[:50_000]), traces(*wide[50_000:]))
    assert (found.run.steps, max(s.depth for s in found.steps)) == (100_001, 1)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 5), (2**64 - 2, 2**64 - 1), (2**63, 5), (1, 2**64 - 1)]
)
def test_any_time_that_can_be_sent_is_kept(start, end):
    body = json.loads(traces(workflow()))
    one = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    one["startTimeUnixNano"], one["endTimeUnixNano"] = str(start or 1), str(end)
    found = derive(json.dumps(body).encode())
    assert (found.run.start_ns, found.run.end_ns) == (start or 1, end)
    length = max(0, end - (start or 1))
    assert found.steps[0].duration_ns == min(length, 2**63 - 1)  # of 584 years, 292 are told


def test_equal_span_ids_of_two_traces_are_two_steps():
    found = derive(traces(workflow(), native(1, None, "workflow", trace=OTHER_TRACE)))
    assert len({step.step_id for step in found.steps}) == 2


# --- decisions, attempts, usage ------------------------------------------------------------------

TOOLS = json.dumps([{"name": "search"}, {"type": "function", "function": {"name": "answer"}}])
CALLS = json.dumps([{"role": "assistant", "parts": [{"type": "tool_call", "name": "search"}]}])


def test_a_model_that_calls_a_tool_has_decided():
    found = derive(
        traces(workflow(), call(2, 1, gen_ai__tool__definitions=TOOLS, gen_ai__output__messages=CALLS),
               native(3, 2, "http_attempt", name="POST"))
    )  # fmt: skip
    choice = found.steps[3]  # after the attempts that led to the answer
    assert (choice.kind, choice.step_id) == ("decision", f"{TRACE}-{tool_choice_id(f'{2:016x}')}")
    assert (choice.parent_position, choice.chosen, choice.candidates) == (
        1, '["search"]', '["search","answer"]',
    )  # fmt: skip
    assert [s.parent_position for s in found.steps] == [-1, 0, 1, 1]
    assert found.run.decisions == 1


def test_a_tool_choice_that_the_sender_states_is_not_derived_again():
    found = derive(
        traces(workflow(), call(2, 1, gen_ai__tool__definitions=TOOLS, gen_ai__output__messages=CALLS),
               native(3, 1, "decision", links=[(TRACE, 2, "decided_by")]))
    )  # fmt: skip
    assert found.run.decisions == 1


def test_tool_choices_are_derived_from_content_on_log_records():
    content = event(2, "gen_ai.client.inference.operation.details")
    content["attributes"] += [
        {"key": "gen_ai.tool.definitions", "value": {"stringValue": TOOLS}},
        {"key": "gen_ai.output.messages", "value": {"stringValue": CALLS}},
    ]
    found = derive(traces(workflow(), call(2, 1)), logs(content))
    assert [s.chosen for s in found.steps if s.kind == "decision"] == ['["search"]']


def test_a_step_repeated_after_an_error_is_another_attempt():
    again = [span(n, 1, "flaky", start=10 * n, error="E" if n < 4 else None, gen_ai__operation__name="x")
             for n in (2, 3, 4)]  # fmt: skip
    for one in again:
        one["attributes"].append(
            {"key": "openinference.span.kind", "value": {"stringValue": "CHAIN"}}
        )
    found = derive(traces(workflow(), *again))
    assert [s.attempt for s in found.steps[1:]] == [1, 2, 3]
    assert found.run.retries == 2


def test_a_wrapper_around_a_call_is_not_billed():
    found = derive(traces(workflow(), call(2, 1), call(3, 2)))
    assert [s.usage_scope for s in found.steps] == [None, "wrapper", "call"]
    assert (found.run.model_calls, found.run.tokens_input) == (1, 1000)


def test_usage_on_an_agent_is_an_aggregate():
    usage = {"gen_ai__usage__input_tokens": 1000}
    found = derive(traces(workflow(), native(2, 1, "agent", **usage), call(3, 2)))
    assert [s.usage_scope for s in found.steps] == [None, "aggregate", "call"]
    assert found.run.tokens_input == 1000


def test_own_time_leaves_out_what_children_account_for():
    found = derive(
        traces(workflow(end=100), native(2, 1, start=10, end=40), native(3, 1, start=30, end=60),
               native(4, 2, "http_attempt", start=10, end=40))
    )  # fmt: skip
    assert [s.own_ns // MS for s in found.steps] == [50, 30, 30, 30]


# --- cause ---------------------------------------------------------------------------------------


def failed_workflow(**more):
    return workflow(
        end=100,
        error="builtins.ValueError",
        message="boom",
        playhead__run__outcome="failed",
        **more,
    )


def test_the_cause_is_the_deepest_step_and_not_its_raised_copies():
    found = derive(
        traces(failed_workflow(), native(2, 1, playhead__step__name="boil", error="ValueError", message="boom"),
               call(3, 2, error="ValueError", message="boom"),
               native(4, 3, "http_attempt", error="HTTP 500", message="500"))
    )  # fmt: skip
    assert (found.run.error_type, found.run.error_step) == ("ValueError", "boil")
    assert found.run.error_step_id == f"{TRACE}-{3:016x}"


def test_a_healed_attempt_is_not_the_cause():
    found = derive(
        traces(failed_workflow(), native(2, 1, name="flaky", error="Timeout", message="slow"),
               native(3, 1, name="flaky", start=20), native(4, 1, name="last", start=50, error="ValueError", message="boom"))
    )  # fmt: skip
    assert found.run.error_step_id == f"{TRACE}-{4:016x}"


def test_a_cancelled_sibling_is_not_the_cause():
    found = derive(
        traces(failed_workflow(), native(2, 1, name="bad", error="ValueError", message="boom"),
               native(3, 1, name="sibling", start=1, end=90, error="asyncio.CancelledError"))
    )  # fmt: skip
    assert found.run.error_step == "bad"
    assert found.steps[2].status == "cancelled"


def test_an_error_that_the_workflow_swallowed_fails_nothing():
    found = derive(traces(workflow(), native(2, 1, error="ValueError")))
    assert (found.run.status, found.run.errors, found.run.fingerprint) == ("completed", 1, None)


def test_a_failure_of_the_workflow_itself_is_its_own_cause():
    found = derive(traces(failed_workflow(), native(2, 1)))
    assert found.run.error_step_id == f"{TRACE}-{1:016x}"


def test_equal_failures_share_a_fingerprint_and_others_do_not():
    def fingerprint(message, node="n"):
        run = derive(
            traces(
                workflow(error="E", message=message),
                native(2, 1, name=node, error="E", message=message),
            )
        ).run
        return run.fingerprint

    one = fingerprint("order 'A-17' of 2026-01-02 not found at http://x/1")
    assert one == fingerprint("order 'B-9' of 2026-02-03 not found at http://y/2")
    assert one != fingerprint("order 'A-17' of 2026-01-02 not allowed at http://x/1")
    assert one != fingerprint("order 'A-17' of 2026-01-02 not found at http://x/1", node="m")


# --- money ---------------------------------------------------------------------------------------


def test_an_unknown_model_has_an_unknown_cost():
    found = derive(traces(workflow(), call(2, 1), call(3, 1, gen_ai__request__model="home-made")))
    assert (found.run.cost_usd, found.run.calls_unknown) == ("0.000210000000", 1)
    assert [s.cost_usd for s in found.steps] == [None, "0.000210000000", None]


def test_a_run_of_unknown_calls_costs_unknown_and_not_zero():
    found = derive(traces(workflow(), call(2, 1, gen_ai__request__model="home-made")))
    assert (found.run.cost_usd, found.run.calls_unknown) == (None, 1)


def test_a_call_that_states_no_usage_is_an_unknown_part():
    found = derive(
        traces(workflow(), native(2, 1, "model_call"), native(3, 1, "model_call", error="E"))
    )
    assert [(row.usd, row.provenance) for row in found.ledger] == [(None, "unknown_usage")]


def test_a_silent_call_inside_a_billed_one_is_the_same_call():
    outer = call(2, 1)
    found = derive(traces(workflow(), outer, native(3, 2, "model_call"), native(4, 3, "embedding")))
    assert [s.cost_provenance for s in found.steps] == [None, "book", None, "unknown_usage"]
    silent = derive(traces(workflow(), native(2, 1, "model_call"), native(3, 2, "model_call")))
    assert [s.cost_provenance for s in silent.steps] == [None, "unknown_usage", None]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 8), st.sampled_from(["node", "model_call", "agent", "embedding"]),
            st.sampled_from(["gpt-4o", "gpt-4o-mini", "home-made"]), st.integers(0, 10**6),
        ),
        max_size=9,
    )
)  # fmt: skip
def test_the_cost_of_a_run_is_the_sum_of_its_steps(drawn):
    from decimal import Decimal

    spans = [
        native(number, parent or None, kind, gen_ai__provider__name="openai",
               gen_ai__request__model=model, gen_ai__usage__input_tokens=tokens)
        for number, (parent, kind, model, tokens) in enumerate(drawn, 2)
    ]  # fmt: skip
    found = derive(traces(workflow(), *spans))
    known = [Decimal(step.cost_usd) for step in found.steps if step.cost_usd is not None]
    assert (Decimal(found.run.cost_usd) if found.run.cost_usd else None) == (
        sum(known) if known else None
    )
    assert found.run.calls_unknown == sum(row.usd is None for row in found.ledger)
