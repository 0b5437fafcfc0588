"""Turns nanoseconds, money and counts into words. The only place of the pages that does."""

from datetime import UTC, datetime
from decimal import Decimal

from playhead_collector.views import Cost

UNKNOWN = "unknown"
SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
TEXT_CHARS_MAX = 500  # of one line in a list; the Run page shows the whole

# Control characters become their pictures (U+2400 ff.); what turns the direction of text around
# becomes a replacement character: a name must not be able to repaint the line it stands in.
_VISIBLE = {
    **{code: 0x2400 + code for code in range(32)},
    0x7F: 0x2421,
    **{code: 0xFFFD for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


def visible(text: str | None, *, chars_max: int = TEXT_CHARS_MAX) -> str:
    """Return recorded text for one line: nothing in it can act, and it has an end."""
    shown = (text or "").translate(_VISIBLE)
    return shown if len(shown) <= chars_max else shown[: chars_max - 1] + "…"


def count(number: int | None) -> str:
    """Return a count with thousands marked: `12,431`."""
    return UNKNOWN if number is None else f"{number:,}"


def compact(number: int | None) -> str:
    """Return a large count in three or four characters: `9.5k`, `24.6M`."""
    if number is None:
        return UNKNOWN
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            value = number / size
            return f"{value:.0f}{letter}" if value >= 100 else f"{value:.1f}{letter}"
    return str(number)


def duration(ns: int | None) -> str:
    """Return a duration with the two units that matter: `412 ms`, `4.2 s`, `2m 51s`, `3h 04m`."""
    if ns is None:
        return UNKNOWN
    if ns < 0:
        return f"−{duration(-ns)}"
    if ns < SECOND_NS:
        return f"{ns / 1e6:.0f} ms" if ns >= 1_000_000 or ns == 0 else f"{ns / 1e6:.1f} ms"
    if ns < MINUTE_NS:
        return f"{ns / 1e9:.1f} s"
    if ns < HOUR_NS:
        return f"{ns // MINUTE_NS}m {ns % MINUTE_NS // SECOND_NS:02d}s"
    if ns < DAY_NS:
        return f"{ns // HOUR_NS}h {ns % HOUR_NS // MINUTE_NS:02d}m"
    return f"{ns // DAY_NS}d {ns % DAY_NS // HOUR_NS}h"


def money(usd: str | Decimal | None) -> str:
    """Return dollars with as many digits as say something: `$1,204`, `$3.41`, `$0.0213`."""
    if usd is None:
        return UNKNOWN
    amount = Decimal(usd)
    if amount == 0:
        return "$0"
    size = abs(amount)
    places = 0 if size >= 1_000 else 2 if size >= 1 else 4 if size >= Decimal("0.001") else 6
    return f"${amount:,.{places}f}"


def cost(value: Cost) -> str:
    """Return what a set of calls cost; a sum with unknown parts is marked as a lower bound."""
    if value.usd is None:
        return UNKNOWN if value.calls_unknown else "$0"
    return f"≥ {money(value.usd)}" if value.calls_unknown else money(value.usd)


def cost_note(value: Cost) -> str:
    """Return how many calls have no price, empty if all have one."""
    if not value.calls_unknown:
        return ""
    return f"{plural(value.calls_unknown, 'call')} without a known price"


def plural(number: int, noun: str) -> str:
    """Return `1 run`, `2 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share(part: int, whole: int) -> str:
    """Return a percentage with the digits that say something; nothing of nothing is a dash."""
    if whole == 0:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.0f}%" if percent >= 10 or percent == 0 else f"{percent:.1f}%"


def instant(ns: int) -> str:
    """Return a point in time in full: `2026-11-20 15:02:11 UTC`. Any integer gives an answer."""
    try:
        return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns"


def ago(ns: int, now_ns: int) -> str:
    """Return how long ago: `just now`, `3 min ago`, `5 h ago`, `2 d ago`; later dates in full."""
    past_ns = now_ns - ns
    if past_ns < -MINUTE_NS or past_ns > 60 * DAY_NS:
        return instant(ns)[:10]
    if past_ns < 10 * SECOND_NS:
        return "just now"
    if past_ns < MINUTE_NS:
        return f"{past_ns // SECOND_NS} s ago"
    if past_ns < HOUR_NS:
        return f"{past_ns // MINUTE_NS} min ago"
    if past_ns < 2 * DAY_NS:
        return f"{past_ns // HOUR_NS} h ago"
    return f"{past_ns // DAY_NS} d ago"


def day(iso: str) -> str:
    """Return an ISO day for a label: `Fri 20 Nov`."""
    at = datetime.fromisoformat(iso)
    return f"{at:%a} {at.day} {at:%b}"


def short_id(run_id: str) -> str:
    """Return the beginning of an id, enough to tell runs apart on a page."""
    return visible(run_id, chars_max=200)[:10]
