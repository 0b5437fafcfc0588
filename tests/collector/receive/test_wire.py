# pyright: basic
"""Both encodings become one shape; what is not valid is rejected alone; nothing grows beyond bounds."""

import json
import math
import re
import tracemalloc
from typing import Any

import pytest
from dirty_equals import IsStr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.receive.messages import to_json, to_protobuf
from tests.collector.served import request, span

from playhead_collector import wire
from playhead_collector.wire import json_scan


def attribute(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "value": value}


VALUES = st.recursive(
    st.one_of(
        st.text(max_size=20).map(lambda text: {"stringValue": text}),
        st.booleans().map(lambda flag: {"boolValue": flag}),
        st.integers(-(2**63), 2**63 - 1).map(lambda number: {"intValue": str(number)}),
        st.floats(allow_nan=False, allow_infinity=False).map(lambda x: {"doubleValue": x}),
        st.sampled_from(["NaN", "Infinity", "-Infinity"]).map(lambda x: {"doubleValue": x}),
        st.binary(max_size=20).map(
            lambda raw: {"bytesValue": __import__("base64").b64encode(raw).decode()}
        ),
        st.just({}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda v: {"arrayValue": {"values": v}}),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(
            lambda pairs: {"kvlistValue": {"values": [attribute(k, v) for k, v in pairs.items()]}}
        ),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.text(max_size=8), VALUES, max_size=4).map(
    lambda pairs: [attribute(key, value) for key, value in pairs.items()]
)
HEX_16 = st.integers(1, 2**64 - 1).map(lambda n: f"{n:016x}")
HEX_32 = st.integers(1, 2**128 - 1).map(lambda n: f"{n:032X}")
TIMES = st.integers(1, 2**64 - 1).map(str)
COUNTS = st.integers(0, 2**32 - 1)
SPANS = st.fixed_dictionaries(
    {"traceId": HEX_32, "spanId": HEX_16, "name": st.text(max_size=20), "startTimeUnixNano": TIMES},
    optional={
        "parentSpanId": HEX_16,
        "kind": st.integers(0, 5),
        "endTimeUnixNano": TIMES,
        "attributes": ATTRIBUTES,
        "traceState": st.text(max_size=8),
        "flags": COUNTS,
        "droppedAttributesCount": COUNTS,
        "droppedEventsCount": COUNTS,
        "droppedLinksCount": COUNTS,
        "events": st.lists(
            st.fixed_dictionaries(
                {"timeUnixNano": TIMES, "name": st.text(max_size=5), "attributes": ATTRIBUTES}
            ),
            max_size=2,
        ),
        "links": st.lists(
            st.fixed_dictionaries({"traceId": HEX_32, "spanId": HEX_16, "attributes": ATTRIBUTES}),
            max_size=2,
        ),
        "status": st.fixed_dictionaries(
            {}, optional={"code": st.integers(0, 2), "message": st.text(max_size=9)}
        ),
    },
)


def without_nan(value: Any) -> Any:
    return repr(value)  # NaN is not equal to itself


@given(st.lists(SPANS, max_size=3))
@settings(max_examples=150, deadline=None)
def test_json_and_protobuf_give_the_same_spans(spans: list[dict[str, Any]]) -> None:
    payload = request(*spans)
    from_json = wire.decode_traces("json", to_json(payload))
    from_protobuf = wire.decode_traces("protobuf", to_protobuf(payload))
    assert without_nan(from_json) == without_nan(from_protobuf)
    assert len(from_json.spans) == len(spans)


@given(SPANS)
@settings(max_examples=100, deadline=None)
def test_a_span_written_as_otlp_json_reads_back_equal(sent: dict[str, Any]) -> None:
    [first] = wire.decode_traces("json", to_json(request(sent))).spans
    again = to_json(request(wire.span_to_json(first)))
    assert without_nan(wire.decode_traces("json", again).spans) == without_nan([first])


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"intValue": 5}, 5),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": "9223372036854775807"}, 2**63 - 1),
        ({"intValue": "9223372036854775808"}, "9223372036854775808"),
        ({"intValue": "many"}, "many"),
        ({"intValue": 3.0}, 3),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "1.5"}, 1.5),
        ({"doubleValue": "-Infinity"}, -math.inf),
        ({"stringValue": ""}, ""),
        ({"stringValue": "a\u0000b"}, "a\u0000b"),
        ({"boolValue": False}, False),
        ({"bytesValue": "_-8="}, b"\xff\xef"),
        ({"bytesValue": "/+8"}, b"\xff\xef"),
        ({"bytesValue": "not base64!"}, "not base64!"),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{}, {"intValue": "1"}]}}, [None, 1]),
        ({"kvlistValue": {"values": [attribute("", {"stringValue": "x"})]}}, {"": "x"}),
        ({"stringValue": None, "intValue": "0"}, 0),
        (None, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_value_is_read_as_it_was_meant(sent: Any, read: Any) -> None:
    body = to_json(request(span(attributes=[attribute("a", sent)])))
    assert wire.decode_traces("json", body).spans[0].attributes == {"a": read}


def test_the_last_of_equal_keys_wins() -> None:
    pairs = [attribute("a", {"intValue": "1"}), attribute("a", {"intValue": "2"})]
    from_json = wire.decode_traces("json", to_json(request(span(attributes=pairs))))
    from_protobuf = wire.decode_traces("protobuf", to_protobuf(request(span(attributes=pairs))))
    assert from_json.spans[0].attributes == from_protobuf.spans[0].attributes == {"a": 2}


BAD_SPANS = [
    (span(traceId=""), "trace id is missing"),
    (span(traceId="0" * 32), "trace id is all zeros"),
    (span(traceId="ab" * 8), "trace id is not 32 hexadecimal digits"),
    (span(traceId="zz" * 16), "trace id is not 32 hexadecimal digits"),
    (span(traceId="W47/95gDgQPSabYzgT/GDA=="), "trace id is not 32 hexadecimal digits"),
    (span(spanId="0" * 16), "span id is all zeros"),
    (span(spanId="e1"), "span id is not 16 hexadecimal digits"),
    (span(startTimeUnixNano="0"), "start time is missing"),
    (span(startTimeUnixNano=None), "start time is missing"),
    (span(startTimeUnixNano="-5"), "start time is not an unsigned 64-bit integer"),
    (span(startTimeUnixNano=str(2**64)), "start time is not an unsigned 64-bit integer"),
    (span(startTimeUnixNano="9" * 5000), "start time is not an unsigned 64-bit integer"),
    (span(endTimeUnixNano="soon"), "end time is not an unsigned 64-bit integer"),
    (span(name=5), IsStr(regex="span: Expected .*name.*")),
    (span(attributes={"a": 1}), IsStr(regex="span: Expected .*attributes.*")),
    ("text", IsStr(regex="span: Expected .*")),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), BAD_SPANS)
