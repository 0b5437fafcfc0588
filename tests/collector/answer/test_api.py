# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""The read routes: shapes, errors, compression, and the live feed."""

import asyncio
import json
import threading

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.collector.store_support import Recorded, call, native, traces

from playhead_collector.answer import live
from playhead_collector.answer.api import create_api
from playhead_collector.answer.live import Feed, TooManyClients


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path).add(traces(native(1, None, "workflow", end=99, error="E"), call(2, 1)))
    yield one
    one.close()


@pytest.fixture
def client(recorded):
    app = FastAPI(openapi_url="/api/openapi.json")
    app.include_router(create_api(recorded.reader, recorded.reading.feed))
    with TestClient(app) as one:
        yield one


@pytest.mark.parametrize(
    "path", ["runs", "runs/run-1/steps", "costs?by=model", "failures", "failures/hours"]
)
def test_lists_have_items_and_a_cursor(client, path):
    answer = client.get(f"/api/{path}").json()
    assert answer["items"] and answer["next_cursor"] is None


def test_a_run_can_be_named_by_prefix_and_latest(client):
    whole = client.get("/api/runs/run-1").json()
    assert whole["run_id"] == "run-1"
    assert client.get("/api/runs/run").json() == client.get("/api/runs/latest").json() == whole


def test_money_is_a_decimal_string_and_times_are_integers(client):
    run = client.get("/api/runs/run-1").json()
    assert run["cost"] == {"usd": "0.00021", "calls_unknown": 0}
    assert isinstance(run["start_ns"], int)


@pytest.mark.parametrize(
    "path", ["runs/nope", "runs/nope/steps", "runs/nope/outline", "runs/nope/events", "steps/nope"]
)
def test_an_unknown_id_is_404(client, path):
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert "nope" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["runs", "costs", "failures", "failures/hours"])
def test_a_wrong_query_is_400_with_its_position(client, path):
    answer = client.get(f"/api/{path}", params={"q": "workflow:x colour:red"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["position"]) == ("bad_query", 11)
    assert "one of" in error["hint"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-5", "limit=99999999", "cursor=", "since_ns=-1", "until_ns=0"]
)
def test_odd_paging_values_are_no_server_error(client, query):
    assert client.get(f"/api/runs?{query}").status_code in (200, 400)


def test_big_answers_are_compressed_when_asked_for(client, recorded):
    recorded.add(traces(*(native(n, 1, name=f"leaf {n}") for n in range(3, 300))))
    packed = client.get("/api/runs/run-1/outline", headers={"accept-encoding": "gzip"})
    plain = client.get("/api/runs/run-1/outline", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_the_api_describes_itself(client):
    described = client.get("/api/openapi.json").json()
    assert {"/api/runs", "/api/steps/{step_id}", "/api/events"} <= set(described["paths"])
    answers = described["paths"]["/api/runs/{run_id}/outline"]["get"]["responses"]["200"]
    assert answers["content"]["application/json"]["schema"]["$ref"].endswith("/Outline")


def test_the_description_has_every_answer_and_no_other(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    for path, methods in paths.items():
        answers = methods["get"]["responses"]
        assert set(answers) == {"200", "4XX"}, path
        assert answers["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith("/Refused")
        (kind, content), *others = answers["200"]["content"].items()
        live = path.endswith("/events")
        assert (kind, others) == ("text/event-stream" if live else "application/json", []), path
        assert live or content["schema"], path


# --- live ----------------------------------------------------------------------------------------


def read(feed, count, *, run_id=None, after=None, then=()):
    """The first events of a stream; `then` is published once it is open, from another thread."""

    async def gather():
        stopping = threading.Event()
        lines = feed.listen(now=lambda: 5, run_id=run_id, after=after, stopping=stopping.is_set)
        found, told = [], False
        async for line in lines:
            if line.startswith(b"id:"):
                fields = dict(part.split(": ", 1) for part in line.decode().strip().split("\n"))
                found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            if len(found) == count:
                stopping.set()
            elif found and not told:
                told = True
                for change in then:
                    await asyncio.to_thread(feed.publish, *change)
        return found

    return asyncio.run(asyncio.wait_for(gather(), 10))


def test_a_stream_starts_with_the_version_of_now():
    ((_, name, told),) = read(Feed(), 1)
    assert (name, told) == ("changed", {"run_id": None, "version": 5})


def test_changes_are_told_as_they_come():
    feed = Feed()
    base = feed._newest
    found = read(feed, 3, then=[(base + 1, {"a": 7}), (base + 2, {"b": 9})])
    assert [one[2] for one in found[1:]] == [
        {"run_id": "a", "version": base + 1},
        {"run_id": "b", "version": base + 2},
    ]


def test_a_run_is_told_of_itself_only_by_its_own_version():
    feed = Feed()
    base = feed._newest
    found = read(feed, 2, run_id="b", then=[(base + 1, {"a": 7}), (base + 2, {"b": 9})])
    assert [one[2] for one in found] == [
        {"run_id": "b", "version": 5},
        {"run_id": "b", "version": 9},
    ]


def test_a_listener_goes_on_where_it_was_with_the_newest_of_each_run():
    feed = Feed()
    base = feed._newest
    for step in range(1, 6):
        feed.publish(base + step, {"a": step, f"b{step}": step})
    found = read(feed, 4, after=base + 2)
    assert [(one[0] - base, one[2]["run_id"]) for one in found] == [
        (3, "b3"),
        (4, "b4"),
        (5, "a"),
        (5, "b5"),
    ]


@pytest.mark.parametrize("seen", [0, 12])
def test_a_listener_that_missed_too_much_is_told_that_anything_changed(seen):
    feed = Feed()
    base = feed._newest
    for step in range(live.CHANGES_KEPT + 50):
        feed.publish(base + 1 + step, {"a": step})
    ((number, _, told),) = read(feed, 1, after=seen and base + seen)
    assert told == {"run_id": None, "version": 5}
    assert number == base + live.CHANGES_KEPT + 50


def test_a_silent_stream_says_that_it_lives(monkeypatch):
    monkeypatch.setattr(live, "ALIVE_EVERY_S", 0.02)
    monkeypatch.setattr(live, "STOP_LOOKED_FOR_EVERY_S", 0.01)

    async def first_comment():
        async for line in Feed().listen(now=lambda: 1):
            if line.startswith(b":"):
                return line

    assert asyncio.run(asyncio.wait_for(first_comment(), 5)) == b": alive\n\n"


def test_listeners_are_bounded_and_leave_when_they_go(monkeypatch):
    monkeypatch.setattr(live, "CLIENTS_MAX", 1)

    async def both():
        feed = Feed()
        one = feed.listen(now=lambda: 1)
        await anext(one)
        with pytest.raises(TooManyClients):
            feed.check_room()
        await one.aclose()
        feed.check_room()

    asyncio.run(both())


def test_the_event_routes_stream(recorded):
    """Through a real server: the test client waits for the end of an answer."""
    import time
    import urllib.request

    import uvicorn

    app = FastAPI()
    app.state.stopping = threading.Event()
    app.include_router(create_api(recorded.reader, recorded.reading.feed))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with urllib.request.urlopen(
        f"http://127.0.0.1:{port}/api/runs/run-1/events", timeout=10
    ) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = iter(stream.readline, b"")
        first = next(line for line in lines if line.startswith(b"data:"))
        recorded.add(traces(native(9, 1)))
        second = next(line for line in lines if line.startswith(b"data:"))
    versions = [json.loads(line[5:])["version"] for line in (first, second)]
    assert versions[0] < versions[1] == recorded.reader.version("run-1")
    app.state.stopping.set()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
