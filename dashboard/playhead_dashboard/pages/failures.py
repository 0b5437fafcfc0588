"""Failures."""

from playhead_collector.read import Reader

from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import states
from playhead_dashboard.urls import Address


def draw(reader: Reader, address: Address, now_ns: int) -> Drawn:
    """Draw the page."""
    return Drawn(states.message("Failures", ""), (("Failures", None),))


PAGE = Page(name="failures", title="Failures", path="/failures", key="f", draw=draw)
