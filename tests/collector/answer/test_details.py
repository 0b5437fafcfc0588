# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""What a detail shows is what was stated, byte for byte, or says that it was cut or masked."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.collector.store_support import (
    GOLDEN,
    TRACE,
    Recorded,
    call,
    event,
    logs,
    native,
    span,
    started,
    traces,
)

from playhead_collector.read import RunQuery

NATIVE = "01938f2e-7b1a-7c3d-9e2f-000000000001"


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path)
    yield one
    one.close()


def detail(recorded, span_id, trace=TRACE):
    found = recorded.reader.step(f"{trace}-{span_id:016x}")
    assert found is not None
    return found


def message(role, text, kind="text"):
    return {"role": role, "parts": [{"type": kind, "content": text}]}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(prompt=st.text(st.characters(codec="utf-8"), max_size=200), result=json_values)
def test_what_is_shown_is_what_was_stated(tmp_path_factory, prompt, result):
    recorded = Recorded(tmp_path_factory.mktemp("said"))
    recorded.add(
        traces(call(1, gen_ai__input__messages=json.dumps([message("user", prompt)], ensure_ascii=False)),
               native(2, None, "tool_call", gen_ai__tool__name="t", gen_ai__tool__call__result=json.dumps(result)))
    )  # fmt: skip
    shown = detail(recorded, 1).messages[0]
    assert (shown.role, shown.parts[0]["content"]) == ("user", prompt)
    assert detail(recorded, 2).output == result
    recorded.close()


def test_a_model_call_shows_prompt_answer_tools_and_parameters(recorded):
    recorded.add_golden("native-reference")
    calls = [s for s in recorded.reader.steps(NATIVE).items if s.kind == "model_call"]
    shown = recorded.reader.step(calls[0].step_id)
    assert shown.system == [{"type": "text", "content": "You are a weather bot."}]
    assert [one.model_dump() for one in shown.messages] == [message("user", "Weather in Paris?")]
    assert [part["type"] for part in shown.answer[0].parts] == ["reasoning", "tool_call"]
    assert [tool["name"] for tool in shown.tools] == ["get_weather", "search_web"]
    assert shown.parameters == {"temperature": 0.2, "seed": 7}
    assert shown.finish_reasons == ["tool_call"]
    assert (shown.content_state, shown.step.model) == ("captured", "gpt-4o-mini-2024-07-18")
    assert [one["name"] for one in shown.events] == ["gen_ai.evaluation.result"]
    assert "gen_ai.input.messages" not in shown.attributes
    assert shown.raw["name"] == "chat gpt-4o-mini"
    assert shown.resource["service.name"] == "vec-native"


def test_a_foreign_model_call_shows_the_same_story(recorded):
    for name in ("openinference-langgraph", "otel-genai-langgraph"):
        recorded.add_golden(name)
    stories = []
    for run in recorded.reader.runs(
        RunQuery(q="workflow:weather_workflow tool:*", sort="start")
    ).items:
        call = next(s for s in recorded.reader.steps(run.run_id).items if s.kind == "model_call")
        shown = recorded.reader.step(call.step_id)
        texts = [part.get("content") for one in shown.messages for part in one.parts]
        called = [(part["name"], part["arguments"]) for one in shown.answer for part in one.parts]
        stories.append(
            (texts, called, [tool.get("name") or tool["function"]["name"] for tool in shown.tools])
        )
    said = ["You are a weather bot.", "What is the weather in Paris?"]
    assert stories == [(said, [("get_weather", {"city": "Paris"})], ["get_weather"])] * 2


def test_content_on_log_records_is_joined_to_its_span_in_any_order(recorded):
    content = event(1, "gen_ai.client.inference.operation.details")
    content["attributes"].append(
        {
            "key": "gen_ai.input.messages",
            "value": {"stringValue": json.dumps([message("user", "hi")])},
        }
    )
    recorded.add(logs(content))
    recorded.add(traces(span(1, None, "chat", gen_ai__operation__name="chat")))
    (shown,) = detail(recorded, 1).messages
    assert shown.parts == [{"type": "text", "content": "hi"}]


def test_a_derived_decision_gives_the_models_own_reason(recorded):
    answer = [{"role": "assistant", "parts": [
        {"type": "text", "content": "I look it up."}, {"type": "tool_call", "name": "search", "arguments": {}},
    ]}]  # fmt: skip
    tools = [{"name": "search"}, {"name": "answer"}]
    recorded.add(
        traces(
            call(
                1,
                gen_ai__output__messages=json.dumps(answer),
                gen_ai__tool__definitions=json.dumps(tools),
            )
        )
    )
    step = next(s for s in recorded.reader.steps("run-1").items if s.kind == "decision")
    found = recorded.reader.step(step.step_id).decision
    assert (found.chosen, found.candidates, found.type) == (
        ["search"],
        ["search", "answer"],
        "tool_choice",
    )
    assert (found.reason, found.reason_source) == ("I look it up.", "model_text")
    assert (found.maker, found.candidates_source) == ("model:gpt-4o-mini", "tools_offered")


def test_a_derived_decision_without_a_reason_has_none(recorded):
    answer = [
        {"role": "assistant", "parts": [{"type": "tool_call", "name": "search", "arguments": {}}]}
    ]
    recorded.add(traces(call(1, gen_ai__output__messages=json.dumps(answer))))
    step = next(s for s in recorded.reader.steps("run-1").items if s.kind == "decision")
    found = recorded.reader.step(step.step_id).decision
    assert (found.reason, found.reason_source) == (None, "none")


