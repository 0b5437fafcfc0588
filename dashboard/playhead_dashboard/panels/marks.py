# pyright: basic
"""Small things that stand in a line: status, bar, sparkline, time."""

from collections.abc import Sequence
from urllib.parse import quote

from dash import html

from playhead_dashboard.panels import format
from playhead_dashboard.panels.attributes import HIDDEN

SPARK_BARS_MAX = 45
SPARK_HEIGHT = 30


def status(name: str) -> html.Span:
    """Return a status as icon and word; colour only repeats what the word says."""
    return html.Span(
        [html.Span(className=f"icon icon-{name}", **HIDDEN), name],
        className=f"status status-{name}",
    )


def when(ns: int, now_ns: int) -> html.Time:
    """Return a time as distance, with the full instant when pointed at."""
    return html.Time(format.ago(ns, now_ns), title=format.instant(ns), className="when")


def bar(part: float, whole: float) -> html.Span:
    """Return a bar of `part` in `whole`, for the back of a cell. It repeats the number beside it."""
    width = 0.0 if whole <= 0 else max(0.0, min(1.0, part / whole)) * 100
    return html.Span(className="bar", style={"width": f"{width:.1f}%"}, **HIDDEN)


def spark(values: Sequence[float], *, tone: str = "accent") -> html.Span:
    """Return bars of a few values, oldest first, as one element: its mask is the drawing."""
    shown = list(values)[-SPARK_BARS_MAX:]
    top = max(shown, default=0) or 1
    bars = "".join(
        f"<rect x='{4 * i}' y='{SPARK_HEIGHT - height:.1f}' width='3' height='{height:.1f}' rx='1'/>"
        for i, value in enumerate(shown)
        if (height := max(1.0, SPARK_HEIGHT * value / top))
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' preserveAspectRatio='none' "
        f"viewBox='0 0 {max(4, 4 * len(shown))} {SPARK_HEIGHT}'>{bars}</svg>"
    )
    image = f'url("data:image/svg+xml,{quote(svg)}")'
    style = {"maskImage": image, "WebkitMaskImage": image}
    return html.Span(className=f"spark spark-{tone}", style=style, **HIDDEN)