def test_a_bad_span_is_rejected_and_its_siblings_keep_their_ordinals(bad: Any, reason: Any) -> None:
    body = to_json(request(span(name="before"), bad, span(name="after", spanId="ab" * 8)))
    read = wire.decode_traces("json", body)
    assert [(s.ordinal, s.name) for s in read.spans] == [(0, "before"), (2, "after")]
    assert [(r.ordinal, r.reason) for r in read.rejected] == [(1, reason)]
    checked = wire.check("traces", "json", body)
    assert (checked.kept, checked.rejected, checked.reason) == (2, [1], reason)
    assert wire.read_span("json", body, 1) is None
    assert wire.read_span("json", body, 2) == read.spans[1]


def test_a_bad_span_in_protobuf_is_rejected_alone_too() -> None:
    good = to_protobuf(request(span()))
    bad_utf8 = to_protobuf(request(span(name="NAME"))).replace(b"NAME", b"NA\xff\xfe")
    short_id = to_protobuf(request(span(traceId="abcd")))
    read = wire.decode_traces("protobuf", good + bad_utf8 + short_id + good)
    assert [s.ordinal for s in read.spans] == [0, 3]
    assert [(r.ordinal, r.unparsable) for r in read.rejected] == [(1, True), (2, False)]


def test_a_bad_resource_rejects_its_own_spans_only() -> None:
    payload = request(span())
    payload["resourceSpans"].append(
        {"resource": {"attributes": 7}, "scopeSpans": payload["resourceSpans"][0]["scopeSpans"]}
    )
    checked = wire.check("traces", "json", to_json(payload))
    assert (checked.kept, checked.rejected) == (1, [1])


