# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""Captured spans of real emitters come out as the rows that they mean."""

import json
import random

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.collector.store_support import GOLDEN, call, golden, native, span, traces

from playhead_collector.derive.pricing import BuiltinBook
from playhead_collector.derive.runs import derive_run
from playhead_collector.translate.convert import INT64_MAX
from playhead_collector.translate.rows import RecordRow, to_table
from playhead_collector.translate.tables import KINDS, dialects
from playhead_collector.translate.worker import translate

NAMES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
WORDS = {"step": "node", "llm": "model_call", "tool": "tool_call", "transport": "http_attempt"}
BOOK = BuiltinBook()


def expected(name):
    return json.loads((GOLDEN / name / "expected.json").read_text())


def derived_steps(rows):
    """Steps of all traces, by (trace, span); each trace on its own is enough for kinds and scopes."""
    steps = {}
    for trace in dict.fromkeys(row.trace_id for row in rows):
        run = derive_run(trace, [row for row in rows if row.trace_id == trace], book=BOOK)
        steps |= {step.step_id: step for step in run.steps if step.form != "derived"}
    return steps


def simplify(row: RecordRow, step) -> dict:
    kind = row.kind_word if step.kind == "custom" and row.kind_word else step.kind
    usage = {
        "input": row.tokens_input,
        "output": row.tokens_output,
        "cache_read": row.tokens_cache_read,
        "cache_write": row.tokens_cache_write,
        "reasoning": row.tokens_reasoning,
    }
    called = kind in ("model_call", "embedding", "rerank", "decision")
    found = {
        "trace": row.trace_id,
        "span": row.row_id,
        "parent": row.parent_id,
        "name": row.name,
        "convention": row.dialect,
        "kind": kind,
        "run_hint": row.run_hint,
        "conversation": row.conversation_id,
        "user": row.user_id,
        "provider": row.provider if called else None,
        "model_requested": row.model_requested if called else None,
        "model_served": row.model_served if called else None,
        "finish": row.finish if called else None,
        "response_id": row.response_id if called else None,
        "usage": {key: count for key, count in usage.items() if count is not None} or None,
        "usage_scope": step.usage_scope,
        "tool": row.tool if kind == "tool_call" else None,
        "tool_call_id": row.tool_call_id if kind == "tool_call" else None,
        "chosen": json.loads(step.chosen) if step.chosen else None,
        "outcome": row.outcome,
        "error_type": step.error_type,
        "error_message": (step.error_message or "")[:160] or None,
        "attempt": step.attempt,
        "dropped_attributes": row.dropped_attributes or None,
        "links": len(json.loads(row.links)) if row.links else None,
    }
    return {key: one for key, one in found.items() if one is not None}


def wanted(row: dict) -> dict:
    row = dict(row)
    row["kind"] = WORDS.get(row["kind"], row["kind"])
    if row["kind"] in ("workflow_inner", "span"):
        row["kind"] = row["kind"]
    usage = {key: n for key, n in row.get("usage", {}).items() if not key.startswith("audio")}
    if usage:
        row["usage"] = usage
    if "chosen" in row and isinstance(row["chosen"], str):
        row["chosen"] = [row["chosen"]]
    # Content, and what a request was asked with, is read from the log, not kept in the row.
    elsewhere = ("workflow", "agent", "step", "tool_args", "tool_result", "temperature", "seed")
    for key in (*elsewhere, "prompt_name", "prompt_version", "prompt_template", "cost_reported"):
        row.pop(key, None)
    return row


@pytest.mark.parametrize("name", NAMES)
def test_a_captured_dialect_gives_its_rows(name):
    rows = [
        row
        for no, (signal, body) in enumerate(golden(name))
        for row in translate(no, signal, "json", body)
    ]
    steps = derived_steps(rows)
    spans = {(row.trace_id, row.row_id): row for row in rows if row.form == "ended"}
    found = [simplify(row, steps[f"{row.trace_id}-{row.row_id}"]) for row in spans.values()]
    key = lambda row: (row["trace"], row["span"])
    assert sorted(found, key=key) == sorted(map(wanted, expected(name)["spans"]), key=key)


