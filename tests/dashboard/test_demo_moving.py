# pyright: basic
"""The demo runs: real recordings, moved; loading them again adds nothing."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.collector.served import Served, served
from tests.dashboard.conftest import CSRF, load_demo

from playhead_dashboard import demo
from playhead_dashboard.cli import mount
from playhead_dashboard.demo.moving import move
from playhead_dashboard.demo.schedule import RUSHED, Slot, slots

NOW_NS = 1_795_359_600 * 10**9  # Sunday 2026-11-22 15:00 UTC
DAY_NS = 86_400 * 10**9


def test_the_packed_recordings_are_small() -> None:
    packed = Path(demo.__file__).parent / demo.PACKED
    assert packed.stat().st_size < 1_000_000


def test_the_schedule_is_the_same_on_the_next_day() -> None:
    today, tomorrow = slots(NOW_NS), slots(NOW_NS + DAY_NS)
    first_kept = tomorrow[0].start_ns - tomorrow[0].start_ns % DAY_NS
    assert [s for s in today if s.start_ns >= first_kept] == [
        s for s in tomorrow if s.start_ns < today[-1].start_ns + 1
    ]


def test_every_friday_afternoon_is_refused() -> None:
    rushed = [datetime.fromtimestamp(s.start_ns / 1e9, UTC) for s in slots(NOW_NS)
              if s.recording in RUSHED]  # fmt: skip
    assert {(at.weekday(), at.hour) for at in rushed} == {(4, 15)}
    assert len({at.date() for at in rushed}) == 4


def test_nothing_happens_in_the_future() -> None:
    assert all(NOW_NS - 29 * DAY_NS < slot.start_ns < NOW_NS for slot in slots(NOW_NS))


def test_a_moved_run_keeps_its_course_under_ids_of_its_own() -> None:
    recording = demo.read_recordings()["approved"]
    moved = move(recording, Slot("approved", NOW_NS))
    was, now = json.loads(recording.traces), json.loads(moved.traces)

    def spans(tree: dict) -> list[dict]:
        return [s for r in tree["resourceSpans"] for c in r["scopeSpans"] for s in c["spans"]]

    shift = NOW_NS - recording.start_ns
    assert min(int(s["startTimeUnixNano"]) for s in spans(now)) == NOW_NS
    for old, new in zip(spans(was), spans(now), strict=True):
        assert int(new["startTimeUnixNano"]) - int(old["startTimeUnixNano"]) == shift
        assert int(new["endTimeUnixNano"]) - int(old["endTimeUnixNano"]) == shift
        assert new["spanId"] == old["spanId"]
        assert new["traceId"] != old["traceId"]
        assert len(new["traceId"]) == 32
    assert not any(old.encode() in moved.traces + moved.logs for old in recording.ids)


def test_two_slots_share_no_id_and_one_slot_has_always_the_same() -> None:
    recording = demo.read_recordings()["endless"]
    first = move(recording, Slot("endless", NOW_NS))
    assert first == move(recording, Slot("endless", NOW_NS))
    assert Slot("endless", NOW_NS).derive("a" * 32) != Slot("endless", NOW_NS - 1).derive("a" * 32)


def test_the_demo_tells_of_answers_failures_and_a_person(demo_server: Served) -> None:
    runs = demo_server.ask("GET", "/api/runs?limit=1000").json()["items"]
    assert {run["status"] for run in runs} == {"completed", "failed"}
    causes = Counter(run["error_type"] for run in runs if run["error_type"])
    assert set(causes) == {
        "OpenAIRateLimitError",
        "GraphRecursionError",
        "ConnectionError",
        "LookupError",
    }
    priced = {run["workflow"]: run["cost"]["usd"] is not None for run in runs}
    assert priced == {"research": True, "refund-triage": False}


def test_loading_twice_adds_nothing(tmp_path: Path) -> None:
    with served(tmp_path / "data", mount=mount) as server:
        runs = load_demo(server)
        steps = server.ask("GET", "/api/health").json()["steps"]
        assert load_demo(server) == runs
        health = server.ask("GET", "/api/health").json()
        assert (health["runs"], health["steps"]) == (runs, steps)


def test_a_foreign_page_cannot_load_the_demo(empty_server: Served) -> None:
    plain = {"content-type": "application/json"}
    assert empty_server.ask("POST", "/api/demo", body=b"{}", headers=plain).status == 403
    foreign = CSRF | {"origin": "http://evil.example"}
    assert empty_server.ask("POST", "/api/demo", body=b"{}", headers=foreign).status == 403
    assert empty_server.ask("GET", "/api/health").json()["runs"] == 0