def test_parents_of_a_wrong_shape_are_kept_as_sent_and_zeros_mean_none() -> None:
    def parent(sent: Any) -> str | None:
        body = to_json(request(span(parentSpanId=sent)))
        return wire.decode_traces("json", body).spans[0].parent_id

    assert [parent(sent) for sent in ("", "0" * 16, None, "AB" * 8, "odd")] == [
        None,
        None,
        None,
        "ab" * 8,
        "odd",
    ]


def test_enum_names_are_understood_and_counted() -> None:
    body = to_json(request(span(kind="SPAN_KIND_SERVER", status={"code": "STATUS_CODE_ERROR"})))
    [read] = wire.decode_traces("json", body).spans
    assert (read.kind, read.status_code) == (2, 2)
    assert wire.check("traces", "json", body).enum_names == 1


def test_lone_surrogates_become_replacement_characters() -> None:
    body = to_json(request(span(name="NAME"))).replace(
        b"NAME", rb"\ud83d\ude00 \ud83d \\ud83d \udE00"
    )
    [read] = wire.decode_traces("json", body).spans
    assert read.name == "\U0001f600 \ufffd \\ud83d \ufffd"


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"5", b'"x"', b"nul", b"{}x", b'{"resourceSpans":5}', b'{"resourceSpans":[5]}',
     b'{"resourceSpans":[{"scopeSpans":{}}]}', b"\xff\xfe{}", b'{"resourceSpans":[{"a":"\xff"}]',
     b"[" * 100_000, b'{"x":' * 100_000, b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"[" * 50_000],
)  # fmt: skip
def test_what_is_not_otlp_json_is_an_error(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.check("traces", "json", body)


@pytest.mark.parametrize(
    "body",
    [b"\x0a", b"\x0a\x05abc", b"\xff" * 20, b"\x0b", b"\x00\x01", b"{}", b"\x09\x00",
     b"\x0a\x02\x12\x05", b"\x80" * 11],
)  # fmt: skip
def test_what_is_not_otlp_protobuf_is_an_error(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.check("traces", "protobuf", body)


def test_truncated_protobuf_is_an_error_or_rejects_at_every_length() -> None:
    body = to_protobuf(request(span(), span(spanId="ab" * 8)))
    for length in range(1, len(body)):
        with pytest.raises(wire.WireError):
            wire.check("traces", "protobuf", body[:length])


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"resourceSpans":null}', b'{"resourceSpans":[]}', b" "]
)
def test_an_empty_request_is_fine(body: bytes) -> None:
    assert wire.check("traces", "json", body).kept == 0
    assert wire.check("traces", "protobuf", b"").kept == 0


def test_unknown_fields_are_ignored() -> None:
    payload = request(span(later={"a": [1, {"b": None}]}))
    payload["resourceSpans"][0]["news"] = [1]
    assert wire.check("traces", "json", to_json(payload)).kept == 1


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"intValue": "1"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


def test_a_value_nested_too_deeply_rejects_its_span_only() -> None:
    deep = span(attributes=[attribute("a", nested(80))])
    fine = span(attributes=[attribute("a", nested(60))])
    checked = wire.check("traces", "json", to_json(request(deep, fine)))
    assert (checked.rejected, checked.kept) == ([0], 1)
    wide = {"arrayValue": {"values": [{"arrayValue": {"values": []}}] * 200}}
    assert (
        wire.check("traces", "json", to_json(request(span(attributes=[attribute("a", wide)])))).kept
        == 1
    )


