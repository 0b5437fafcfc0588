"""Runs and steps as text for a terminal: aligned, in words, and with nothing in it that a terminal obeys.

Names come from strangers, so control and direction characters are shown as symbols.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from playhead_collector.views import Cost, RunView, StepView

UNKNOWN: Final = "unknown"
_NAME_CHARS_MAX: Final = 60
_INDENT_MAX: Final = 20  # deeper steps stay in sight
_CONTROL_PICTURES: Final = 0x2400  # U+2400 shows NUL, U+2401 SOH, …
_NUMERIC: Final = frozenset({"TIME", "STEPS", "TOKENS", "COST", "ERRORS"})


def runs_table(items: Sequence[RunView]) -> str:
    """Return one line per run, under a heading."""
    heading = ["RUN", "WORKFLOW", "STATUS", "STARTED", "TIME", "STEPS", "TOKENS", "COST", "ERROR"]
    rows = [
        [
            printable(run.run_id)[:12],
            shown(run.workflow) if run.workflow else "-",
            run.status,
            moment(run.start_ns),
            duration(run.duration_ns),
            str(run.steps),
            tokens(run.tokens_input, run.tokens_output) if _is_billed(run) else "-",
            cost(run.cost) if _is_billed(run) else "-",
            shown(run.error_type) if run.error_type else "",
        ]
        for run in items
    ]
    return table(heading, rows)


def run_text(run: RunView, steps: Sequence[StepView]) -> str:
    """Return a run's facts, then its steps as a tree in the order in which they started."""
    facts = [
        ("run", printable(run.run_id)),
        ("workflow", printable(run.workflow or UNKNOWN)),
        ("status", run.status),
        ("started", moment(run.start_ns)),
        ("time", duration(run.duration_ns)),
        ("models", ", ".join(map(printable, run.models)) or "none"),
    ]
    if _is_billed(run):
        facts.append(("tokens", tokens(run.tokens_input, run.tokens_output) + " in + out"))
        facts.append(("cost", cost(run.cost)))
    if run.error_type or run.error_message:
        place = f" in {printable(run.error_step)}" if run.error_step else ""
        error = f"{run.error_type or 'error'}{place}: {run.error_message or ''}"
        facts.append(("error", shown(error, chars_max=200)))
    head = "\n".join(f"{name:<9} {value}" for name, value in facts)
    heading = ["STEP", "KIND", "STATUS", "TIME", "TOKENS", "COST", "DETAIL"]
    rows = [_step_row(step, depth) for step, depth in _in_tree_order(steps)]
    return f"{head}\n\n{table(heading, rows)}"


def _is_billed(run: RunView) -> bool:
    return run.cost.usd is not None or run.cost.calls_unknown > 0


def _step_row(step: StepView, depth: int) -> list[str]:
    billed = step.cost_provenance is not None
    return [
        "  " * min(depth, _INDENT_MAX) + shown(step.name),
        step.kind,
        step.status,
        duration(step.duration_ns),
        tokens(step.tokens_input, step.tokens_output) if billed else "",
        money(step.cost_usd) if billed else "",
        _detail(step),
    ]


def _detail(step: StepView) -> str:
    parts: list[str] = []
    if step.chosen is not None:
        parts.append("chose " + (", ".join(step.chosen) or "nothing"))
    if step.candidates:
        parts.append("from " + ", ".join(step.candidates))
    if step.attempt is not None and step.attempt > 1:
        parts.append(f"attempt {step.attempt}")
    if step.http_status is not None:
        parts.append(f"HTTP {step.http_status}")
    if step.model:
        parts.append(step.model)
    if step.error_type:
        parts.append(step.error_type)
    return shown(" · ".join(parts))


def _in_tree_order(steps: Sequence[StepView]) -> list[tuple[StepView, int]]:
    """Return parents before children, siblings by start; orphans and cycles at the end, unindented."""
    known = {step.step_id for step in steps}
    children: dict[str | None, list[StepView]] = {}
    for step in sorted(steps, key=lambda s: (s.start_ns, s.step_id), reverse=True):
        parent = step.parent_id if step.parent_id in known else None
        children.setdefault(parent, []).append(step)
    ordered: list[tuple[StepView, int]] = []
    seen: set[str] = set()
    waiting = [(step, 0) for step in children.get(None, [])]
    while waiting:
        step, depth = waiting.pop()
        seen.add(step.step_id)
        ordered.append((step, depth))
        waiting += [(child, depth + 1) for child in children.get(step.step_id, [])]
    return ordered + [(step, 0) for step in steps if step.step_id not in seen]


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns, numbers to the right, without trailing spaces."""
    lines = [heading, *rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heading))]
    return "\n".join(
        "  ".join(
            _pad(cell, width, right=name in _NUMERIC)
            for cell, width, name in zip(line, widths, heading, strict=True)
        ).rstrip()
        for line in lines
    )


def _pad(cell: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def printable(text: str) -> str:
    """Return the text with everything that steers a terminal or turns its direction as a symbol."""
    return "".join(map(_symbol, text))


def _symbol(letter: str) -> str:
    code = ord(letter)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return letter


def shown(text: str, *, chars_max: int = _NAME_CHARS_MAX) -> str:
    """Return printable text on one line, cut where it is long."""
    safe = printable(text)
    return safe if len(safe) <= chars_max else safe[: chars_max - 1] + "…"


def moment(time_ns: int) -> str:
    """Return a time in words, in the local time zone; the number where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(time_ns / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return f"{time_ns} ns"


def duration(nanoseconds: int | None) -> str:
    """Return a duration in words, with a unit that suits it."""
    if nanoseconds is None:
        return UNKNOWN
    seconds = nanoseconds / 1e9
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    if abs(seconds) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if abs(minutes) < 60:
        return f"{minutes} m {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} m"


def tokens(sent: int | None, received: int | None) -> str:
    """Return input and output tokens; what is not known is not zero."""
    if sent is None and received is None:
        return UNKNOWN
    return " + ".join(UNKNOWN if part is None else f"{part:,}" for part in (sent, received))


def cost(spent: Cost) -> str:
    """Return a sum with how many of its parts are missing."""
    if spent.usd is None:
        return UNKNOWN
    missing = f" + {spent.calls_unknown} {UNKNOWN}" if spent.calls_unknown else ""
    return money(spent.usd) + missing


def money(usd: str | None) -> str:
    """Return dollars; small sums keep two significant digits."""
    if usd is None:
        return UNKNOWN
    amount = Decimal(usd)
    if amount and abs(amount) < Decimal("0.01"):
        return f"${amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1)):f}"
    return f"${amount:,.2f}"
