# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""The search language finds what it says, and says where it breaks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.store_support import Recorded, call, logs, native, started, traces

from playhead_collector.answer.search import parse, quote
from playhead_collector.read import QueryError, RunQuery


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    recorded = Recorded(tmp_path_factory.mktemp("search"))

    def run(number, name, *more, error=None, resource=None, **facts):
        hint = {"playhead__run__id": f"run-{number}"}
        trace = f"{number:032x}"
        root = native(1, None, "workflow", trace=trace, start=number * 1000, error=error,
                      message="429 Too many 'x'" if error else "", end=number * 1000 + 500 * number,
                      gen_ai__workflow__name=name, **hint, **facts)  # fmt: skip
        children = [one(trace, hint) for one in more]
        recorded.add(traces(root, *children, **(resource or {})))

    def model(trace, hint):
        return call(2, 1, trace=trace, start=4000, **hint)

    def unknown_model(trace, hint):
        return call(3, 1, trace=trace, start=4000, gen_ai__request__model="home made", **hint)

    def tool(trace, hint):
        return native(4, 1, "tool_call", trace=trace, start=4000, gen_ai__tool__name="web_search",
                      playhead__step__attempt=2, **hint)  # fmt: skip

    def node(trace, hint):
        return native(5, 1, "node", trace=trace, start=4000, playhead__step__name="plan", **hint)

    run(1, "refund desk", model, tool, gen_ai__conversation__id="t-9", user__id="ann",
        resource={"playhead__project": "shop", "playhead__tag.env": "prod"})  # fmt: skip
    run(2, "refund", unknown_model, node, error="openai.RateLimitError")
    run(3, "triage", playhead__run__outcome="cancelled")
    recorded.add(logs(started(1, playhead__run__id="run-4", trace=f"{4:032x}", at=9_000)))
    yield recorded.reader
    recorded.close()


def found(reader, q):
    return [
        run.run_id.removeprefix("run-") for run in reader.runs(RunQuery(q=q, sort="start")).items
    ]


@pytest.mark.parametrize(
    ("q", "runs"),
    [
        ("", "1234"),
        ("status:failed", "2"),
        ("status:failed,cancelled", "23"),
        ("-status:failed", "134"),
        ("workflow:refund", "2"),
        ("workflow:refund*", "12"),
        ('workflow:"refund desk"', "1"),
        ('workflow:"refund desk",triage', "13"),
        ("project:shop", "1"),
        ("-project:*", "234"),
        ("service:tests status:cancelled", "3"),
        ("service:tests and status:cancelled", "3"),
        ("user:ann", "1"),
        ("thread:t-9", "1"),
        ("tag.env:prod", "1"),
        ("tag.env:p*", "1"),
        ("-tag.env:*", "234"),
        ("run:run-3", "3"),
        ("run:run-", "1234"),
        ("model:gpt-4o-mini", "1"),
        ("model:gpt*", "1"),
        ('model:"home made"', "2"),
        ("tool:web_search", "1"),
        ("-tool:web_search", "234"),
        ("step:plan", "2"),
        ("error:RateLimitError", "2"),
        ("error:ratelimit", "2"),
        ('error:"too many"', "2"),
        ("error:*", "2"),
        ("duration>1s", "3"),
        ("duration>=500ms duration<=1s", "12"),
        ("duration<1m", "1234"),
        ("cost>0", "1"),
        ("cost>=0.00021", "1"),
        ("cost>0.1", ""),
        ("-cost>0", "234"),
        ("steps=3", "12"),
        ("steps:3", "12"),
        ("calls>=1", "12"),
        ("tools=1", "1"),
        ("retries>=1", "1"),
        ("errors>0", "2"),
        ("tokens>1000", "12"),
        ("day:2026-11-22", "1234"),
        ("day:2026-11-21", ""),
        ("weekday:sun hour:6", "1234"),
        ("weekday:sunday", "1234"),
        ("weekday:mon,tue", ""),
        ("refund", "12"),
        ("-refund", "34"),
        ('"too many"', "2"),
        ("t-9", "1"),
        ("100%", ""),
        ("  ", "1234"),
    ],
)
def test_a_query_finds(reader, q, runs):
    assert "".join(found(reader, q)) == runs


@pytest.mark.parametrize(
    ("q", "position"),
    [
        ("colour:red", 0),
        ("status:failed colour:red", 14),
        ("status:broken", 7),
        ("duration>fast", 9),
        ("duration>2", 9),
        ("cost>cheap", 5),
        ("cost>nan", 5),
        ("workflow>3", 0),
        ("workflow:", 9),
        ('workflow:"open', 9),
        ("workflow:a,", 11),
        ("-", 1),
        ('"open', 0),
        ("weekday:noday", 8),
        ("steps>" + "9" * 30, 6),
        ("x" * 3000, 2000),
        ("a " * 60, 101),
    ],
)
def test_a_wrong_query_says_where(q, position):
    with pytest.raises(QueryError) as caught:
        parse(q)
    assert caught.value.position == position
    assert caught.value.hint


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_query_or_a_query_error(reader, q):
    try:
        reader.runs(RunQuery(q=q, limit=1))
    except QueryError as problem:
        assert 0 <= problem.position <= len(q)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters='"*', codec="utf-8"), min_size=1, max_size=30))
def test_a_quoted_value_is_one_term(value):
    condition = parse(f"workflow:{quote(value)}")
    assert list(condition.parameters.values()) == [value]
