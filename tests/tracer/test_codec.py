# pyright: basic
"""What is stated is what is read: every kind of step and event, through attributes and bytes."""

import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import steps
from playhead.codec import decode, decode_event, encode, encode_event
from playhead.otlp import (
    Scope,
    WireLog,
    WireSpan,
    attributes_json,
    log_bytes,
    read_attributes,
    span_bytes,
    to_bytes,
)
from playhead.semconv import (
    AlternativesSource,
    BoundaryState,
    DecisionType,
    ReasonSource,
    RunOutcome,
)

KINDS = [
    steps.Workflow,
    steps.Node,
    steps.Agent,
    steps.ModelCall,
    steps.ToolCall,
    steps.Decision,
    steps.Retrieval,
    steps.HttpAttempt,
    steps.Boundary,
    steps.Custom,
]
ints = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | floats | st.text()
json_trees = st.recursive(
    scalars,
    lambda s: st.lists(s, max_size=4) | st.dictionaries(st.text(), s, max_size=4),
    max_leaves=8,
)
free_attributes = st.dictionaries(
    st.text().map("app.".__add__), st.booleans() | ints | floats | st.text(), max_size=3
)
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(),
    "attributes": free_attributes,
    "usage": st.builds(
        steps.Usage,
        **{f.name: st.none() | st.integers(0, 2**62) for f in fields(steps.Usage)},
    ),
    "boundary": st.none()
    | st.builds(
        steps.Restorable,
        state=st.sampled_from(get_args(BoundaryState)),
        result=json_trees,
        reason=st.none() | st.text(),
    ),
    "segment": ints,
    "cached": st.booleans(),
    "operation": st.text(),
    "outcome": st.none() | st.sampled_from(get_args(RunOutcome)),
    "type": st.sampled_from(get_args(DecisionType)),
    "candidates_source": st.sampled_from(get_args(AlternativesSource)),
    "reason_source": st.sampled_from(get_args(ReasonSource)),
    "response_chunks": st.lists(st.tuples(ints, ints), max_size=3).map(tuple),
}
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    steps.Json: json_trees,
    str | None: st.none() | st.text(),
    int | None: st.none() | ints,
    float | None: st.none() | floats,
    bool | None: st.none() | st.booleans(),
    bytes | None: st.none() | st.binary(),
    tuple[str, ...]: st.lists(st.text(), max_size=3).map(tuple),
    tuple[float, ...]: st.lists(floats, max_size=3).map(tuple),
}


def any_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        **{f.name: SPECIAL[f.name] if f.name in SPECIAL else BY_TYPE[f.type] for f in fields(kind)},
    )


def through_bytes(attributes: dict[str, Any]) -> dict[str, Any]:
    return read_attributes(json.loads(to_bytes(attributes_json(attributes))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_is_read_as_it_was_stated(kind: type[Any]) -> None:
    @given(step=any_of(kind))
    def check(step: steps.Step) -> None:
        assert decode(through_bytes(encode(step))) == step

    check()


@given(
    event=st.builds(
        steps.Snapshot,
        **{
            f.name: BY_TYPE[f.type]
            for f in fields(steps.Snapshot)
            if f.name not in {"ns", "full", "state_bytes"}
        },
        ns=st.text(),
        full=st.booleans(),
        state_bytes=st.none() | st.integers(0, 2**62),
    )
    | st.builds(
        steps.Interrupt,
        interrupt_id=st.text(),
        step=st.none() | st.text(),
        type=st.none() | st.text(),
        value=json_trees,
        resolved=st.booleans(),
    )
)
def test_an_event_is_read_as_it_was_stated(event: steps.Snapshot | steps.Interrupt) -> None:
    name, attributes, body = encode_event(event)
    assert decode_event(name, through_bytes(attributes), body) == event


def test_an_unknown_kind_becomes_a_custom_step_and_keeps_its_attributes() -> None:
    step = decode({"playhead.kind": "ritual", "playhead.step.name": "dance", "beats": 4})
    assert step == steps.Custom(name="dance", attributes={"beats": 4})


def test_what_json_cannot_say_is_written_as_otlp_does() -> None:
    attributes = {
        "nan": float("nan"),
        "inf": float("-inf"),
        "huge": 2**63,
        "bytes": b"\0\xff",
        "nested": {"a": [1, None, {"b": True}]},
        "surrogate": "a\ud800b",
    }
    assert json.loads(to_bytes(attributes_json(attributes))) == [
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "inf", "value": {"doubleValue": "-Infinity"}},
        {"key": "huge", "value": {"stringValue": "0x8000000000000000"}},
        {"key": "bytes", "value": {"bytesValue": "AP8="}},
        {
            "key": "nested",
            "value": {
                "kvlistValue": {
                    "values": [
                        {
                            "key": "a",
                            "value": {
                                "arrayValue": {
                                    "values": [
                                        {"intValue": "1"},
                                        {},
                                        {
                                            "kvlistValue": {
                                                "values": [
                                                    {"key": "b", "value": {"boolValue": True}}
                                                ]
                                            }
                                        },
                                    ]
                                }
                            },
                        }
                    ]
                }
            },
        },
        {"key": "surrogate", "value": {"stringValue": "a�b"}},
    ]


def test_a_span_and_a_log_have_the_official_form() -> None:
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.logs.v1.logs_pb2 import ScopeLogs
    from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

    span = WireSpan("0" * 31 + "1", "0" * 15 + "2", "", "näme", 1, 5, 9, {"k": 1}, (), "it broke")
    log = WireLog("0" * 31 + "1", "0" * 15 + "2", "playhead.x", 7, {"k": 1.5}, '{"a":1}')
    scope = json.loads(Scope("s", "1").to_json())
    # The official parser refuses unknown field names. (It reads ids as base64: their form is ours.)
    spans = ParseDict({"scope": scope, "spans": [json.loads(span_bytes(span))]}, ScopeSpans())
    logs = ParseDict({"scope": scope, "logRecords": [json.loads(log_bytes(log))]}, ScopeLogs())
    assert (spans.spans[0].name, spans.spans[0].status.message) == ("näme", "it broke")
    assert logs.log_records[0].event_name == "playhead.x"
    assert logs.log_records[0].body.string_value == '{"a":1}'
