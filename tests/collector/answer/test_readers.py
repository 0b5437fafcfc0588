# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""`ReaderConformance`: the reader over the store and the one over HTTP give equal answers."""

import socket
import threading
import time
from typing import get_args

import pytest
import uvicorn
from fastapi import FastAPI
from tests.collector.store_support import (
    GOLDEN,
    Recorded,
    call,
    logs,
    native,
    started,
    traces,
)

from playhead_collector.answer.api import create_api
from playhead_collector.answer.http_reader import HttpReader, ServerUnavailable
from playhead_collector.read import CostBy, QueryError, RunQuery

STRANGE_ID = "orders/17 of 20%/é?#../x"
NATIVE = "01938f2e-7b1a-7c3d-9e2f-000000000001"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    one = Recorded(tmp_path_factory.mktemp("reader"))
    for path in sorted(GOLDEN.iterdir()):
        if path.is_dir():
            one.add_golden(path.name)
    mine = {"trace": "8" * 32}
    one.add(logs(started(1, **mine)), traces(native(2, 1, **mine), call(3, 2, **mine)))
    one.add(_odd_neighbours())
    strange = {"trace": "6" * 32, "playhead__run__id": STRANGE_ID}
    one.add(traces(native(1, None, "workflow", **strange)))
    yield one
    one.close()


def _odd_neighbours():
    """Steps that could be counted on one surface and not on another."""
    odd = {"trace": "7" * 32, "playhead__run__id": "run-odd"}
    nameless = {"gen_ai__provider__name": "openai", "gen_ai__usage__input_tokens": 5}
    return traces(
        native(1, None, "workflow", **odd),
        native(2, 1, "agent", gen_ai__request__model="gpt-4o", **odd),
        native(3, 1, "embedding", gen_ai__request__model="text-embedding-3-small", **odd),
        native(4, 1, "model_call", **nameless, **odd),
        native(5, 1, "tool_call", **odd),
        native(6, 1, "node", name="plan", playhead__step__name="plan", **odd),
        call(7, 6, name="plan", **odd),
        native(8, 1, "custom", name="plan-b", **odd),
    )


@pytest.fixture(scope="module")
def address(recorded):
    app = FastAPI()
    app.include_router(create_api(recorded.reader, recorded.reading.feed))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def readers(recorded, address):
    return recorded.reader, HttpReader(address)


@pytest.fixture(params=["store", "http"])
def reader(request, readers):
    return readers[request.param == "http"]


