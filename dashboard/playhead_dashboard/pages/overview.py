# pyright: basic
"""Is everything well?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dash import html

from playhead_collector.read import Reader
from playhead_collector.views import Overview
from playhead_dashboard import urls
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import daybars, format, runlists
from playhead_dashboard.panels.attributes import aria
from playhead_dashboard.panels.cards import Tone, card, page_head, panel
from playhead_dashboard.panels.welcome import welcome

FAILURES_SHOWN = 6  # as high as the chart beside them
RUNS_SHOWN = 5


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw numbers and newest runs of the time range; the welcome where nothing was ever recorded."""
    trail = (("Overview", None),)
    seen = reader.overview(since_ns=address.since_ns(now_ns))
    if seen.runs == 0 and reader.health().runs == 0:
        return Drawn(welcome(), trail)
    parts = [
        page_head("Is everything well?", address.range_sentence),
        cards(seen, address),
        html.Div(
            [
                panel("Runs per day", daybars.day_bars(seen.days), note="UTC, failed runs in red"),
                newest_failures(seen, address, now_ns),
            ],
            className="two",
        ),
        html.Div(lists(seen, address, now_ns), className="three"),
    ]
    return Drawn(html.Div(parts, className="stack"), trail)


def cards(seen: Overview, address: urls.Address) -> html.Div:
    """Return the four numbers, each a link to the runs that it counts."""
    range = address.range
    days = seen.days
    note = format.cost_note(seen.cost)
    spend = relative_change(_dollars(seen.cost.usd), _dollars(seen.cost_before.usd))
    runs = relative_change(seen.runs, seen.runs_before)
    p95 = relative_change(seen.p95_ns, seen.p95_before_ns, rise="bad")
    rate = rate_change(seen)
    return html.Div(
        [
            card("Runs", format.count(seen.runs), note=runs.words, tone=runs.tone,
                 trend=[day["runs"] for day in days], href=urls.runs_url(range=range)),
            card("Failure rate", format.share(seen.failed, seen.runs), note=rate.words,
                 tone=rate.tone, trend_tone="error",
                 trend=[day["failed"] / day["runs"] if day["runs"] else 0 for day in days],
                 href=urls.runs_url(q="status:failed", range=range)),
            card("95 % of runs end within", format.duration(seen.p95_ns), note=p95.words,
                 tone=p95.tone, trend=_course(days, "p95_ns"),
                 href=urls.runs_url(sort="-duration", range=range)),
            card("Spend", format.cost(seen.cost), note=note or spend.words, tone=spend.tone,
                 trend=_course(days, "cost_usd"), href=urls.runs_url(sort="-cost", range=range)),
        ],
        className="cards",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A change against the range before, in words."""

    words: str
    tone: Tone


def relative_change(
    now: float | None, before: float | None, *, rise: Tone = "flat", fall: Tone = "good"
) -> Change:
    """Return the change in per cent; without a range before there is none."""
    if not before or now is None:
        return Change("no earlier runs to compare with", "flat")
    percent = 100 * (now - before) / before
    if abs(percent) < 0.5:
        return Change("as in the range before", "flat")
    if abs(percent) >= 1_000:
        return Change(f"{now / before:,.0f}× the range before", rise if percent > 0 else "flat")
    tone = rise if percent > 0 else fall if rise == "bad" else "flat"
    return Change(f"{percent:+.0f}% against the range before".replace("-", "−"), tone)


def rate_change(seen: Overview) -> Change:
    """Return the change of the failure rate in percentage points."""
    if not seen.runs_before or not seen.runs:
        return Change(f"{format.count(seen.failed)} of {format.plural(seen.runs, 'run')}", "flat")
    points = 100 * (seen.failed / seen.runs - seen.failed_before / seen.runs_before)
    if abs(points) < 0.05:
        return Change("as in the range before", "flat")
    words = f"{points:+.1f} points against the range before".replace("-", "−")
    return Change(words, "bad" if points > 0 else "good")


def newest_failures(seen: Overview, address: urls.Address, now_ns: int) -> html.Section:
    """Return the newest failures, or the good news."""
    body: Any = html.P("No run failed in this time.", className="calm")
    if seen.newest_failures:
        body = runlists.failures(seen.newest_failures[:FAILURES_SHOWN], now_ns)
    more = html.A("All failures", href=urls.failures_url(range=address.range), className="more")
    return panel("Newest failures", body, more=more)


def lists(seen: Overview, address: urls.Address, now_ns: int) -> list[html.Section]:
    """Return newest, slowest and dearest runs."""
    range = address.range

    def listed(title: str, runs: Sequence[Any], number: Any, sort: str) -> html.Section:
        more = html.A("All", href=urls.runs_url(sort=sort, range=range), className="more",
                      **aria(label=f"All runs, {title.lower()} first"))  # fmt: skip
        return panel(title, runlists.by_number(runs[:RUNS_SHOWN], number, now_ns), more=more)

    return [
        listed("Newest", seen.newest, lambda run: format.duration(run.duration_ns), "-start"),
        listed("Slowest", seen.slowest, lambda run: format.duration(run.duration_ns), "-duration"),
        listed("Dearest", seen.dearest, lambda run: format.cost(run.cost), "-cost"),
    ]


def _dollars(usd: str | None) -> float | None:
    return None if usd is None else float(Decimal(usd))


def _course(days: Sequence[dict[str, Any]], name: str) -> list[float]:
    """Return one number per day for a sparkline; nothing where no day has it."""
    if not any(day.get(name) for day in days):
        return []
    return [float(day.get(name) or 0) for day in days]


PAGE = Page(name="overview", title="Overview", path="/", key="o", draw=draw)
