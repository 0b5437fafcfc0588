# pyright: basic
"""From a program that runs to the page that shows it: tracer, spool, collector, store, browser."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.collector.served import served
from tests.dashboard.conftest import Watched
from tests.dashboard.run_page import RunPage

from playhead_dashboard.cli import mount

pytestmark = pytest.mark.browser
STATED = "Refunds after day 45: <b>no</b>, says policy v7.\n\tTwo lines \u2713"
PROGRAM = """
import sys, playhead
playhead.init(endpoint=sys.argv[1])
with playhead.workflow("refund", input={"order": 7}):
    with playhead.tool("look up order", input={"order": 7}) as found:
        found.update(output=%r)
    with playhead.step("waits for the shop"):
        print("waiting", flush=True)
        sys.stdin.readline()
        playhead.decide("route", chosen="human", candidates=["auto", "human"], reason="amount > 500")
    playhead.flush()
    print("decided", flush=True)
    sys.stdin.readline()
playhead.shutdown()
"""


@contextmanager
def program(address: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the program; it goes on with each line that it is given."""
    told = os.environ | {"PLAYHEAD_SPOOL_DIR": str(folder / "spool"), "PLAYHEAD_ENDPOINT": address}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM % STATED, address],
        env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def say(process: subprocess.Popen[str], answer: str) -> None:
    """Let the program go on, and wait until it says where it is."""
    assert process.stdin is not None
    assert process.stdout is not None
    if answer != "waiting":
        process.stdin.write("\n")
        process.stdin.flush()
    if answer:
        assert process.stdout.readline().strip() == answer


def test_a_running_program_is_followed_to_its_end(
    tmp_path: Path, watched: Callable[..., Watched]
) -> None:
    with served(tmp_path / "data", mount=mount) as server:
        address = server.server.address
        with program(address, tmp_path) as process:
            say(process, "waiting")
            page = watched(address)
            page.page.goto(address + "/runs")
            page.page.wait_for_function(
                "() => fetch('/api/runs').then(r => r.json()).then(a => a.items.length === 1)"
            )
            run = RunPage(page.open("/runs/latest")).ready()
            expect(run.page.get_by_text("waits for the shop", exact=True)).to_be_visible()
            expect(run.page.locator(".rx-live")).to_have_text("Live")
            assert run.row("waits for the shop").locator(".rx-dur").inner_text() == "running"
            run.click("look up order")
            assert run.page.locator(".rx-text").text_content() == STATED
            say(process, "decided")
            expect(run.page.get_by_text("route", exact=True)).to_be_visible()
            assert run.selected() == "look up order"
            run.click("route")
            assert "amount > 500" in run.inspector()
            say(process, "")
            expect(run.page.locator(".rx-strip .rx-pill")).to_contain_text("completed")
            assert process.wait(10) == 0
            assert run.rows() == ["refund", "look up order", "waits for the shop", "route"]