class ReaderConformance:
    """What every reader must do. The fixture `reader` gives the one under test."""

    def test_health_names_playhead(self, reader):
        health = reader.health()
        assert (health.name, health.status, health.behind_records) == ("playhead", "ok", 0)
        assert health.runs > 10 and health.steps > health.runs

    def test_pages_of_runs_join_without_gap_or_repetition(self, reader):
        for sort in ("-start", "start", "cost", "-cost", "-duration", "tokens", "-errors", "steps"):
            whole = reader.runs(RunQuery(sort=sort, limit=1000))
            assert whole.next_cursor is None and whole.total == len(whole.items)
            walked, cursor = [], None
            while True:
                page = reader.runs(RunQuery(sort=sort, limit=4, cursor=cursor))
                walked += page.items
                if not (cursor := page.next_cursor):
                    break
            assert walked == whole.items, sort

    def test_a_time_range_limits_runs(self, reader):
        runs = reader.runs(RunQuery(sort="start", limit=1000)).items
        middle = runs[len(runs) // 2].start_ns
        before = reader.runs(RunQuery(until_ns=middle, limit=1000)).total
        assert before + reader.runs(RunQuery(since_ns=middle, limit=1000)).total == len(runs)

        for far in (10**40, -(10**40)):
            reader.overview(since_ns=far)
            assert reader.runs(RunQuery(since_ns=far)).total in (0, len(runs))

    def test_a_run_is_found_by_id_prefix_and_latest(self, reader):
        assert reader.find_run(NATIVE) == reader.find_run(NATIVE[:8]) == NATIVE
        assert reader.find_run("latest") == reader.runs(RunQuery(limit=1)).items[0].run_id
        assert reader.run(NATIVE).workflow == "weather_workflow"

    @pytest.mark.parametrize("unknown", ["nope", "", "../health", "a/b", "%", "x" * 500, "é"])
    def test_an_unknown_id_is_none(self, reader, unknown):
        assert reader.find_run(unknown) is None
        assert reader.run(unknown) is None
        assert reader.outline(unknown) is None
        assert reader.step(unknown) is None
        assert reader.steps(unknown).items == []

    def test_pages_of_steps_are_the_outline(self, reader):
        walked, cursor = [], None
        while True:
            page = reader.steps(NATIVE, limit=5, cursor=cursor)
            walked += page.items
            if not (cursor := page.next_cursor):
                break
        outline = reader.outline(NATIVE)
        assert [step.step_id for step in walked] == outline.step_id
        assert [step.kind for step in walked] == [outline.kind_names[kind] for kind in outline.kind]
        assert [s.start_ns - outline.run.start_ns for s in walked] == outline.start_ns
        assert all(parent < row for row, parent in enumerate(outline.parent))

    def test_a_run_whose_id_is_no_plain_word_opens_too(self, reader):
        assert reader.find_run(STRANGE_ID) == STRANGE_ID
        assert reader.run(STRANGE_ID).run_id == reader.outline(STRANGE_ID).run.run_id == STRANGE_ID
        assert [step.kind for step in reader.steps(STRANGE_ID).items] == ["workflow"]
        assert reader.version(STRANGE_ID) > 0

    def test_steps_and_outline_say_which_calls_are_billed(self, reader):
        steps = reader.steps("run-odd").items
        stated = [(step.kind, step.cost_usd is None, step.cost_provenance) for step in steps]
        assert stated == [
            ("workflow", True, None),
            ("agent", True, None),
            ("embedding", True, "unknown_usage"),
            ("model_call", True, "unknown_model"),
            ("tool_call", True, None),
            ("node", True, None),
            ("model_call", False, "book"),
            ("custom", True, None),
        ]
        assert reader.outline("run-odd").billed == [2, 3, 6]
        assert reader.run("run-odd").cost.calls_unknown == 2

    def test_every_step_has_a_detail(self, reader):
        for run in reader.runs(RunQuery(limit=1000)).items:
            for step in reader.steps(run.run_id, limit=1000).items:
                assert reader.step(step.step_id).step == step

    def test_a_wrong_query_raises_with_its_position(self, reader):
        for ask in (
            lambda: reader.runs(RunQuery(q="status:x")),
            lambda: reader.costs("day", q="status:x"),
            lambda: reader.failures(q="status:x"),
            lambda: reader.failure_hours(q="status:x"),
        ):
            with pytest.raises(QueryError) as caught:
                ask()
            assert (caught.value.position, bool(caught.value.hint)) == (7, True)
        for query in (RunQuery(sort="beauty"), RunQuery(cursor="???"), RunQuery(cursor="W10")):
            with pytest.raises(QueryError):
                reader.runs(query)

    def test_money_adds_up_on_every_page(self, reader):
        from decimal import Decimal

        def add(costs):
            return sum(Decimal(one.usd) for one in costs if one.usd is not None)

        runs = reader.runs(RunQuery(limit=1000)).items
        steps = [step for run in runs for step in reader.steps(run.run_id, limit=1000).items]
        total = add(run.cost for run in runs)
        assert total > 0
        assert total == sum(Decimal(step.cost_usd) for step in steps if step.cost_usd)
        assert total == add([reader.overview().cost])
        for by in ("workflow", "model", "step", "day"):
            rows = reader.costs(by)
            assert total == add(row.cost for row in rows), by
            for count in ("model_calls", "tokens_input", "tokens_output", "tokens_cache_read"):
                counted = sum(getattr(run, count) or 0 for run in runs)
                assert counted == sum(getattr(row, count) or 0 for row in rows), (by, count)
            unknown = sum(run.cost.calls_unknown for run in runs)
            assert unknown == sum(row.cost.calls_unknown for row in rows), by

    def test_every_number_opens_its_runs(self, reader):
        for by in get_args(CostBy):
            for row in reader.costs(by):
                assert reader.runs(RunQuery(q=row.q)).total == row.runs, (by, row.key)
        for group in reader.failures():
            assert reader.runs(RunQuery(q=group.q)).total == group.runs
            assert reader.step(group.sample_step_id).step.run_id == group.sample_run_id
        for cell in reader.failure_hours():
            assert reader.runs(RunQuery(q=cell.q)).total == cell.runs

    def test_failures_and_hours_count_the_failed_runs(self, reader):
        failed = reader.runs(RunQuery(q="status:failed")).total
        assert failed == sum(group.runs for group in reader.failures())
        assert failed == sum(cell.failed for cell in reader.failure_hours())
        assert all(sum(n for _, n in group.days) == group.runs for group in reader.failures())

    def test_a_version_stays_until_something_changes(self, reader):
        assert reader.version(NATIVE) == reader.version(NATIVE) > 0
        assert reader.version() == reader.version() > 0
        assert reader.version("nope") == 0


class TestReaders(ReaderConformance):
    pass


def test_both_readers_give_equal_answers(readers):
    store, http = readers
    for ask in (
        lambda reader: reader.overview(),
        lambda reader: reader.overview(since_ns=0),
        lambda reader: reader.runs(RunQuery(limit=7, q="-status:lost")),
        lambda reader: reader.run(NATIVE),
        lambda reader: reader.outline(NATIVE),
        lambda reader: reader.steps(NATIVE),
        lambda reader: [reader.costs(by) for by in ("workflow", "model", "tool", "step", "day")],
        lambda reader: reader.failures(),
        lambda reader: reader.failure_hours(),
        lambda reader: [reader.step(one.step_id) for one in reader.steps(NATIVE).items],
    ):
        assert ask(store) == ask(http)


def test_a_server_that_is_not_there_is_said(readers):
    with pytest.raises(ServerUnavailable):
        HttpReader("http://127.0.0.1:9").health()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"items":[7]}', "another version"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"items":', "does not answer"),
        (b"SSH-2.0-OpenSSH\r\n", "does not answer"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "another version"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "The server refused: Oh"),
    ],
)
def test_a_server_that_does_not_answer_as_this_version_is_said(answer, said):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ServerUnavailable, match=said):
            HttpReader(f"http://127.0.0.1:{listener.getsockname()[1]}").runs(RunQuery())
        thread.join(10)


def test_a_run_without_a_known_price_shows_none(recorded):
    recorded.add(traces(native(1, None, "workflow", trace="9" * 32, playhead__run__id="run-9"),
                        call(2, 1, trace="9" * 32, playhead__run__id="run-9",
                             gen_ai__request__model="home-made")))  # fmt: skip
    assert recorded.reader.run("run-9").cost.model_dump() == {"usd": None, "calls_unknown": 1}
    assert recorded.reader.steps("run-9").items[1].cost_usd is None
    (row,) = [row for row in recorded.reader.costs("model") if row.key == "home-made"]
    assert (row.cost.usd, row.cost.calls_unknown) == (None, 1)