@pytest.mark.parametrize("name", NAMES)
def test_only_calls_are_billed(name):
    rows = [
        row
        for no, (signal, body) in enumerate(golden(name))
        for row in translate(no, signal, "json", body)
    ]
    billed = [step for step in derived_steps(rows).values() if step.usage_scope == "call"]
    assert {
        "calls": len(billed),
        "input": sum(step.tokens_input or 0 for step in billed),
        "output": sum(step.tokens_output or 0 for step in billed),
        "cache_read": sum(step.tokens_cache_read or 0 for step in billed),
    } == expected(name)["billable"]


@pytest.mark.parametrize("name", NAMES)
def test_protobuf_gives_the_same_rows_as_json(name):
    body = golden(name)[0][1]
    document = json.loads(body)
    for group in document["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for one in scope["spans"]:
                for holder in (one, *one.get("links", [])):
                    for key in ("traceId", "spanId", "parentSpanId"):
                        if holder.get(key):
                            holder[key] = json_base64(holder[key])
    request = json_format.ParseDict(document, ExportTraceServiceRequest())
    packed = translate(7, "traces", "protobuf", request.SerializeToString())
    assert packed == translate(7, "traces", "json", body)


def json_base64(hex_id):
    import base64

    return base64.b64encode(bytes.fromhex(hex_id)).decode()


def test_a_span_of_nobody_is_kept_as_custom():
    (row,) = translate(1, "traces", "json", traces(span(1, name="GET /x", my__key=3), scope="mine"))
    assert (row.kind, row.kind_word, row.dialect) == ("custom", "span", "otel")


def test_a_client_request_of_nobody_is_an_http_attempt():
    plain = span(1, name="POST", http__request__method="POST", http__response__status_code=429)
    plain["kind"] = 3
    (row,) = translate(1, "traces", "json", traces(plain, scope="mine"))
    assert (row.kind, row.http_status, row.outcome, row.error_type) == (
        "http_attempt", 429, "error", "HTTP 429",
    )  # fmt: skip


def test_an_unknown_kind_keeps_its_word():
    (row,) = translate(1, "traces", "json", traces(native(1, kind="daydream")))
    assert (row.kind, row.kind_word) == ("custom", "daydream")


@pytest.mark.parametrize("sent", [-1, 2**63, 1.5, True, "many", "", "1e3"])
def test_an_absurd_count_is_unknown(sent):
    (row,) = translate(1, "traces", "json", traces(call(1, gen_ai__usage__input_tokens=sent)))
    assert row.tokens_input is None


@pytest.mark.parametrize("sent", [0, 7, INT64_MAX, "7", 7.0])
def test_a_count_is_read_from_any_number(sent):
    (row,) = translate(1, "traces", "json", traces(call(1, gen_ai__usage__input_tokens=sent)))
    assert row.tokens_input == int(sent)


KNOWN = sorted({name for table in dialects() for name in table.columns}
               | {"openinference.span.kind", "metadata", "llm.tools.0.tool.json_schema",
                  "llm.output_messages.0.message.content", "gen_ai.transfer.target.name"})  # fmt: skip
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20)
    | st.sampled_from(["{", "[1]", '{"a":', '[{"name":7}]', '{"thread_id":{"x":[]}}', "NaN", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KNOWN), values, max_size=12),
    st.sampled_from(["x", "openinference.y"]),
)
def test_no_value_of_a_known_attribute_costs_a_span(attributes, scope):
    one = span(
        1, None, "x", **{name.replace(".", "__"): value for name, value in attributes.items()}
    )
    (row,) = translate(1, "traces", "json", traces(one, scope=scope))
    to_table(RecordRow, [row])


def test_every_table_speaks_our_kinds():
    for table in dialects():
        for word in (*table.kind_words.values(), table.kind_otherwise):
            assert word in KINDS or word.startswith("custom:"), (table.name, word)


def test_a_row_depends_on_its_record_only():
    body = golden("openinference-langgraph")[0][1]
    document = json.loads(body)
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    rows = {row.row_id: row for row in translate(1, "traces", "json", body)}
    random.Random(7).shuffle(spans)
    for row in translate(1, "traces", "json", json.dumps(document).encode()):
        row.ordinal = rows[row.row_id].ordinal
        assert row == rows[row.row_id]
