"""What happened to what was recorded, in numbers; nothing is lost without being counted here."""

import threading
from dataclasses import dataclass
from typing import Literal

from playhead import shield

Count = Literal["recorded", "delivered", "dropped", "masked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Counts of this process since `init`.

    Attributes:
        recorded: steps that ended and were handed to the spool.
        delivered: spans and events that a collector has acknowledged.
        spooled: spans and events on disk or in memory that wait for a collector.
        dropped: spans and events that were lost, for want of space or because a collector refused them.
        masked: secrets that were replaced by a mark.
        errors: errors of playhead itself that were kept out of the program.
    """

    recorded: int = 0
    delivered: int = 0
    spooled: int = 0
    dropped: int = 0
    masked: int = 0
    errors: int = 0


class Counters:
    """Counts that many threads add to."""

    def __init__(self) -> None:
        """Start at zero."""
        self._lock = threading.Lock()
        self._errors_before = shield.errors_swallowed()
        self._counts: dict[Count, int] = {"recorded": 0, "delivered": 0, "dropped": 0, "masked": 0}

    def add(self, name: Count, amount: int = 1) -> None:
        """Count `amount` more."""
        with self._lock:
            self._counts[name] += amount

    def read(self, *, spooled: int = 0) -> Stats:
        """Return all counts; `spooled` is known only to the spool."""
        errors = shield.errors_swallowed() - self._errors_before
        with self._lock:
            return Stats(**self._counts, spooled=spooled, errors=errors)

    def renew(self) -> None:
        """Start again at zero, with a lock that no other thread holds: for a forked child."""
        self.__init__()
