"""The few things that the segment log asks of a file system, as one small door.

Tests put another one behind it: it writes short, has no space, fails to sync, and forgets what was
not synced.
"""

import contextlib
import os
import stat
from pathlib import Path
from typing import Protocol


class LogFile(Protocol):
    """One file, open for appending. Every method may raise `OSError`."""

    def write(self, content: bytes | memoryview) -> int:
        """Append a part of the content, and return how many bytes that was."""
        ...

    def sync(self) -> None:
        """Return when everything written is on disk."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """Cut the file to its first bytes."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Files(Protocol):
    """One directory of files. Every method may raise `OSError`."""

    def names(self) -> list[str]:
        """Return the names of all files."""
        ...

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        ...

    def append_to(self, name: str) -> LogFile:
        """Open a file for appending; make it, durably, where it is missing."""
        ...

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset` on."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Make a file with this content, durably, in the place of an older one at once."""
        ...

    def free_bytes(self) -> int:
        """Return how much space is left for us on the disk."""
        ...


class DiskFiles:
    """A real directory, readable by its owner only; never follows a symbolic link."""

    def __init__(self, directory: Path) -> None:
        """Make the directory where it is missing. Raises `OSError`."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(directory.stat().st_mode) != 0o700:
            directory.chmod(0o700)
        self._directory = directory

    def names(self) -> list[str]:
        """Return the names of all files."""
        return sorted(os.listdir(self._directory))

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        return (self._directory / name).stat().st_size

    def append_to(self, name: str) -> LogFile:
        """Open a file for appending; make it, durably, where it is missing."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        file = _DiskFile(os.open(self._directory / name, flags, 0o600))
        self._sync_directory()
        return file

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset` on."""
        descriptor = os.open(self._directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            parts: list[bytes] = []
            while length > 0 and (part := os.pread(descriptor, length, offset)):
                parts.append(part)
                offset += len(part)
                length -= len(part)
            return b"".join(parts)
        finally:
            os.close(descriptor)

    def replace(self, name: str, content: bytes) -> None:
        """Make a file with this content, durably, in the place of an older one at once."""
        draft = self._directory / f".{name}.draft"
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._directory / name)
        self._sync_directory()

    def free_bytes(self) -> int:
        """Return how much space is left for us on the disk."""
        room = os.statvfs(self._directory)
        return room.f_bavail * room.f_frsize

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _DiskFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, content: bytes | memoryview) -> int:
        return os.write(self._descriptor, content)

    def sync(self) -> None:
        # macOS has no fdatasync; its fsync leaves the disk's own cache alone, as fdatasync does.
        getattr(os, "fdatasync", os.fsync)(self._descriptor)

    def truncate(self, size_bytes: int) -> None:
        os.ftruncate(self._descriptor, size_bytes)

    def close(self) -> None:
        os.close(self._descriptor)
