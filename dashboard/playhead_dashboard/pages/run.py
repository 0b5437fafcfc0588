# pyright: basic
"""What happened in this run?"""

from playhead_collector.read import Reader
from playhead_dashboard import ids, urls
from playhead_dashboard.component import RunExplorer
from playhead_dashboard.pages.page import Drawn, Page
from playhead_dashboard.panels import states


def draw(reader: Reader, address: urls.Address, now_ns: int) -> Drawn:
    """Draw the run of the address, or say that it is not known.

    The component reads the outline and the steps from the API by itself; only the name of the run
    is asked for here.
    """
    run_id = address.run_id or ""
    found = reader.find_run(run_id)  # a beginning of the id, or `latest`, will do
    run = None if found is None else reader.run(found)
    if run is None:
        body = states.message(
            "This run is not known",
            f"No run has the id {run_id!r}. The address may be cut off, or retention removed it.",
            actions=(("To the runs", urls.runs_url()),),
        )
        return Drawn(body, (("Runs", urls.runs_url()), (run_id, None)))
    trail = [("Runs", urls.runs_url()), (run.run_id[:12], None)]
    if run.workflow:
        trail.insert(1, (run.workflow, urls.runs_url(q=f'workflow:"{run.workflow}"')))
    return Drawn(RunExplorer(id=ids.RUN, runId=run.run_id), trail)


PAGE = Page(
    name="run",
    title="Run",
    path="/runs/",
    key="",
    draw=draw,
    matches_path=lambda path: urls.Address(path=path).run_id is not None,
)
