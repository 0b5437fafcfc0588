"""The live feed: which runs changed, as server-sent events.

One ring of the newest changes serves all clients, so a slow one costs nothing: it is told the
newest version of each run when it reads on, and when it missed more than the ring holds, that
anything may have changed.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

CHANGES_KEPT: Final = 4_096  # some minutes of a busy server
CLIENTS_MAX: Final = 64  # tabs of people; each costs a socket and a task
ALIVE_EVERY_S: Final = 15.0  # below the idle time-outs of proxies
STOP_LOOKED_FOR_EVERY_S: Final = 0.5
RETRY_MS: Final = 1_000


class TooManyClients(Exception):
    """There are as many listeners as are allowed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run that changed; without a run, anything may have."""

    generation: int
    run_id: str | None
    version: int


@dataclass(slots=True, eq=False)
class _Client:
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Feed:
    """Takes changes from the index's thread and gives them to any number of event loops."""

    def __init__(self) -> None:
        """Start with no change; what a client saw of an earlier process counts as forgotten."""
        self._changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self._clients: set[_Client] = set()
        self._lock = threading.Lock()
        self._newest = time.time_ns() // 1_000
        self._forgotten = self._newest  # generation of the newest change that the ring has lost

    def publish(self, generation: int, versions: Mapping[str, int]) -> None:
        """Tell everybody that runs changed. Any thread; never blocks."""
        with self._lock:
            for run_id, version in versions.items():
                if len(self._changes) == CHANGES_KEPT:
                    self._forgotten = self._changes[0].generation
                self._changes.append(Change(generation, run_id, version))
            self._newest = max(self._newest, generation)
            clients = list(self._clients)
        for client in clients:
            # The loop of a client that has just gone may be closed.
            with contextlib.suppress(RuntimeError):
                client.loop.call_soon_threadsafe(client.woken.set)

    async def listen(
        self,
        *,
        now: Callable[[], int],
        run_id: str | None = None,
        after: int | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> AsyncGenerator[bytes]:
        """Yield server-sent events, of one run or of all, until the client goes or `stopping`.

        Args:
            now: gives the version with which the stream starts.
            run_id: the run to listen to; all without one.
            after: the generation that the client saw last, from its `Last-Event-ID`.
            stopping: says that the server is about to stop.
        """
        with self._client() as client:
            yield f"retry: {RETRY_MS}\n\n".encode()
            seen = after
            if seen is None or seen < self._forgotten:
                seen = self._newest
                yield encode(Change(seen, run_id, await asyncio.to_thread(now)))
            silent_s = 0.0
            while not stopping():
                client.woken.clear()
                changes = self._since(seen, run_id)
                if changes:
                    for change in changes:
                        seen, silent_s = max(seen, change.generation), 0.0
                        yield encode(change)
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(client.woken.wait(), STOP_LOOKED_FOR_EVERY_S)
                silent_s += STOP_LOOKED_FOR_EVERY_S
                if silent_s >= ALIVE_EVERY_S:
                    silent_s = 0.0
                    yield b": alive\n\n"

    def check_room(self) -> None:
        """Raise `TooManyClients` where nobody else may listen."""
        with self._lock:
            if len(self._clients) >= CLIENTS_MAX:
                raise TooManyClients

    @contextlib.contextmanager
    def _client(self) -> Generator[_Client]:
        client = _Client(asyncio.get_running_loop())
        with self._lock:
            self._clients.add(client)
        try:
            yield client
        finally:
            with self._lock:
                self._clients.discard(client)

    def _since(self, seen: int, run_id: str | None) -> list[Change]:
        """Return the newest change of each run after a generation, oldest first."""
        with self._lock:
            newest: dict[str | None, Change] = {}
            for change in reversed(self._changes):
                if change.generation <= seen:
                    break
                if run_id is None or change.run_id == run_id:
                    newest.setdefault(change.run_id, change)
        changes = list(reversed(newest.values()))
        if run_id is not None:
            return changes
        # To a listener of everything, the version is that of everything.
        return [Change(change.generation, change.run_id, change.generation) for change in changes]


def encode(change: Change) -> bytes:
    """Return one server-sent event."""
    told = msgspec.json.encode({"run_id": change.run_id, "version": change.version}).decode()
    return f"id: {change.generation}\nevent: changed\ndata: {told}\n\n".encode()
