"""Who owns the data directory, and how a command reaches it.

`owner.json` is locked for as long as its owner lives; the lock ends with the process, however that
ends, so what the file says counts only while it is locked.
"""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

_NAME: Final = "owner.json"
_LOOKING_S: Final = 0.2  # far longer than a look at the lock takes
_WRITING_S: Final = 1.0  # between taking the lock and having written the address


class DataUnusable(Exception):
    """The data directory cannot be used; the message is one plain sentence."""


class DataOwned(DataUnusable):
    """Another process owns the data directory."""

    def __init__(self, directory: Path, owner: "Owner | None") -> None:
        """Say who it is, as far as that is known."""
        self.owner = owner
        who = f"process {owner.pid}" if owner else "another process"
        where = f" and answers at {owner.address}" if owner and owner.address else ""
        super().__init__(f"The data in {directory} belongs to {who}, which runs{where}.")


class Owner(msgspec.Struct, frozen=True):
    """The process that owns a data directory."""

    pid: int
    address: str | None  # "http://127.0.0.1:4318"; None where it answers no HTTP
    started_ns: int


@dataclass(slots=True)
class Ownership:
    """The right to use a data directory, until it is given back."""

    directory: Path
    _descriptor: int

    @classmethod
    def take(cls, directory: Path, *, address: str | None = None) -> Self:
        """Become the owner; make the directory, for this user only, where it is missing.

        Raises:
            DataOwned: another process is.
            DataUnusable: the directory cannot be made or written.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(directory / _NAME, flags, 0o600)
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise DataUnusable(
                f"Cannot write the data directory {directory}: {reason}; choose another one: --data DIR"
            ) from None
        if not _lock(descriptor):
            os.close(descriptor)
            raise DataOwned(directory, find_owner(directory))
        ownership = cls(directory, descriptor)
        ownership.announce(address)
        return ownership

    def announce(self, address: str | None) -> None:
        """Write down at which address this process answers."""
        owner = Owner(os.getpid(), address, time.time_ns())
        content = msgspec.json.format(msgspec.json.encode(owner), indent=2) + b"\n"
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def give_back(self) -> None:
        """Stop being the owner; safe to call twice."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def find_owner(directory: Path) -> Owner | None:
    """Return the process that owns a data directory now; None where nobody does."""
    try:
        descriptor = os.open(directory / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        deadline = time.monotonic() + _WRITING_S
        while _is_locked(descriptor):
            try:
                return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Owner)
            except msgspec.MsgspecError:  # it is being written at this moment
                if time.monotonic() > deadline:
                    return None
                time.sleep(0.02)
        return None
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Take the lock; somebody who only looks holds it for an instant, so try for a moment."""
    deadline = time.monotonic() + _LOOKING_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
