"""`SegmentLog`: many appenders, one thread that writes and syncs for all of them, many readers.

A record can be read, and its append is answered, only after its bytes are synced. After a failed
sync the log accepts nothing more until the process is started again: the operating system may have
dropped the bytes and would report the next sync as fine.
"""

import bisect
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from playhead_collector.log import records
from playhead_collector.log.files import DiskFiles, Files, LogFile
from playhead_collector.log.records import LogDamage, LogEntry, LogRecord, Place, Scan

SEGMENT_BYTES: Final = 64 * 1024 * 1024  # about 140,000 spans: one unit of sealing and retention
PENDING_BYTES_MAX: Final = 64 * 1024 * 1024  # waiting for a slow disk; beyond that senders wait
_PLACES_MAX: Final = 1_000_000  # of all segments whose places are in memory: about 100 MB
_SUFFIX: Final = ".seg"

_log = logging.getLogger("playhead.log")


class LogUnavailable(Exception):
    """The entry is not in the log, because the disk failed or is full; try again later."""


class LogBusy(LogUnavailable):
    """Too many bytes wait for the disk."""


class LogClosed(LogUnavailable):
    """The log is closed."""


class RecordMissing(LookupError):
    """The log has no such record: it was never there, or it was damaged and is set aside."""


class SegmentLog:
    """The log in one directory. One process at a time; `owner` sees to that."""

    def __init__(
        self, directory: Path, *, files: Files | None = None, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Open the log; cut a torn tail, set damage in the newest segment aside.

        Raises:
            OSError: the directory cannot be read or written.
            LogTooNew: a newer playhead wrote it.
        """
        self._files: Files = files or DiskFiles(directory)
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()  # guards everything below up to the file
        self._arrived = threading.Condition(self._lock)
        self._committed = threading.Condition(self._lock)
        self._pending: list[tuple[bytes, Future[int]]] = []
        self._pending_bytes = 0
        self._closing = False
        self._failure: str | None = None
        self._repairing = threading.Lock()  # one walk through a sealed segment at a time
        self._places: OrderedDict[int, list[Place]] = OrderedDict()  # by segment, last used last
        names = self._files.names()
        self._firsts = sorted(int(n.removesuffix(_SUFFIX)) for n in names if n.endswith(_SUFFIX))
        self._bad_records = sum(f"{_SUFFIX}.bad-" in name for name in names)
        self._sealed_bytes = sum(self._files.size(_name(first)) for first in self._firsts[:-1])
        self._tail = 0
        self._size = 0  # bytes of the newest segment that are synced
        self._file: LogFile = self._open_newest()
        self._thread = threading.Thread(target=self._commit_forever, name="playhead-log-commit")
        self._thread.daemon = True
        self._thread.start()

    # --- append ------------------------------------------------------------------------------

    def append(self, entry: LogEntry) -> Future[int]:
        """Queue an entry. The future gives its record number once it is synced to disk.

        Raises:
            LogUnavailable: it was not queued (`LogBusy`, `LogClosed`, or the disk has failed). The
                future raises it too.
        """
        payload = records.encode_payload(entry)
        future: Future[int] = Future()
        # A running future cannot be cancelled: who stops waiting must not stop the commit thread.
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closing:
                raise LogClosed("the log is closed")
            if self._failure is not None:
                raise LogUnavailable(self._failure)
            if self._pending and self._pending_bytes + len(payload) > PENDING_BYTES_MAX:
                raise LogBusy(f"{self._pending_bytes} bytes wait for the disk")
            self._pending.append((payload, future))
            self._pending_bytes += len(payload)
            self._arrived.notify()
        return future

    def close(self) -> None:
        """Sync what was queued and close the file; safe to call twice."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            self._arrived.notify()
        self._thread.join()
        self._file.close()
        with self._lock:
            self._committed.notify_all()

    def _commit_forever(self) -> None:
        while True:
            with self._lock:
                while not self._pending and not self._closing:
                    self._arrived.wait()
                batch, self._pending, self._pending_bytes = self._pending, [], 0
                if not batch:
                    return
            self._commit(batch)

    def _commit(self, batch: list[tuple[bytes, Future[int]]]) -> None:
        """Write a batch, sync it once, and only then answer."""
        try:
            if self._failure is not None:
                raise LogUnavailable(self._failure)
            places = self._write([payload for payload, _ in batch])
        except LogUnavailable as problem:
            for _, future in batch:
                future.set_exception(problem)
            return
        with self._lock:
            known = self._places.get(self._firsts[-1])
            if known is not None:
                known.extend(places)
            self._size = places[-1].end
            self._tail = places[-1].number
            self._committed.notify_all()
        for place, (_, future) in zip(places, batch, strict=True):
            future.set_result(place.number)

    def _write(self, payloads: list[bytes]) -> list[Place]:
        parts: list[bytes] = []
        places: list[Place] = []
        try:
            if self._size >= self._segment_bytes:
                self._start_segment(self._tail + 1)
            number, offset = max(self._tail + 1, self._firsts[-1]), self._size
            for payload in payloads:
                place = records.place_record(number, offset, payload)
                parts += (records.encode_record_header(place), payload)
                places.append(place)
                number, offset = number + 1, place.end
            _write_all(self._file, b"".join(parts))
        except OSError as problem:
            self._cut_back(problem)
            raise LogUnavailable(f"cannot write to the log: {problem}") from problem
        try:
            self._file.sync()
        except OSError as problem:
            self._fail(f"cannot sync the log: {problem}; free or replace the disk, then restart")
            raise LogUnavailable(str(self._failure)) from problem
        return places

    def _cut_back(self, why: OSError) -> None:
        """Remove the part of a failed write, so that the next one follows a whole record."""
        _log.error("the log cannot be written", extra={"why": str(why)})
        try:
            self._file.truncate(self._size)
        except OSError as problem:
            self._fail(f"cannot repair the log after {why}: {problem}")

    def _fail(self, why: str) -> None:
        with self._lock:
            self._failure = why
        _log.error("the log accepts nothing more until restart", extra={"why": why})

    # --- read --------------------------------------------------------------------------------

    @property
    def tail(self) -> int:
        """The number of the newest synced record; 0 in an empty log."""
        return self._tail

    @property
    def first(self) -> int:
        """The lowest number that a record may have."""
        return self._firsts[0]

    @property
    def size_bytes(self) -> int:
        """How much space the log takes."""
        return self._sealed_bytes + self._size

    @property
    def bad_records(self) -> int:
        """How many damaged ranges are set aside."""
        return self._bad_records

    @property
    def failure(self) -> str | None:
        """Why nothing is accepted any more; None while all is well."""
        return self._failure

    def free_bytes(self) -> int:
        """Return how much space the disk has left."""
        return self._files.free_bytes()

    def read(self, number: int) -> LogRecord:
        """Return a record by its number.

        Raises:
            RecordMissing: there is none, or it turned out to be damaged and was set aside.
            OSError: the disk cannot be read.
        """
        first = self._segment_of(number)
        try:
            return self._read_from(first, number)
        except LogDamage as problem:
            _log.error("a record is damaged", extra={"record": number, "why": str(problem)})
            self._repair_sealed(first)
        try:
            return self._read_from(first, number)
        except LogDamage as problem:
            raise RecordMissing(str(problem)) from problem

    def _read_from(self, first: int, number: int) -> LogRecord:
        places = self._places_of(first)
        at = bisect.bisect_left(places, number, key=_number)
        if at == len(places) or places[at].number != number or number > self._tail:
            raise RecordMissing(f"record {number} is not in the log")
        place = places[at]
        start = place.offset + records.RECORD_HEADER_BYTES
        payload = self._files.read(_name(first), start, place.length)
        if not place.matches(payload):
            raise LogDamage(f"record {number} does not match its checksum")
        return records.decode_payload(number, payload)

    def follow(self, from_number: int) -> Iterator[LogRecord]:
        """Yield the records from a number on, in order, up to the tail of this moment.

        Numbers may be missing. Wait for more with `wait_beyond`.
        """
        tail = self._tail
        for first in list(self._firsts):
            following = self._first_after(first)
            if following is not None and following <= from_number:
                continue
            places = self._places_of(first)
            for place in places[bisect.bisect_left(places, from_number, key=_number) :]:
                if place.number > tail:
                    return
                try:
                    yield self.read(place.number)
                except RecordMissing:
                    continue  # logged and set aside; everything else is kept

    def wait_beyond(self, number: int, timeout_s: float) -> int:
        """Wait until there is a record after this one, or the time is up; return the tail."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while self._tail <= number and not self._closing:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._committed.wait(left)
            return self._tail

    def _segment_of(self, number: int) -> int:
        with self._lock:
            at = bisect.bisect_right(self._firsts, number)
            if not at:
                raise RecordMissing(f"record {number} is older than the log")
            return self._firsts[at - 1]

    def _first_after(self, first: int) -> int | None:
        with self._lock:
            at = bisect.bisect_right(self._firsts, first)
            return self._firsts[at] if at < len(self._firsts) else None

    def _places_of(self, first: int) -> list[Place]:
        """Return where a segment's records lie; walks the segment where that is not in memory."""
        with self._lock:
            places = self._places.get(first)
            if places is not None:
                self._places.move_to_end(first)
                return places
        with self._repairing:
            places = self._load(first, newest=False)
        with self._lock:
            self._places[first] = places
            newest = self._firsts[-1]
            while sum(map(len, self._places.values())) > _PLACES_MAX and len(self._places) > 2:
                oldest = next(f for f in self._places if f not in (newest, first))
                del self._places[oldest]
        return places

    def _repair_sealed(self, first: int) -> None:
        """Forget where a segment's records lie, so that it is walked, and repaired, once more.

        The newest one is open for appending; it is repaired when the log is opened next.
        """
        with self._lock:
            if first != self._firsts[-1]:
                self._places.pop(first, None)

    # --- open, repair, rotate ----------------------------------------------------------------

    def _open_newest(self) -> LogFile:
        """Open the newest segment for appending, after its repair; start the first one."""
        if not self._firsts:
            return self._start_segment(1)
        first = self._firsts[-1]
        size_before = self._files.size(_name(first))
        bad_before = self._bad_records
        places = self._load(first, newest=True)
        self._places[first] = places
        self._size = self._files.size(_name(first))
        self._tail = places[-1].number if places else first - 1
        file = self._files.append_to(_name(first))
        if self._bad_records > bad_before:
            # Records that were acknowledged may be gone from the end: never give their numbers to
            # others, since the index may know them.
            self._file = file
            return self._start_segment(self._tail + 1 + records.lost_records_max(size_before))
        return file

    def _start_segment(self, first_number: int) -> LogFile:
        """Make the next segment and append to it from now on. Raises `OSError`."""
        header = records.encode_segment_header(first_number)
        self._files.replace(_name(first_number), header)
        file = self._files.append_to(_name(first_number))
        if self._firsts:
            self._file.close()
        with self._lock:
            if self._firsts:
                self._sealed_bytes += self._size
            self._firsts.append(first_number)
            self._places[first_number] = []
            self._file, self._size = file, len(header)
        return file

    def _load(self, first: int, *, newest: bool) -> list[Place]:
        """Walk a segment; repair it where it is damaged, and return what is whole."""
        name = _name(first)
        content = self._files.read(name, 0, self._files.size(name))
        header_is_whole = records.read_segment_header(content) is not None
        found = records.scan(content, first_number=first)
        damaged = list(found.damaged)
        if found.torn_at is not None and not newest:
            damaged.append((found.torn_at, len(content)))
        if not header_is_whole and len(content) >= records.SEGMENT_HEADER_BYTES:
            damaged.insert(0, (0, records.SEGMENT_HEADER_BYTES))
        for start, end in damaged:
            self._set_aside(name, content[start:end], start)
        if not damaged and found.torn_at is None and header_is_whole:
            return found.places
        return self._rewrite(first, content, found)

    def _set_aside(self, name: str, content: bytes, offset: int) -> None:
        bad_name = records.bad_name(name, offset)
        self._files.replace(bad_name, content)
        self._bad_records += 1
        _log.error(
            "damaged bytes of the log are set aside, everything else is kept",
            extra={"segment": name, "offset": offset, "size_bytes": len(content), "file": bad_name},
        )

    def _rewrite(self, first: int, content: bytes, found: Scan) -> list[Place]:
        parts = [records.encode_segment_header(first)]
        places: list[Place] = []
        offset = len(parts[0])
        for place in found.places:
            parts.append(content[place.offset : place.end])
            places.append(place.moved_to(offset))
            offset = places[-1].end
        self._files.replace(_name(first), b"".join(parts))
        return places


def _name(first_number: int) -> str:
    return f"{first_number:020d}{_SUFFIX}"


def _number(place: Place) -> int:
    return place.number


def _write_all(file: LogFile, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        written = file.write(rest)
        if not written:
            raise OSError("the disk accepted no bytes")
        rest = rest[written:]
