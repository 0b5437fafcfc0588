"""One file of the spool: a header, then checked records, each one span or one log event.

Layout, all numbers little-endian: 8 bytes magic, 8 bytes delivered offset (the only bytes ever
written twice), then records of `PHR1`, length, CRC-32, payload. The first record says whose steps
these are. A record that fails its check is skipped; a torn tail is not there.
"""

import contextlib
import json
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

SUFFIX: Final = ".spool"
MAGIC: Final = b"PHSPOOL1"
_POSITION: Final = struct.Struct("<Q")
_FIRST: Final = len(MAGIC) + _POSITION.size
_MARK: Final = b"PHR1"
_HEAD: Final = struct.Struct("<4sII")
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)
_KINDS: Final = {b"T": "traces", b"L": "logs"}


class Record(NamedTuple):
    """One span or log event as OTLP/JSON, with its scope, and where the next record starts."""

    signal: Literal["traces", "logs"]
    scope: bytes
    body: bytes
    next_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose steps a file holds, and for whom they were recorded."""

    resource: dict[str, Any]  # OTLP/JSON
    endpoint: str
    pid: int


def pack(signal: str, scope: bytes, body: bytes) -> bytes:
    """Return one record's bytes for `Segment.write`."""
    head = b"%b%b\n" % (b"T" if signal == "traces" else b"L", scope)
    size, check = len(head) + len(body), zlib.crc32(body, zlib.crc32(head))
    return b"".join((_HEAD.pack(_MARK, size, check), head, body))


class Segment:
    """A file that this process appends to. Its lock says to others that the owner lives."""

    def __init__(self, folder: Path, name: str, origin: Origin) -> None:
        """Create the file, only readable by this user.

        Raises:
            OSError: the folder cannot be written, or the disk is full.
        """
        self.path = folder / (name + SUFFIX)
        self.records = 0
        self.delivered = 0  # records, counted by the exporter
        # An open file cannot be renamed on Windows.
        fresh = self.path if sys.platform == "win32" else folder / (name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | _NOFOLLOW | _BINARY
        self._fd = os.open(fresh, flags, 0o600)
        try:
            # Locked before it has its name, so that nobody takes it for a dead program's file.
            lock(self._fd)
            if fresh != self.path:
                os.rename(fresh, self.path)
            head = MAGIC + _POSITION.pack(_FIRST) + _framed(_origin_payload(origin))
            self.size = 0
            self._append(head)
        except BaseException:
            os.close(self._fd)
            for path in (fresh, self.path):
                with contextlib.suppress(OSError):
                    path.unlink()
            raise

    def write(self, records: list[bytes]) -> None:
        """Append packed records.

        Raises:
            OSError: nothing of them is in the file.
        """
        self._append(b"".join(records))
        self.records += len(records)

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        getattr(os, "fdatasync", os.fsync)(self._fd)

    def close(self) -> None:
        """Give up the lock and the file descriptor; the file stays."""
        os.close(self._fd)

    def _append(self, content: bytes) -> None:
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            os.ftruncate(self._fd, self.size)  # no half record in the middle of a file
            raise
        self.size += len(content)


class SegmentReader:
    """Reads a file of the spool from where delivery stopped."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            OSError: it is gone, a link, or not ours to read.
            ValueError: it is not a spool file, or its header is damaged.
        """
        self.path = path
        self._fd = os.open(path, os.O_RDWR | _NOFOLLOW | _BINARY)
        try:
            head = _read(self._fd, 0, _FIRST)
            if not head.startswith(MAGIC) or len(head) < _FIRST:
                raise ValueError(f"not a spool file: {path}")
            self.offset = max(_FIRST, _POSITION.unpack(head[len(MAGIC) :])[0])
            self.origin = self._read_origin()
        except BaseException:
            os.close(self._fd)
            raise

    def claim(self) -> bool:
        """Take over the file of a dead owner; false while its owner, or another heir, lives."""
        return lock(self._fd) and os.fstat(self._fd).st_nlink > 0

    def read(self, *, bytes_max: int, records_max: int, until: int | None = None) -> list[Record]:
        """Return the next records, at least one if there is one, without moving on."""
        size = os.fstat(self._fd).st_size if until is None else until
        left = size - self.offset
        window = _read(self._fd, self.offset, min(bytes_max, left))
        found = list(_records(_payloads(window), self.offset, records_max))
        if not found and left > 0:
            # One record larger than the window, or damage: only the whole rest can tell.
            rest = window if len(window) == left else _read(self._fd, self.offset, left)
            found = list(_records(_salvaged(rest), self.offset, records_max))
        return found

    def move_to(self, offset: int) -> None:
        """Remember on disk that everything before `offset` was delivered."""
        self.offset = offset
        os.lseek(self._fd, len(MAGIC), os.SEEK_SET)
        os.write(self._fd, _POSITION.pack(offset))

    def remove(self) -> None:
        """Delete the file: all is delivered."""
        if sys.platform == "win32":
            self.close()  # an open file cannot be deleted there
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def close(self) -> None:
        """Give up the claim and the file descriptor; the file stays."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _read_origin(self) -> Origin:
        head = _read(self._fd, _FIRST, _HEAD.size)
        size = _HEAD.unpack(head)[1] if len(head) == _HEAD.size else 0
        for payload, _ in _payloads(_read(self._fd, _FIRST, _HEAD.size + size)):
            if payload[:1] == b"R":
                stated = json.loads(payload[1:])
                return Origin(
                    resource=stated["resource"], endpoint=stated["endpoint"], pid=stated["pid"]
                )
        raise ValueError(f"spool file without a readable header: {self.path}")


def lock(fd: int) -> bool:
    """Lock the file for as long as `fd` is open; false when another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, 2**40, os.SEEK_SET)  # a byte far behind the content, which stays readable
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _framed(payload: bytes) -> bytes:
    return _HEAD.pack(_MARK, len(payload), zlib.crc32(payload)) + payload


def _origin_payload(origin: Origin) -> bytes:
    stated = {"resource": origin.resource, "endpoint": origin.endpoint, "pid": origin.pid}
    return b"R" + json.dumps(stated).encode()


def _records(
    payloads: Iterator[tuple[bytes, int]], offset: int, records_max: int
) -> Iterator[Record]:
    count = 0
    for payload, end in payloads:
        signal = _KINDS.get(payload[:1])
        if signal is None:
            continue
        cut = payload.index(b"\n")
        yield Record(signal, payload[1:cut], payload[cut + 1 :], offset + end)  # pyright: ignore
        count += 1
        if count == records_max:
            return


def _salvaged(rest: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield what `_payloads` yields, behind damage that it takes for a record still to come, too."""
    at = 0
    while at >= 0:
        found = False
        for payload, end in _payloads(rest[at:]):
            found = True
            yield payload, at + end
        if found:
            return  # the caller reads on from there
        at = rest.find(_MARK, at + 1)


def _payloads(window: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each whole and undamaged payload with the position behind it."""
    at = 0
    while at + _HEAD.size <= len(window):
        mark, size, check = _HEAD.unpack_from(window, at)
        end = at + _HEAD.size + size
        if mark == _MARK and end <= len(window):
            payload = window[at + _HEAD.size : end]
            if zlib.crc32(payload) == check:
                yield payload, end
                at = end
                continue
        elif mark == _MARK:
            return  # its rest is not there yet, or never was
        at = window.find(_MARK, at + 1)
        if at < 0:
            return


def _read(fd: int, offset: int, size: int) -> bytes:
    os.lseek(fd, offset, os.SEEK_SET)
    parts: list[bytes] = []
    while size > 0 and (part := os.read(fd, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
