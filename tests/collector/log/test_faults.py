# pyright: basic
"""The segment log on a disk that fails: nothing is answered that would not survive a crash."""

import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.collector.log.faulty_files import FaultyFiles

from playhead_collector.log import LogEntry, LogUnavailable, SegmentLog

NOWHERE = Path("/nonexistent")


def entry(body: bytes) -> LogEntry:
    return LogEntry(signal="logs", encoding="protobuf", received_ns=1, body=body)


def open_log(disk: FaultyFiles) -> SegmentLog:
    return SegmentLog(NOWHERE, files=disk, segment_bytes=400)


def test_no_answer_comes_before_the_sync() -> None:
    disk = FaultyFiles()
    log = open_log(disk)
    order: list[str] = []
    future = log.append(entry(b"one"))
    future.add_done_callback(lambda _: order.extend([*disk.log, "answered"]))
    future.result(timeout=10)
    log.close()
    assert order == ["write", "sync", "answered"]


def test_appends_that_come_together_share_one_sync() -> None:
    disk = FaultyFiles()
    log = open_log(disk)
    held = threading.Event()
    first = log.append(entry(b"first"))
    first.add_done_callback(lambda _: held.wait(10))  # runs in the thread that commits
    waiting = [log.append(entry(b"%d" % n)) for n in range(20)]
    held.set()
    for future in waiting:
        future.result(timeout=10)
    log.close()
    assert disk.log.count("sync") <= 3


def test_a_full_disk_refuses_and_recovers_when_there_is_room() -> None:
    disk = FaultyFiles()
    log = open_log(disk)
    log.append(entry(b"kept")).result(timeout=10)
    disk.write_room = 30  # a part of the record fits
    with pytest.raises(LogUnavailable, match="No space left"):
        log.append(entry(b"refused")).result(timeout=10)
    disk.write_room = None
    assert log.append(entry(b"later")).result(timeout=10) == 2
    assert [record.body for record in log.follow(1)] == [b"kept", b"later"]
    log.close()


def test_after_a_failed_sync_nothing_is_acknowledged_until_restart() -> None:
    disk = FaultyFiles()
    log = open_log(disk)
    log.append(entry(b"kept")).result(timeout=10)
    disk.sync_fails = True
    with pytest.raises(LogUnavailable, match="cannot sync"):
        log.append(entry(b"lost")).result(timeout=10)
    disk.sync_fails = False  # the next sync would say that all is well, and be wrong
    with pytest.raises(LogUnavailable, match="cannot sync"):
        log.append(entry(b"later")).result(timeout=10)
    assert log.failure is not None
    assert [record.body for record in log.follow(1)] == [b"kept"]
    log.close()
    disk.crash()
    log = open_log(disk)
    assert log.append(entry(b"again")).result(timeout=10) == 2
    log.close()


def test_a_write_that_cannot_be_taken_back_stops_the_log() -> None:
    disk = FaultyFiles()
    log = open_log(disk)
    disk.write_room, disk.truncate_fails = 10, True
    with pytest.raises(LogUnavailable):
        log.append(entry(b"half")).result(timeout=10)
    disk.write_room = None
    with pytest.raises(LogUnavailable, match="cannot repair"):
        log.append(entry(b"after a half record")).result(timeout=10)
    log.close()


class LogModel(RuleBasedStateMachine):
    """Whatever the disk does: what was acknowledged is there, equal, after any crash."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = FaultyFiles()
        self.log = open_log(self.disk)
        self.acknowledged: dict[int, bytes] = {}
        self.offered: set[bytes] = set()
        self.count = 0

    def teardown(self) -> None:
        self.log.close()

    @rule(size=st.integers(0, 300))
    def append(self, size: int) -> None:
        self.count += 1
        body = b"%d:" % self.count + bytes((self.count * i) % 251 for i in range(size))
        self.offered.add(body)
        try:
            number = self.log.append(entry(body)).result(timeout=10)
        except LogUnavailable:
            return
        assert number not in self.acknowledged
        self.acknowledged[number] = body

    @rule(room=st.integers(0, 300))
    def fill_disk(self, room: int) -> None:
        self.disk.write_room = room

    @rule()
    def make_room(self) -> None:
        self.disk.write_room = None

    @rule(step=st.integers(1, 50))
    def write_short(self, step: int) -> None:
        self.disk.write_step = step

    @rule()
    def fail_syncs(self) -> None:
        self.disk.sync_fails = True

    @precondition(lambda self: self.disk.sync_fails)
    @rule()
    def mend_syncs(self) -> None:
        self.disk.sync_fails = False

    @rule(kept=st.sampled_from([0.0, 0.3, 0.7, 1.0]))
    def crash(self, kept: float) -> None:
        self.log.close()
        self.disk.crash(kept_of_unsynced=kept)
        self.log = open_log(self.disk)

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        records = list(self.log.follow(1))
        numbers = [record.number for record in records]
        assert numbers == sorted(set(numbers))
        found = {record.number: record.body for record in records}
        assert self.acknowledged.items() <= found.items()
        assert set(found.values()) <= self.offered
        assert self.log.bad_records == 0


TestLogModel = LogModel.TestCase
TestLogModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
