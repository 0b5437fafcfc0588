"""Costs."""

from playhead_collector.read import Reader

from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import states
from playhead_dashboard.urls import Address


def draw(reader: Reader, address: Address, now_ns: int) -> Drawn:
    """Draw the page."""
    return Drawn(states.message("Costs", ""), (("Costs", None),))


PAGE = Page(name="costs", title="Costs", path="/costs", key="c", draw=draw)
