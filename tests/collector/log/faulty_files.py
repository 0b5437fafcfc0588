# pyright: basic
"""A file layer in memory that fails on demand and, at a crash, forgets what was not synced."""

import errno
from dataclasses import dataclass, field


@dataclass
class _Content:
    written: bytearray = field(default_factory=bytearray)
    synced: int = 0


@dataclass
class FaultyFiles:
    """What the disk holds. Set a fault, and the next use of it meets it."""

    files: dict[str, _Content] = field(default_factory=dict[str, _Content])
    write_room: int | None = None  # bytes until the disk is full; None is no bound
    write_step: int | None = None  # a write accepts so many bytes at most
    sync_fails: bool = False
    truncate_fails: bool = False
    log: list[str] = field(default_factory=list[str])  # what happened, in order

    def names(self) -> list[str]:
        return sorted(self.files)

    def size(self, name: str) -> int:
        return len(self.files[name].written)

    def append_to(self, name: str) -> "_Handle":
        return _Handle(self, self.files.setdefault(name, _Content()))

    def read(self, name: str, offset: int, length: int) -> bytes:
        return bytes(self.files[name].written[offset : offset + length])

    def replace(self, name: str, content: bytes) -> None:
        self._take_room(len(content), whole=True)
        self.files[name] = _Content(bytearray(content), len(content))

    def free_bytes(self) -> int:
        return 2**40 if self.write_room is None else self.write_room

    def crash(self, *, kept_of_unsynced: float = 0.0) -> None:
        """Lose what was not synced, but for a first part of it."""
        for content in self.files.values():
            unsynced = len(content.written) - content.synced
            del content.written[content.synced + int(unsynced * kept_of_unsynced) :]
            content.synced = len(content.written)
        self.write_room = self.write_step = None
        self.sync_fails = self.truncate_fails = False

    def _take_room(self, wanted: int, *, whole: bool = False) -> int:
        taken = wanted if self.write_room is None else min(wanted, self.write_room)
        if taken < wanted and (whole or not taken):
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.write_room is not None:
            self.write_room -= taken
        return taken


@dataclass
class _Handle:
    disk: FaultyFiles
    content: _Content

    def write(self, content: bytes | memoryview) -> int:
        step = self.disk.write_step or len(content)
        taken = self.disk._take_room(min(len(content), step))
        self.content.written += content[:taken]
        self.disk.log.append("write")
        return taken

    def sync(self) -> None:
        if self.disk.sync_fails:
            self.disk.log.append("sync failed")
            raise OSError(errno.EIO, "Input/output error")
        self.content.synced = len(self.content.written)
        self.disk.log.append("sync")

    def truncate(self, size_bytes: int) -> None:
        if self.disk.truncate_fails:
            raise OSError(errno.EIO, "Input/output error")
        del self.content.written[size_bytes:]
        self.content.synced = min(self.content.synced, size_bytes)

    def close(self) -> None:
        """Leave the content as it is."""
