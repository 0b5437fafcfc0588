"""When the demo runs happen: a pure function of the calendar, so that every load agrees."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAYS = 28  # four weeks: a weekday pattern needs that many to be seen
GOOD = ("approved", "approved-small", "published", "published-large",
        "refunded", "refunded", "refused", "handed-over")  # fmt: skip
BAD = ("no-tickets", "endless", "no-order")
RUSHED = ("rate-limited", "rate-limited-small")
RUSH_WEEKDAY, RUSH_HOUR = 4, 15  # Fridays at 15:00 UTC the provider refuses
RUSH_RUNS = 5
BAD_OF_100 = 9  # runs that fail for other reasons
WORK_HOURS = range(6, 20)
RUN_S = 10  # longer than any of the recordings


@dataclass(frozen=True, slots=True)
class Slot:
    """One demo run: which recording, moved to which start."""

    recording: str
    start_ns: int

    def derive(self, old: str) -> str:
        """Return the id that takes the place of a recorded one: as long, and of this slot only."""
        name = f"{self.recording}/{self.start_ns}/{old}"
        return hashlib.sha256(name.encode()).hexdigest()[: len(old)]


def slots(now_ns: int) -> list[Slot]:
    """Return the demo runs of the last four weeks that have ended by now, oldest first."""
    today = datetime.fromtimestamp(now_ns / 1e9, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)]
    planned = [slot for day in days for slot in _day(day)]
    ended = [slot for slot in planned if slot.start_ns + RUN_S * 10**9 < now_ns]
    return sorted(ended, key=lambda slot: slot.start_ns)


def _day(day: datetime) -> list[Slot]:
    """Return the runs of one day: few at the weekend, and the rush hour of Fridays."""
    dice = _Dice(day.date().isoformat())
    runs = dice.roll(1, 3) if day.weekday() >= 5 else dice.roll(5, 9)
    planned: list[Slot] = []
    for _ in range(runs):
        hour = WORK_HOURS[dice.roll(0, len(WORK_HOURS) - 1)]
        names = BAD if dice.roll(1, 100) <= BAD_OF_100 else GOOD
        rush = day.weekday() == RUSH_WEEKDAY and hour == RUSH_HOUR
        planned.append(_slot(day, hour, dice, RUSHED if rush else names))
    if day.weekday() == RUSH_WEEKDAY:
        planned += [_slot(day, RUSH_HOUR, dice, RUSHED) for _ in range(RUSH_RUNS)]
    return planned


def _slot(day: datetime, hour: int, dice: "_Dice", names: tuple[str, ...]) -> Slot:
    at = day + timedelta(hours=hour, minutes=dice.roll(0, 58), seconds=dice.roll(0, 49))
    return Slot(names[dice.roll(0, len(names) - 1)], int(at.timestamp()) * 10**9)


class _Dice:
    """Numbers that look thrown and are the same for the same day."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._thrown = 0

    def roll(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""
        self._thrown += 1
        digest = hashlib.sha256(f"{self._seed}/{self._thrown}".encode()).digest()
        return low + int.from_bytes(digest[:8]) % (high - low + 1)
