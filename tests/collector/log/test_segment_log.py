# pyright: basic
"""The segment log on a real directory: what is appended can be read, after any damage to others."""

import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from playhead_collector.log import (
    LogClosed,
    LogEntry,
    LogTooNew,
    RecordMissing,
    SegmentLog,
)


def entry(number: int, *, size: int = 40) -> LogEntry:
    # Digits that do not compress away, so that sizes on disk are those of the test.
    body = (
        f"{number}:" + "".join(chr(33 + (number * 7919 + i * i) % 90) for i in range(size))
    ).encode()
    return LogEntry(
        signal="traces", encoding="json", received_ns=number, body=body, rejected=[number % 3]
    )


def append(log: SegmentLog, *numbers: int) -> list[int]:
    queued = [log.append(entry(number)) for number in numbers]
    return [future.result(timeout=10) for future in queued]


@contextmanager
def opened(directory: Path, *, segment_bytes: int = 2**20) -> Iterator[SegmentLog]:
    with closing(SegmentLog(directory, segment_bytes=segment_bytes)) as log:
        yield log


def bodies(log: SegmentLog) -> dict[int, bytes]:
    return {record.number: record.body for record in log.follow(1)}


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.seg"))


def test_a_record_reads_back_as_it_was_appended(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        assert append(log, 5) == [1]
        record = log.read(1)
        assert (record.number, record.signal, record.encoding) == (1, "traces", "json")
        assert (record.received_ns, record.body, record.rejected) == (5, entry(5).body, [2])


def test_numbers_go_on_after_the_log_was_closed_and_opened(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        assert append(log, 1, 2, 3) == [1, 2, 3]
    with opened(tmp_path / "log") as log:
        assert log.tail == 3
        assert append(log, 4) == [4]
        assert bodies(log) == {n: entry(n).body for n in (1, 2, 3, 4)}


def test_segments_rotate_and_every_record_stays_readable(tmp_path: Path) -> None:
    with opened(tmp_path / "log", segment_bytes=500) as log:
        for number in range(1, 51):
            append(log, number)
        assert len(segments(tmp_path / "log")) > 5
        assert log.read(23).body == entry(23).body
        assert [record.number for record in log.follow(40)] == list(range(40, 51))
        assert log.size_bytes == sum(path.stat().st_size for path in segments(tmp_path / "log"))


def test_many_threads_append_and_each_gets_its_own_number(tmp_path: Path) -> None:
    got: dict[int, int] = {}
    with opened(tmp_path / "log") as log:

        def work(start: int) -> None:
            for number in range(start, start + 50):
                got[number] = log.append(entry(number)).result()

        threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 400, 50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got.values()) == list(range(1, 401))
        assert all(log.read(record).body == entry(number).body for number, record in got.items())


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with opened(tmp_path / "deep" / "log") as log:
        append(log, 1)
    directory = tmp_path / "deep" / "log"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_a_waiter_wakes_when_there_is_more(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        threading.Timer(0.05, lambda: append(log, 1)).start()
        assert log.wait_beyond(0, timeout_s=10) == 1
        assert log.wait_beyond(1, timeout_s=0.01) == 1


def test_who_stops_waiting_does_not_stop_the_log(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        for number in range(50):
            log.append(entry(number)).cancel()  # as a request does that is cut off at shutdown
        assert append(log, 50) == [51]
        assert len(bodies(log)) == 51


def test_a_closed_log_accepts_nothing(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path / "log")
    log.close()
    log.close()
    with pytest.raises(LogClosed):
        log.append(entry(1))


@pytest.mark.parametrize("lost", [1, 7, 30])
def test_a_torn_tail_is_cut_and_its_number_is_given_again(tmp_path: Path, lost: int) -> None:
    with opened(tmp_path / "log") as log:
        append(log, 1, 2, 3)
    [path] = segments(tmp_path / "log")
    path.write_bytes(path.read_bytes()[:-lost])
    with opened(tmp_path / "log") as log:
        assert bodies(log) == {1: entry(1).body, 2: entry(2).body}
        assert append(log, 4) == [3]
        assert log.bad_records == 0


def test_a_tail_of_zeros_is_cut(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        append(log, 1)
    [path] = segments(tmp_path / "log")
    path.write_bytes(path.read_bytes() + bytes(4096))
    with opened(tmp_path / "log") as log:
        assert (log.tail, log.bad_records) == (1, 0)


def flip(path: Path, needle: bytes | int) -> None:
    content = bytearray(path.read_bytes())
    at = needle if isinstance(needle, int) else content.index(needle)
    content[at] ^= 0x10
    path.write_bytes(content)


def record_starts(path: Path) -> list[int]:
    content = path.read_bytes()
    starts, at = [], content.find(b"\xf1PHR")
    while at != -1:
        starts.append(at)
        at = content.find(b"\xf1PHR", at + 1)
    return starts


@pytest.mark.parametrize("within", [0, 5, 10, 17, 22, 40])
@pytest.mark.parametrize("damaged", [1, 3, 5])
def test_a_damaged_record_is_set_aside_and_the_others_are_kept(
    tmp_path: Path, within: int, damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path / "log") as log:
        append(log, 1, 2, 3, 4, 5)
    [path] = segments(tmp_path / "log")
    starts = [*record_starts(path), path.stat().st_size]
    was = path.read_bytes()[starts[damaged - 1] : starts[damaged]]
    flip(path, starts[damaged - 1] + within)
    with opened(tmp_path / "log") as log:
        assert bodies(log) == {n: entry(n).body for n in range(1, 6) if n != damaged}
        with pytest.raises(RecordMissing):
            log.read(damaged)
        assert log.bad_records == 1
        assert append(log, 9)[0] > 5  # a number that was given once is never given to another
    [bad] = (tmp_path / "log").glob("*.bad-*")
    assert len(bad.read_bytes()) == len(was)
    assert stat.S_IMODE(bad.stat().st_mode) == 0o600
    assert "damaged bytes of the log are set aside" in caplog.text
    with opened(tmp_path / "log") as log:  # once set aside, it is not found again
        assert (len(bodies(log)), log.bad_records) == (5, 1)


def test_a_record_that_is_damaged_while_we_run_is_set_aside_when_it_is_read(tmp_path: Path) -> None:
    with opened(tmp_path / "log", segment_bytes=300) as log:
        for number in range(1, 21):
            append(log, number)
        path = segments(tmp_path / "log")[1]
        first = int(path.stem)
        flip(path, record_starts(path)[0] + 40)
        with pytest.raises(RecordMissing):
            log.read(first)
        assert log.bad_records == 1
        assert bodies(log) == {n: entry(n).body for n in range(1, 21) if n != first}


def test_a_damaged_header_costs_no_record(tmp_path: Path) -> None:
    with opened(tmp_path / "log") as log:
        append(log, 1, 2)
    [path] = segments(tmp_path / "log")
    flip(path, 3)
    with opened(tmp_path / "log") as log:
        assert bodies(log) == {1: entry(1).body, 2: entry(2).body}
        assert log.bad_records == 1


def test_a_segment_that_is_empty_after_a_crash_is_used_again(tmp_path: Path) -> None:
    with opened(tmp_path / "log", segment_bytes=300) as log:
        for number in range(1, 10):
            append(log, number)
    newest = segments(tmp_path / "log")[-1]
    newest.write_bytes(b"")
    before = int(newest.stem) - 1
    with opened(tmp_path / "log", segment_bytes=300) as log:
        assert log.tail == before
        assert append(log, 99) == [before + 1]


def test_a_log_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    import struct
    import zlib

    with opened(tmp_path / "log") as log:
        append(log, 1)
    [path] = segments(tmp_path / "log")
    head = struct.pack("<8sIQ", b"PLAYHEAD", 2, 1)
    content = head + struct.pack("<I", zlib.crc32(head)) + path.read_bytes()[24:]
    path.write_bytes(content)
    with pytest.raises(LogTooNew, match="install the newer one again"):
        SegmentLog(tmp_path / "log")
    assert path.read_bytes() == content
