# pyright: basic
"""The write-ahead spool: private, bounded, recoverable; and what a bad disk does to the program."""

import os
import stat
import tempfile
import zlib
from pathlib import Path

import pytest
from tests.tracer.conftest import Program

import playhead
from playhead import segment, spool
from playhead.counters import Counters
from playhead.otlp import Scope
from playhead.segment import Origin, SegmentReader
from playhead.spool import Spool, read_spool

SCOPE = Scope("test", "1")
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


def made(folder: Path, counters: Counters | None = None) -> Spool:
    origin = Origin(resource={"attributes": []}, endpoint=NOWHERE, pid=os.getpid())
    return Spool(folder, origin=lambda: origin, counters=counters or Counters())


def bodies(reader: SegmentReader) -> list[bytes]:
    return [record.body for record in reader.read(bytes_max=2**20, records_max=10_000)]


def left_behind(folder: Path, count: int = 3) -> Path:
    """Write `count` records and leave the file as a dead program does."""
    own = made(folder)
    for i in range(count):
        own.append("traces", SCOPE, b'{"n":%d}' % i)
    own.close()
    [path] = folder.iterdir()
    return path


def test_only_this_user_can_read_it(own_spool: Path) -> None:
    playhead.init(endpoint=NOWHERE)
    with playhead.workflow("w"):
        pass
    playhead.flush(timeout_s=1)
    [path] = own_spool.iterdir()
    assert stat.S_IMODE(own_spool.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_was_open_to_others_is_closed(own_spool: Path) -> None:
    own_spool.mkdir(mode=0o755)
    left_behind(own_spool)
    assert stat.S_IMODE(own_spool.stat().st_mode) == 0o700


def test_links_are_never_followed(own_spool: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    own_spool.symlink_to(elsewhere)
    fallback = tmp_path / "fallback"
    fallback.mkdir()
    own = made(own_spool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "gettempdir", lambda: str(fallback))
        own.append("traces", SCOPE, b"{}")
        own.close()
    assert list(elsewhere.iterdir()) == []
    assert len(list(fallback.rglob("*.spool"))) == 1


def test_a_linked_file_is_not_read(own_spool: Path, tmp_path: Path) -> None:
    path = left_behind(own_spool)
    moved = tmp_path / "moved"
    path.rename(moved)
    path.symlink_to(moved)
    assert list(read_spool(own_spool)) == []


def test_a_live_program_keeps_its_file_and_a_dead_one_gives_it(own_spool: Path) -> None:
    own = made(own_spool)
    own.append("traces", SCOPE, b"{}")
    own.write()
    assert list(read_spool(own_spool)) == []
    own.close()
    [reader] = read_spool(own_spool)
    assert bodies(reader) == [b"{}"]
    assert reader.origin == Origin(resource={"attributes": []}, endpoint=NOWHERE, pid=os.getpid())
    # Whoever claimed it has it alone.
    assert list(read_spool(own_spool)) == []
    reader.remove()
    reader.close()
    assert list(own_spool.iterdir()) == []


def test_what_was_confirmed_is_not_given_again(own_spool: Path) -> None:
    left_behind(own_spool)
    [reader] = read_spool(own_spool)
    [first, *_] = reader.read(bytes_max=2**20, records_max=1)
    reader.move_to(first.next_offset)
    reader.close()
    [again] = read_spool(own_spool)
    assert bodies(again) == [b'{"n":1}', b'{"n":2}']
    again.close()


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_tail_costs_the_torn_record_only(own_spool: Path, cut: int) -> None:
    path = left_behind(own_spool)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    [reader] = read_spool(own_spool)
    found = bodies(reader)
    reader.close()
    assert found == [b'{"n":0}', b'{"n":1}'][: len(found)]
    assert len(found) >= 1


def test_a_flipped_byte_costs_one_record(own_spool: Path) -> None:
    path = left_behind(own_spool)
    whole = path.read_bytes()
    at = whole.index(b'{"n":1}')
    path.write_bytes(whole[:at] + b"X" + whole[at + 1 :])
    [reader] = read_spool(own_spool)
    assert bodies(reader) == [b'{"n":0}', b'{"n":2}']
    reader.close()


@pytest.mark.parametrize("length", [1, 0x7FFFFFFF])
def test_a_damaged_length_costs_one_record(own_spool: Path, length: int) -> None:
    path = left_behind(own_spool)
    whole = bytearray(path.read_bytes())
    at = whole.index(b'{"n":1}')
    start = whole.rindex(b"PHR1", 0, at)
    whole[start + 4 : start + 8] = length.to_bytes(4, "little")
    path.write_bytes(whole)
    [reader] = read_spool(own_spool)
    found: list[bytes] = []
    while records := reader.read(bytes_max=2**20, records_max=10):
        found += [record.body for record in records]
        reader.move_to(records[-1].next_offset)
    assert found == [b'{"n":0}', b'{"n":2}']
    reader.close()


def test_files_of_others_are_passed_over(own_spool: Path) -> None:
    own_spool.mkdir()
    (own_spool / "a.spool").write_bytes(b"something else")
    (own_spool / "b.spool").write_bytes(b"")
    (own_spool / "c.spool").write_bytes(segment.MAGIC + b"\0" * 8)
    assert list(read_spool(own_spool)) == []


def test_a_record_larger_than_the_window_is_read_whole(own_spool: Path) -> None:
    own = made(own_spool)
    own.append("traces", SCOPE, b'"' + b"x" * 300_000 + b'"')
    own.close()
    [reader] = read_spool(own_spool)
    [record] = reader.read(bytes_max=1_000, records_max=10)
    assert len(record.body) == 300_002
    reader.close()


def test_the_oldest_goes_when_the_spool_is_full_and_is_counted(
    own_spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 10_000)
    monkeypatch.setattr(spool, "SPOOL_BYTES_MAX", 50_000)
    counters = Counters()
    own = made(own_spool, counters)
    for i in range(200):
        own.append("traces", SCOPE, b"[%d,%b]" % (i, b'"' + b"x" * 1_000 + b'"'))
        own.write()
    on_disk = sum(path.stat().st_size for path in own_spool.iterdir())
    kept = own.waiting()
    own.close()
    assert on_disk <= 50_000 + 2_000
    assert counters.read().dropped + kept == 200
    numbers = [
        int(record.body[1 : record.body.index(b",")])
        for reader in read_spool(own_spool)
        for record in reader.read(bytes_max=2**20, records_max=1000)
    ]
    assert numbers == list(range(200 - kept, 200))


def test_an_old_orphan_goes_and_is_counted(own_spool: Path) -> None:
    path = left_behind(own_spool)
    week_s = spool.SPOOL_AGE_S_MAX + 60
    os.utime(path, (path.stat().st_atime - week_s, path.stat().st_mtime - week_s))
    counters = Counters()
    own = made(own_spool, counters)
    own.append("traces", SCOPE, b"{}")
    own.write()
    assert not path.exists()
    assert counters.read().dropped == 3
    own.close()


def test_memory_is_bounded_when_the_disk_refuses(
    own_spool: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(blocked))
    monkeypatch.setattr(spool, "MEMORY_BYTES_MAX", 100_000)
    counters = Counters()
    own = made(blocked / "spool", counters)
    for _ in range(200):
        own.append("traces", SCOPE, b"x" * 1_000)
    assert own.write() is False
    assert 0 < own.waiting() < 100
    own.close()
    assert counters.read().dropped == 200


def test_after_a_full_disk_writing_goes_on_without_a_torn_record(
    own_spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = made(own_spool)
    own.append("traces", SCOPE, b'{"n":0}')
    assert own.write()
    real = os.write
    fault = {"left": 1}

    def short_then_full(fd: int, content: bytes) -> int:
        if fault["left"]:
            fault["left"] -= 1
            return real(fd, bytes(content)[:9])
        raise OSError(28, "No space left on device")

    own.append("traces", SCOPE, b'{"n":1}')
    monkeypatch.setattr(segment.os, "write", short_then_full)
    assert own.write() is False
    monkeypatch.undo()
    assert own.waiting() == 2
    assert own.write()
    own.close()
    [reader] = read_spool(own_spool)
    assert bodies(reader) == [b'{"n":0}', b'{"n":1}']
    reader.close()


def test_a_program_without_a_place_to_write_runs_on(program: Program, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    done = program.run(
        """
        import playhead, sys
        playhead.init(endpoint="http://127.0.0.1:9")
        with playhead.workflow("w"):
            print("ran")
        playhead.shutdown()
        print(playhead.stats().dropped)
        sys.exit(5)
        """,
        PLAYHEAD_SPOOL_DIR=str(blocked / "spool"),
        TMPDIR=str(blocked),
    )
    # Python itself falls back to the working folder for temporary files, so nothing need be lost.
    assert done.returncode == 5
    assert done.stdout.split()[0] == "ran"


def test_the_check_is_the_standard_crc(own_spool: Path) -> None:
    packed = segment.pack("logs", b'{"name":"s"}', b"{}")
    assert packed[8:12] == zlib.crc32(packed[12:]).to_bytes(4, "little")


FORK = """
    import multiprocessing, os, playhead, sys, threading, time
    playhead.init()

    def work(i):
        with playhead.tool("child", input={"i": i}):
            return os.getpid()

    if __name__ == "__main__":
        with playhead.workflow("parent"):
            with playhead.step("before"):
                pass
            with multiprocessing.get_context("fork").Pool(4) as pool:
                pids = set(pool.map(work, range(40), chunksize=1))
            assert os.getpid() not in pids
        print(len(pids))
"""


def test_forked_workers_lose_nothing_even_when_their_pool_kills_them(
    program: Program, own_spool: Path
) -> None:
    from tests.tracer.sink import serving

    with serving() as sink:
        done = program.run(FORK, PLAYHEAD_ENDPOINT=sink.url)
        assert done.returncode == 0, done.stderr
        playhead.init(endpoint=sink.url)  # delivers what killed workers left
        sink.wait_for(42)
        playhead.shutdown()
    # A batch may come twice when a program ends between its delivery and the note of it.
    spans = list({span["spanId"]: span for span in sink.spans()}.values())
    assert sorted(span["name"] for span in spans) == ["execute_tool child"] * 40 + [
        "invoke_workflow parent",
        "step before",
    ]
    [root] = [span for span in spans if span["name"] == "invoke_workflow parent"]
    assert {s["parentSpanId"] for s in spans if s is not root} == {root["spanId"]}
    assert list(own_spool.iterdir()) == []


def test_forking_under_load_never_deadlocks(program: Program) -> None:
    done = program.run(
        """
        import os, playhead, threading
        playhead.init(endpoint="http://127.0.0.1:9")
        stop = threading.Event()

        def load():
            while not stop.is_set():
                with playhead.step("load"):
                    pass

        for _ in range(4):
            threading.Thread(target=load, daemon=True).start()
        for _ in range(60):
            pid = os.fork()
            if pid == 0:
                with playhead.step("child"):
                    pass
                playhead.flush(timeout_s=0.2)
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        print("done")
        """
    )
    assert done.stdout == "done\n", done.stderr
