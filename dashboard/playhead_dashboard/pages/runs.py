"""Runs."""

from playhead_collector.read import Reader

from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import states
from playhead_dashboard.urls import Address


def draw(reader: Reader, address: Address, now_ns: int) -> Drawn:
    """Draw the page."""
    return Drawn(states.message("Runs", ""), (("Runs", None),))


PAGE = Page(name="runs", title="Runs", path="/runs", key="r", draw=draw)