def test_a_running_step_shows_what_it_was_asked(recorded):
    asked = started(1, playhead__input=json.dumps({"q": "why?"}))
    recorded.add(logs(asked, process__pid=os.getpid()))
    shown = detail(recorded, 1)
    assert (shown.step.status, shown.input) == ("running", {"q": "why?"})


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("[truncated, 9 bytes, sha256 x]", "truncated"),
        ("key [masked:openai]", "redacted"),
        ("fine", "captured"),
    ],
)
def test_cut_and_masked_content_says_so(recorded, text, state):
    recorded.add(traces(native(1, playhead__input=json.dumps(text))))
    assert detail(recorded, 1).content_state == state


@pytest.mark.parametrize("depth", [50, 99, 101, 400, 5_000, 100_000])
def test_deep_json_is_shown_as_a_tree_or_as_its_text(recorded, depth):
    text = "[" * depth + "]" * depth
    recorded.add(traces(native(1, playhead__input=text, gen_ai__output__messages=text)))
    shown = json.loads(detail(recorded, 1).model_dump_json())["input"]
    assert shown == (json.loads(text) if depth < 100 else text)


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), -(2**63), "", "x" * 100_000, True, [], {}]
)
@pytest.mark.parametrize(
    "name",
    ["playhead.input", "gen_ai.input.messages", "gen_ai.tool.definitions", "playhead.decision.chosen",
     "gen_ai.response.time_to_first_chunk", "gen_ai.response.finish_reasons", "playhead.workflow.graph",
     "playhead.step.index", "playhead.kind", "gen_ai.request.model", "playhead.decision.scores", "error.type"],
)  # fmt: skip
def test_an_odd_value_never_breaks_an_answer(recorded, name, odd):
    odd_one = {name.replace(".", "__"): odd} if name != "playhead.kind" else {}
    recorded.add(traces(native(1, kind="decision" if odd_one else odd, name="x", **odd_one)))
    json.loads(detail(recorded, 1).model_dump_json())
    json.loads(recorded.reader.outline("run-1").model_dump_json())


def test_no_content_is_said_to_be_not_captured(recorded):
    recorded.add(traces(native(1)))
    assert detail(recorded, 1).content_state == "not_captured"


def test_bytes_of_an_http_body_are_shown_as_text(recorded):
    plain = native(
        1, None, "http_attempt", http__request__method="POST", http__response__status_code=200
    )
    plain["attributes"].append(
        {"key": "playhead.http.response.body", "value": {"bytesValue": "eyJhIjoxfQ=="}}
    )
    recorded.add(traces(plain))
    shown = detail(recorded, 1).http
    assert (shown["method"], shown["status"], shown["body"]) == ("POST", 200, '{"a":1}')


# --- state ---------------------------------------------------------------------------------------


def snapshot(number, body, *, full, changed=(), removed=(), ns=""):
    more = {
        "playhead__state__changed_keys": list(changed),
        "playhead__state__removed_keys": list(removed),
    }
    return event(1, "playhead.state.snapshot", body, at=number, playhead__state__full=full,
                 playhead__checkpoint__step=number, playhead__checkpoint__ns=ns, **more)  # fmt: skip


def states(recorded):
    found = []
    for step in recorded.reader.steps("run-1").items:
        if step.kind == "checkpoint":
            changes = recorded.reader.step(step.step_id).state
            found.append([(c.key, c.change, c.before, c.after) for c in changes])
    return found


def test_state_is_folded_from_its_changes(recorded):
    recorded.add(
        traces(native(1, None, "workflow", end=99)),
        logs(snapshot(3, {}, full=False, removed=["a"]), snapshot(2, {"b": 3}, full=False, changed=["b"]),
             snapshot(1, {"a": 1, "b": 2}, full=True)),
    )  # fmt: skip
    assert states(recorded) == [
        [("a", "added", None, 1), ("b", "added", None, 2)],
        [("a", "same", 1, 1), ("b", "changed", 2, 3)],
        [("b", "same", 3, 3), ("a", "removed", 1, None)],
    ]


def test_a_whole_state_starts_over_and_still_shows_what_was_before(recorded):
    recorded.add(
        traces(native(1, None, "workflow", end=99)),
        logs(snapshot(1, {"a": 1}, full=True), snapshot(2, {"c": 1}, full=False),
             snapshot(3, {"a": 2, "c": 1}, full=True), snapshot(4, {"c": 5}, full=False)),
    )  # fmt: skip
    assert states(recorded)[2:] == [
        [("a", "changed", 1, 2), ("c", "same", 1, 1)],
        [("a", "same", 2, 2), ("c", "changed", 1, 5)],
    ]


def test_the_state_of_a_sub_graph_is_its_own(recorded):
    recorded.add(
        traces(native(1, None, "workflow", end=99)),
        logs(snapshot(1, {"a": 1}, full=True), snapshot(2, {"x": 1}, full=True, ns="sub:1"),
             snapshot(3, {"a": 2}, full=False)),
    )  # fmt: skip
    assert states(recorded) == [
        [("a", "added", None, 1)],
        [("x", "added", None, 1)],
        [("a", "changed", 1, 2)],
    ]


def test_the_waterfall_shows_what_a_checkpoint_changed(recorded):
    recorded.add(
        traces(native(1, None, "workflow", end=99)),
        logs(snapshot(1, {"a": 1}, full=True, changed=["a"])),
    )
    assert recorded.reader.outline("run-1").details == {1: {"changed_keys": ["a"]}}


def test_every_captured_step_can_be_shown(recorded):
    for path in sorted(GOLDEN.iterdir()):
        if path.is_dir():
            recorded.add_golden(path.name)
    for run in recorded.reader.runs(RunQuery(limit=100)).items:
        for step in recorded.reader.steps(run.run_id).items:
            json.loads(recorded.reader.step(step.step_id).model_dump_json())
