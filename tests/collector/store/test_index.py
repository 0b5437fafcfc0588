# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""The index is level with the log, once, and can be made again at any time."""

import json
from dataclasses import fields

import pytest
from tests.collector.store_support import (
    GOLDEN,
    OTHER_TRACE,
    T0,
    Recorded,
    call,
    logs,
    native,
    started,
    traces,
)

from playhead_collector.answer.reading import Reading
from playhead_collector.derive.pricing import BuiltinBook
from playhead_collector.derive.rows import LedgerRow, RunRow, SegmentRow, StepRow
from playhead_collector.derive.settle import Settler
from playhead_collector.log import LogEntry
from playhead_collector.store.content import ContentLost, ContentStore
from playhead_collector.store.store import Store, StoreError, schema_text
from playhead_collector.translate.rows import RecordRow

NAMES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
DERIVED = ("run", "step", "ledger", "segment")


def tables(store, *, leave_out=()):
    found = {}
    for table in DERIVED:
        with store.write() as writer:
            names = [c[0] for c in writer._cursor.execute(f"from {table} limit 0").description]
            kept = ", ".join(name for name in names if name not in leave_out)
            found[table] = writer._cursor.execute(
                f"select {kept} from {table} order by all"
            ).fetchall()
    return found


@pytest.mark.parametrize(
    ("table", "shape"),
    [
        ("record", RecordRow),
        ("step", StepRow),
        ("ledger", LedgerRow),
        ("run", RunRow),
        ("segment", SegmentRow),
    ],
)
def test_a_table_has_the_columns_of_its_rows(table, shape):
    store = Store(None)
    with store.write() as writer:
        columns = [column[0] for column in writer._cursor.execute(f"from {table}").description]
    assert columns == [field.name for field in fields(shape)]
    store.close()


def test_redelivery_changes_nothing(tmp_path):
    recorded = Recorded(tmp_path)
    for name in NAMES:
        recorded.add_golden(name)
    once = tables(recorded.reading.store)
    for name in NAMES:
        recorded.add_golden(name)
        recorded.add_golden(name)
    with recorded.reading.store.write() as writer:
        ((count,),) = writer._cursor.execute("select count(*) from record").fetchall()
        ((kinds,),) = writer._cursor.execute(
            "select count(distinct (trace_id, row_id, content_hash)) from record"
        ).fetchall()
    assert count == kinds
    assert tables(recorded.reading.store) == once
    recorded.close()


def test_a_rebuild_from_the_log_changes_nothing(tmp_path):
    recorded = Recorded(tmp_path, index=tmp_path / "index.duckdb")
    for name in reversed(NAMES):
        recorded.add_golden(name)  # one at a time, so that runs grow as they do in life
    recorded.add(
        logs(started(1)), traces(native(2, 1), call(3, 2)), traces(native(1, None, "workflow"))
    )
    grown = tables(recorded.reading.store)
    recorded.reading.close()
    (tmp_path / "index.duckdb").unlink()
    again = Reading(tmp_path / "index.duckdb", recorded.log)
    again.catch_up()
    assert tables(again.store) == grown
    again.close()
    recorded.log.close()


def test_the_same_spans_in_one_request_or_in_many_give_the_same_run(tmp_path):
    spans = [native(1, None, "workflow", end=99), native(2, 1), call(3, 2), native(4, 1, error="E")]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, many = Recorded(tmp_path / "a").add(traces(*spans)), Recorded(tmp_path / "b")
    for each in reversed(spans):
        many.add(traces(each))
    arrival = ("record_no", "ordinal", "version")
    assert tables(one.reading.store, leave_out=arrival) == tables(
        many.reading.store, leave_out=arrival
    )
    one.close()
    many.close()


def test_position_and_rows_are_one_transaction(tmp_path, monkeypatch):
    recorded = Recorded(tmp_path)
    recorded.append("traces", traces(native(1)))

    def broken(self, name, parameters=None):
        raise StoreError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr("playhead_collector.store.store.Writer.execute", broken)
        with pytest.raises(StoreError):
            recorded.reading.index.index_once()
    assert recorded.reading.store.query("position")[0][0] == 0
    recorded.reading.catch_up()
    assert recorded.reader.run("run-1").steps == 1
    recorded.close()


@pytest.mark.parametrize("damage", ["garbage", "other schema"])
def test_an_index_that_cannot_be_used_is_set_aside_and_made_again(tmp_path, damage):
    path = tmp_path / "index.duckdb"
    recorded = Recorded(tmp_path, index=path).add(traces(native(1)))
    if damage == "other schema":
        with recorded.reading.store.write() as writer:
            writer.execute_text("update made_by set schema_version = 'older'")
    recorded.reading.close()
    if damage == "garbage":
        path.write_bytes(b"this is no database" * 1000)
    again = Reading(path, recorded.log)
    again.catch_up()
    assert again.reader.run("run-1").steps == 1
    assert path.with_name("index.duckdb.aside").exists()
    again.close()
    recorded.log.close()


