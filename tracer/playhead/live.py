"""Announces steps that are still open after 250 ms, so that running and lost work shows."""

import threading
import time
import weakref
from collections import deque
from typing import Final

from playhead.recorder import OpenStep
from playhead.shield import shield

ANNOUNCE_AFTER_S: Final = 0.25
LOOK_EVERY_S: Final = 0.05  # steps that fall due together are announced together
WATCHED_MAX: Final = (
    100_000  # opened within a quarter of a second; beyond that they are not announced
)


class LiveSteps:
    """Watches opened steps with one daemon thread that sleeps while there are none."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._renew()

    def watch(self, step: OpenStep) -> None:
        """Announce `step` if it is still open in 250 ms."""
        # All wait equally long, so the first in is the first due: a queue does for a timer wheel.
        if len(self._queue) < WATCHED_MAX:
            self._queue.append((time.monotonic() + ANNOUNCE_AFTER_S, weakref.ref(step)))
            if self._thread is None:
                self._start()
            if self._idle:
                self._news.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self._news.set()

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread and steps."""
        self._renew()

    def _renew(self) -> None:
        self._queue: deque[tuple[float, weakref.ref[OpenStep]]] = deque()
        self._news = threading.Event()
        self._idle = False
        self._stopped = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="playhead-live", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while not self._stopped:
            while self._queue and self._queue[0][0] <= time.monotonic():
                step = self._queue.popleft()[1]()
                if step is not None and not step.ended:
                    with shield("live"):
                        step.announce()
                del step  # nothing of the user's may be kept alive by this frame
            if self._queue:
                time.sleep(max(LOOK_EVERY_S, self._queue[0][0] - time.monotonic()))
            else:
                self._idle = True
                if not self._queue:
                    self._news.wait()
                self._idle = False
                self._news.clear()
