"""The write-ahead spool: every record is on disk before it is sent, and stays until acknowledged.

`append` only puts bytes in a list. One daemon thread writes them 50 ms later and syncs each second.
Files of dead programs are found by their free lock, here and by the collector (`read_spool`).
"""

import contextlib
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from playhead.counters import Counters
from playhead.otlp import Scope
from playhead.recorder import Signal
from playhead.segment import SUFFIX, Origin, Segment, SegmentReader, pack
from playhead.shield import shield, warn_once

_log = logging.getLogger("playhead.spool")

WRITE_AFTER_S: Final = 0.05  # promised are 100 ms after a step's end
SYNC_AFTER_S: Final = 1.0  # a power cut may cost this much
URGENT_BYTES: Final = 256 * 2**10  # so much waiting is written at once
MEMORY_BYTES_MAX: Final = 64 * 2**20  # not yet written, e.g. because the disk is full
SEGMENT_BYTES: Final = 16 * 2**20  # a file, the unit of deletion
SPOOL_BYTES_MAX: Final = 512 * 2**20  # an hour without a collector at 60 steps a second
SPOOL_AGE_S_MAX: Final = 7 * 24 * 3600.0
RETRY_AFTER_S: Final = 1.0  # after the disk refused


class Spool:
    """Takes records from any thread and keeps them in this process's own files."""

    def __init__(
        self,
        folder: Path,
        *,
        origin: Callable[[], Origin],
        counters: Counters,
        on_written: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is touched on disk before the first record. `origin` is asked once per process."""
        self._wanted = folder
        self._make_origin = origin
        self._counters = counters
        self.on_written = on_written
        self._renew()
        self._direct = False  # a forked child may end without notice: it writes each record itself
        self._bytes_max = SPOOL_BYTES_MAX

    def append(self, signal: Signal, scope: Scope, record: bytes) -> None:
        """Take one record. Dropped and counted when too much waits in memory."""
        packed = pack(signal, scope.to_json(), record)
        with self._pending_lock:
            if self._closed or self._pending_bytes + len(packed) > MEMORY_BYTES_MAX:
                self._counters.add("dropped")
                return
            self._pending.append(packed)
            self._pending_bytes += len(packed)
            urgent = self._pending_bytes > URGENT_BYTES
            first = len(self._pending) == 1
        if self._direct:
            self.write()
        if first or urgent:
            if urgent:
                self._urgent.set()
            self._waiting.set()
            self._start_thread()

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder or self._wanted

    def written(self) -> list[tuple[Path, int]]:
        """Return this process's files, oldest first, and how far each is written."""
        with self._file_lock:
            return [(segment.path, segment.size) for segment in self._segments]

    def waiting(self) -> int:
        """Return how many records of this process wait, in memory and in its files."""
        with self._file_lock:
            on_disk = sum(s.records - s.delivered for s in self._segments)
        return on_disk + len(self._pending)

    def delivered(self, path: Path, records: int, *, up_to: int) -> None:
        """Note that records of a file were delivered; a full file that is done is deleted."""
        with self._file_lock:
            for segment in self._segments:
                if segment.path == path:
                    segment.delivered += records
                    if up_to >= segment.size and segment is not self._segments[-1]:
                        self._forget(segment)
                    return

    def write(self) -> bool:
        """Write what waits in memory now; false when the disk refused."""
        with self._file_lock:
            with self._pending_lock:
                taken, self._pending = self._pending, []
                taken_bytes, self._pending_bytes = self._pending_bytes, 0
            if not taken:
                return True
            try:
                self._file().write(taken)
            except OSError as error:
                with self._pending_lock:
                    self._pending[:0] = taken
                    self._pending_bytes += taken_bytes
                warn_once("spool", f"cannot write to the spool in {self.folder}", error)
                return False
            self._unsynced = True
        self.on_written()
        return True

    def sync(self) -> None:
        """Make everything written survive a power cut."""
        with self._file_lock:
            if self._unsynced and self._segments:
                self._unsynced = False
                with contextlib.suppress(OSError):
                    self._segments[-1].sync()

    def close(self) -> None:
        """Write and sync what is left, delete what is delivered, leave the rest to an heir."""
        self.write()
        self.sync()
        with self._pending_lock:
            self._closed = True
            lost, self._pending = len(self._pending), []
        if lost:
            self._counters.add("dropped", lost)
            _log.error("steps lost, since the spool could not be written: %d", lost)
        self._urgent.set()
        self._waiting.set()
        with self._file_lock:
            for segment in list(self._segments):
                if segment.delivered >= segment.records:
                    self._forget(segment)
                else:
                    segment.close()
            self._segments.clear()

    def after_fork_in_child(self) -> None:
        """Start anew in a forked child: the parent's files and waiting records are the parent's."""
        inherited = self._segments
        self._renew()
        self._direct = True
        for segment in inherited:
            with contextlib.suppress(OSError):
                segment.close()  # the parent's own descriptor keeps the lock

    def _renew(self) -> None:
        self._folder: Path | None = None
        self._origin: Origin | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._pending_lock = threading.Lock()
        self._file_lock = threading.RLock()
        self._segments: list[Segment] = []
        self._unsynced = False
        self._closed = False
        self._waiting = threading.Event()  # something waits to be written, soon
        self._urgent = threading.Event()  # … now
        self._thread: threading.Thread | None = None

    # --- the writer thread ------------------------------------------------------------------------

    def _start_thread(self) -> None:
        if self._thread is None:
            with self._file_lock:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="playhead-spool", daemon=True)
                    thread.start()
                    self._thread = thread

    def _run(self) -> None:
        synced_s = time.monotonic()
        while not self._closed:
            left_s = max(0.0, synced_s + SYNC_AFTER_S - time.monotonic())
            if self._waiting.wait(left_s if self._unsynced else None):
                self._urgent.wait(WRITE_AFTER_S)
                self._waiting.clear()
                self._urgent.clear()
                with shield("spool.write"):
                    if not self.write():
                        time.sleep(RETRY_AFTER_S)
                        self._waiting.set()
            if self._unsynced and time.monotonic() - synced_s >= SYNC_AFTER_S:
                with shield("spool.sync"):
                    self.sync()
                synced_s = time.monotonic()

    # --- files, under the file lock -------------------------------------------------------------------

    def _file(self) -> Segment:
        if self._segments and self._segments[-1].size < SEGMENT_BYTES:
            return self._segments[-1]
        if self._origin is None:
            self._origin = self._make_origin()
        if self._folder is None:
            self._folder = _make_folder(self._wanted)
        if self._segments:
            self._segments[-1].sync()
        self._make_room()
        name = f"{time.time_ns()}-{os.getpid()}-{os.urandom(4).hex()}"
        segment = Segment(self._folder, name, self._origin)
        self._segments.append(segment)
        return segment

    def _make_room(self) -> None:
        """Delete the oldest files, ours or a dead program's, until a new one fits."""
        files = sorted(spool_files(self.folder))
        total = sum(size for _, size, _ in files)
        own = {segment.path: segment for segment in self._segments}
        for path, size, changed_s in files:
            full = total + SEGMENT_BYTES > self._bytes_max
            if not full and time.time() - changed_s < SPOOL_AGE_S_MAX:
                continue
            lost = self._give_up(own.get(path)) if path in own else _give_up_orphan(path)
            if lost is not None:
                total -= size
                if lost:
                    self._counters.add("dropped", lost)
                    _log.error("steps lost, since the spool is full or too old: %d", lost)

    def _give_up(self, segment: Segment | None) -> int:
        if segment is None:
            return 0
        lost = segment.records - segment.delivered
        self._forget(segment)
        return lost

    def _forget(self, segment: Segment) -> None:
        self._segments.remove(segment)
        segment.close()
        with contextlib.suppress(FileNotFoundError):
            segment.path.unlink()