def test_logs_are_read_and_joined_to_their_span_by_ids() -> None:
    record = {
        "timeUnixNano": "7",
        "observedTimeUnixNano": "8",
        "severityNumber": "SEVERITY_NUMBER_WARN2",
        "severityText": "warn",
        "body": {"kvlistValue": {"values": [attribute("k", {"intValue": "1"})]}},
        "attributes": [attribute("event.name", {"stringValue": "gen_ai.choice"})],
        "traceId": "AB" * 16,
        "spanId": "CD" * 8,
    }
    loose = {"body": {"stringValue": "no span"}, "traceId": "", "spanId": ""}
    bad = {"traceId": "xyz"}
    payload = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, loose, bad]}]}]}
    read = wire.decode_logs("json", to_json(payload))
    first, second = read.events
    assert (first.trace_id, first.span_id, first.time_ns) == ("ab" * 16, "cd" * 8, 7)
    assert (first.event_name, first.body, first.severity_number) == ("gen_ai.choice", {"k": 1}, 14)
    assert (second.trace_id, second.span_id, second.body) == (None, None, "no span")
    assert [r.ordinal for r in read.rejected] == [2]
    payload = {
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{**record, "severityNumber": 14}, loose]}]}]
    }
    protobuf = wire.decode_logs("protobuf", to_protobuf(payload, "logs"))
    assert protobuf.events == read.events


def spans_protobuf(count: int) -> bytes:
    """Return a request of empty spans: two bytes each."""

    def message(number: int, content: bytes) -> bytes:
        length = bytearray()
        rest = len(content)
        while rest > 0x7F:
            length.append(rest & 0x7F | 0x80)
            rest >>= 7
        return bytes([number << 3 | 2]) + bytes([*length, rest]) + content

    return message(1, message(2, b"\x12\x00" * count))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("protobuf", spans_protobuf(2_000_000)),
        ("protobuf", b"\x0a\x00" * 2_000_000),
        ("json", b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"1," * 9_000_000 + b"1]}]}]}"),
        ("json", b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 200_000 + b"{}]}]}]}"),
        ("json", b'{"resourceSpans":[' + b"{}," * 200_000 + b"{}]}"),
    ],
    ids=["empty spans", "empty resources", "numbers for spans", "empty JSON spans", "JSON resources"],
)  # fmt: skip
def test_a_request_of_too_many_parts_is_refused_without_making_them(
    encoding: wire.Encoding, body: bytes
) -> None:
    tracemalloc.start()
    with pytest.raises(wire.TooLarge):
        wire.check("traces", encoding, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 2**20


def test_a_span_of_too_many_values_is_rejected_and_its_sibling_kept() -> None:
    many = json.dumps(attribute("k", {"intValue": "1"}))
    body = to_json(request(span(attributes=["MANY"]), span(spanId="ab" * 8)))
    checked = wire.check(
        "traces", "json", body.replace(b'"MANY"', b",".join([many.encode()] * 260_000))
    )
    assert (checked.rejected, checked.kept) == ([0], 1)
    assert checked.reason == "span has more than 250000 values"


def test_a_long_prompt_full_of_commas_and_braces_is_no_bomb() -> None:
    text = json.dumps({"rows": [{"a": [1, 2, 3]}] * 100_000})
    body = to_json(request(span(attributes=[attribute("prompt", {"stringValue": text})])))
    assert len(body) > 2_000_000
    assert wire.check("traces", "json", body).kept == 1


@given(
    st.recursive(
        st.text(alphabet='ab,[]"\\\u00e9\n', max_size=8) | st.integers(), st.lists, max_leaves=20
    ),
    st.integers(1, 9),
)
@settings(max_examples=300, deadline=None)
def test_marks_outside_strings_are_those_of_the_structure(value: Any, chunk: int) -> None:
    text = json.dumps(value).encode()
    structure = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_scan, "_CHUNK_BYTES", chunk)
        assert json_scan.outside_strings(text, b",") == b"," * structure.count(b",")
        assert json_scan.outside_strings(text, b"[]") == re.sub(rb"[^][]", b"", structure)
