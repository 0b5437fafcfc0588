"""Ids of runs, traces and spans: random ones, or counted ones for tests."""

import random
from itertools import count
from typing import Protocol

from playhead.steps import RunId, SpanId, TraceId


class Ids(Protocol):
    """Gives new ids, lower-case hex, never zero."""

    def run_id(self) -> RunId:
        """Return a new run id, 32 digits."""
        ...

    def trace_id(self) -> TraceId:
        """Return a new trace id, 32 digits."""
        ...

    def span_id(self) -> SpanId:
        """Return a new span id, 16 digits."""
        ...


class RandomIds:
    """Ids from the system's random source, untouched by a program that seeds `random`."""

    def __init__(self) -> None:
        """Seed an own generator; `renew` seeds it again, for a forked child."""
        self._bits = random.Random()
        self.renew()

    def renew(self) -> None:
        """Seed from the system, so that parent and child never give the same id."""
        self._bits.seed(random.SystemRandom().getrandbits(256))

    def run_id(self) -> RunId:
        """Return a new run id."""
        return RunId(f"{self._bits.getrandbits(128) or 1:032x}")

    def trace_id(self) -> TraceId:
        """Return a new trace id."""
        return TraceId(f"{self._bits.getrandbits(128) or 1:032x}")

    def span_id(self) -> SpanId:
        """Return a new span id."""
        return SpanId(f"{self._bits.getrandbits(64) or 1:016x}")


class CountedIds:
    """Ids 1, 2, 3, … of each sort, so that a test can state them."""

    def __init__(self) -> None:
        """Start each sort at 1."""
        self._runs, self._traces, self._spans = count(1), count(1), count(1)

    def run_id(self) -> RunId:
        """Return the next run id."""
        return RunId(f"{next(self._runs):032x}")

    def trace_id(self) -> TraceId:
        """Return the next trace id."""
        return TraceId(f"{next(self._traces):032x}")

    def span_id(self) -> SpanId:
        """Return the next span id."""
        return SpanId(f"{next(self._spans):016x}")