def read_spool(folder: Path) -> Iterator[SegmentReader]:
    """Yield the files that dead programs left, oldest first, each claimed for as long as it is open.

    Take records with `read`, confirm with `move_to`, then `remove`; close each one. A file that is
    not a spool file, or whose header is damaged, is passed over.
    """
    for path, _, _ in sorted(spool_files(folder)):
        try:
            reader = SegmentReader(path)
        except (OSError, ValueError):
            continue
        if reader.claim():
            yield reader
        else:
            reader.close()


def spool_files(folder: Path) -> list[tuple[Path, int, float]]:
    """Return (path, bytes, time of last change) of the spool files in `folder`."""
    found: list[tuple[Path, int, float]] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    facts = entry.stat(follow_symlinks=False)
                    found.append((Path(entry.path), facts.st_size, facts.st_mtime))
    return found


def _give_up_orphan(path: Path) -> int | None:
    """Delete a dead program's file; return how many records are lost, `None` when it is not dead."""
    try:
        reader = SegmentReader(path)
    except (OSError, ValueError):
        return None
    try:
        if not reader.claim():
            return None
        lost = 0
        while records := reader.read(bytes_max=URGENT_BYTES, records_max=1_000):
            lost += len(records)
            reader.offset = records[-1].next_offset
        reader.remove()
        return lost
    finally:
        reader.close()


def _make_folder(wanted: Path) -> Path:
    """Return a folder that can be written: the wanted one, else one of this user among temporary files.

    Raises:
        OSError: neither can be.
    """
    try:
        return _private(wanted)
    except OSError as error:
        import tempfile

        user = getattr(os, "getuid", lambda: "user")()
        other = Path(tempfile.gettempdir()) / f"playhead-spool-{user}"
        warn_once("spool folder", f"cannot use {wanted}, the spool is in {other}", error)
        return _private(other)


def _private(folder: Path) -> Path:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise PermissionError(f"{folder} is a link")
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} cannot be written")
    return folder