def test_an_index_that_knows_more_than_the_log_starts_over(tmp_path):
    path = tmp_path / "index.duckdb"
    (tmp_path / "other").mkdir()
    recorded = Recorded(tmp_path, index=path).add(traces(native(1)), traces(native(2)))
    recorded.reading.close()
    recorded.log.close()
    other = Recorded(tmp_path / "other", index=path)
    other.add(traces(native(3, playhead__run__id="run-2")))
    assert other.reader.run("run-1") is None
    assert other.reader.run("run-2") is not None
    other.close()


def test_a_record_that_cannot_be_read_costs_no_other(tmp_path):
    recorded = Recorded(tmp_path)
    recorded.add(traces(native(1)))
    recorded.log.append(
        LogEntry(signal="traces", encoding="json", received_ns=T0, body=b'{"resourceSpans": [7]}')
    ).result(5)
    recorded.add(traces(native(2)))
    assert recorded.reader.run("run-1").steps == 2
    assert recorded.reader.health().bad_records == 1
    recorded.close()


def test_content_that_is_not_what_was_indexed_is_refused(tmp_path):
    recorded = Recorded(tmp_path).add(traces(native(1)))
    contents = ContentStore(recorded.log)
    with pytest.raises(ContentLost):
        contents.span(1, 0, 12345)
    with pytest.raises(ContentLost):
        contents.span(99, 0, 12345)
    recorded.close()


@pytest.mark.parametrize(
    ("start", "end"), [(1, 2**64 - 1), (2**64 - 2, 2**64 - 1), (2**63, 5), (10**9, 10**9)]
)
def test_any_time_and_any_count_that_can_be_sent_is_stored(tmp_path, start, end):
    many = {"gen_ai__usage__input_tokens": 2**63 - 1, "playhead__step__index": -(2**63)}
    body = json.loads(traces(native(1, None, "workflow"), call(2, 1, **many), call(3, 1, **many)))
    for one in body["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        one["startTimeUnixNano"], one["endTimeUnixNano"] = str(start), str(end)
    recorded = Recorded(tmp_path).add(json.dumps(body).encode())
    run = recorded.reader.run("run-1")
    assert (run.start_ns, run.end_ns, run.tokens_input) == (start, end, 2**63 - 1)
    assert (run.cost.usd, run.cost.calls_unknown) == (None, 2)
    assert len(recorded.reader.outline("run-1").step_id) == 3
    recorded.reader.overview()
    recorded.reader.costs("step")
    recorded.close()


def test_a_run_that_cannot_be_derived_stops_no_other(tmp_path):
    class Faulty(BuiltinBook):
        """Somebody else's price book, with a defect."""

        def price(self, usage, model, **more):
            if model == "cursed":
                raise ZeroDivisionError
            return super().price(usage, model, **more)

    recorded = Recorded(tmp_path)
    recorded.reading.settler = Settler(recorded.reading.store, Faulty())
    cursed = {"trace": OTHER_TRACE, "playhead__run__id": "run-2"}
    recorded.add(
        traces(
            call(1), call(1, **cursed, gen_ai__request__model="cursed"), native(1, trace="5" * 32)
        )
    )
    assert recorded.reader.run("run-1") is not None
    assert recorded.reader.run("run-2") is None
    assert recorded.reading.store.query("dirty_traces", {"limit": 9}) == []
    recorded.close()


def test_the_index_follows_a_growing_log_on_its_own(tmp_path):
    import time

    recorded = Recorded(tmp_path)
    recorded.reading.start()
    recorded.append("traces", traces(native(1)))
    deadline = time.monotonic() + 5
    while recorded.reader.run("run-1") is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert recorded.reader.run("run-1").steps == 1
    recorded.close()


def test_nothing_that_an_index_would_need_a_key_for():
    text = schema_text().lower()
    assert not any(word in text for word in ("primary key", "create index", "sequence ("))


def test_hostile_names_are_data(tmp_path):
    names = ["'; drop table run; --", "\x00", "$q0", "{where}", "😀", "%_\\", "a" * 10_000]
    spans = [
        native(n, None, "workflow", name=name, gen_ai__workflow__name=name)
        for n, name in enumerate(names, 1)
    ]
    recorded = Recorded(tmp_path).add(traces(*spans))
    shown = recorded.reader.outline("run-1").name_names
    assert sorted(shown) == sorted(names)
    recorded.close()
