# pyright: basic
"""What fails, where, and when?"""

from collections.abc import Sequence
from decimal import Decimal

from dash import html

from playhead_collector.read import Reader
from playhead_collector.views import Cost, FailureGroup, HourCell
from playhead_dashboard import urls
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import failure_table, format, heat, states
from playhead_dashboard.panels.cards import card, page_head, panel


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw the failed runs of the time range, by hour of the week and by cause."""
    trail = (("Failures", None),)
    since_ns = address.since_ns(now_ns)
    groups = reader.failures(q=address.q, since_ns=since_ns)
    cells = reader.failure_hours(q=address.q, since_ns=since_ns)
    head = page_head("What fails, where, and when?", urls.RANGES[address.range][0])
    if not groups:
        return Drawn(html.Div([head, _nothing(cells)], className="stack"), trail)
    peak = heat.find_peak(cells)
    at_peak = reader.failures(q=peak.cell.q, since_ns=since_ns) if peak else []
    parts = [
        head,
        cards(groups, cells, address),
        heat.callout(peak, range=address.range, why=cause_and_cost(at_peak)) if peak else None,
        panel(
            "Failure rate by weekday and hour",
            heat.heat_map(cells, range=address.range),
            note="UTC, paler where runs are few; a cell opens its runs",
            more=heat.scale(),
        ),
        panel(
            "Causes",
            failure_table.failure_table(groups, now_ns, range=address.range),
            note="same type, place and message; numbers and ids in messages are blanked",
        ),
    ]
    return Drawn(html.Div(parts, className="stack"), trail)


def cards(
    groups: Sequence[FailureGroup], cells: Sequence[HourCell], address: urls.Address
) -> html.Div:
    """Return the totals of the range; each opens the runs that it counts."""
    runs = sum(cell.runs for cell in cells)
    failed = sum(group.runs for group in groups)
    spent = total_cost(groups)
    failed_url = urls.runs_url(q=_and_failed(address.q), range=address.range)
    dearest = urls.runs_url(q=_and_failed(address.q), sort="-cost", range=address.range)
    newest = max(groups, key=lambda group: group.last_seen_ns)
    return html.Div(
        [
            card("Failed runs", format.count(failed), href=failed_url, tone="bad",
                 note=f"{format.share(failed, runs)} of {format.plural(runs, 'run')}"),
            card("Spend on failed runs", format.cost(spent), href=dearest,
                 note=format.cost_note(spent) or "paid for without a result"),
            card("Causes", format.count(len(groups)), note="kinds of failure at different places",
                 href=failed_url),
            card("Newest", format.visible(newest.error_type, chars_max=24) or "Failed",
                 note=f"at {format.visible(newest.step)}" if newest.step else "see the run",
                 href=urls.run_url(newest.sample_run_id, step_id=newest.sample_step_id)),
        ],
        className="cards",
    )  # fmt: skip


def cause_and_cost(groups: Sequence[FailureGroup]) -> str:
    """Return what most of the failed runs failed from, and what all of them cost; empty for none."""
    if not groups:
        return ""
    most, failed = max(groups, key=lambda group: group.runs), sum(group.runs for group in groups)
    what = format.visible(most.error_type, chars_max=60) or "a failure without a type"
    place = f" at {format.visible(most.step)}" if most.step else ""
    part = "" if most.runs == failed else f" in {format.count(most.runs)} of {format.count(failed)}"
    return f"Cause: {what}{place}{part}. Spent: {format.cost(total_cost(groups))}."


def total_cost(groups: Sequence[FailureGroup]) -> Cost:
    """Return what the failed runs cost; a run fails with one primary cause, so none is twice."""
    known = [Decimal(group.cost.usd) for group in groups if group.cost.usd is not None]
    return Cost(
        usd=str(sum(known, Decimal(0))) if known else None,
        calls_unknown=sum(group.cost.calls_unknown for group in groups),
    )


def _and_failed(q: str) -> str:
    return f"{q} status:failed".strip()


def _nothing(cells: Sequence[HourCell]) -> html.Section:
    runs = sum(cell.runs for cell in cells)
    if runs:
        return states.message("No run failed", f"{format.plural(runs, 'run')} in this time.")
    return states.message(
        "No runs in this time",
        "Choose a longer time range.",
        actions=(("All time", urls.failures_url(range="all")),),
    )


PAGE = Page(name="failures", title="Failures", path="/failures", key="f", draw=draw)
