"""What happened in this run?"""

from playhead_collector.read import Reader

from playhead_dashboard import urls
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import states


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw the run of the address, or say that it is not known."""
    run_id = address.run_id or ""
    run = reader.run(run_id)
    trail = (("Runs", urls.runs_url()), (run_id, None))
    if run is None:
        return Drawn(states.message("This run is not known", f"No run has the id {run_id!r}."), trail)
    return Drawn(states.message(run.workflow or run_id, run.status), trail)


PAGE = Page(
    name="run",
    title="Run",
    path="/runs/",
    key="",
    draw=draw,
    matches_path=lambda path: urls.Address(path=path).run_id is not None,
)
