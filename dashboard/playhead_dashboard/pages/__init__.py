"""The pages. A page asks the reader, calls a figure or a panel, and returns what was drawn.

Each module gives `PAGE`. `draw(reader, address, now_ns)` runs in a worker thread whenever the
address changed (`live_address` names what of the address counts) or something new arrived;
`register(app, reader, clock)` adds callbacks for what changes within the page.
"""

from playhead_dashboard.pages import costs, failures, overview, run, runs
from playhead_dashboard.pages.page import Drawn, Page, not_found

PAGES: tuple[Page, ...] = (overview.PAGE, runs.PAGE, costs.PAGE, failures.PAGE, run.PAGE)

__all__ = ["PAGES", "Drawn", "Page", "not_found"]
