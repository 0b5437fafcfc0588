# pyright: basic
"""What a dead program left in the spool arrives, once, and only at the server it was meant for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from playhead_collector import wire
from playhead_collector.log import SegmentLog
from playhead_collector.receive.spool import SpoolPickup

PROGRAM = """
import sys, time, playhead
playhead.init(project="spooled")
with playhead.workflow("refund"):
    with playhead.step("look up"):
        pass
    time.sleep(60)
"""


def killed_program(spool: Path, endpoint: str) -> None:
    """Run a program that records, and kill it while its run is open."""
    environment = {**os.environ, "PLAYHEAD_SPOOL_DIR": str(spool), "PLAYHEAD_ENDPOINT": endpoint}
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if any(b"step look up" in path.read_bytes() for path in spool.glob("*.spool")):
            break
        time.sleep(0.02)
    program.send_signal(signal.SIGKILL)
    program.wait()


def names(log: SegmentLog) -> list[str]:
    return [
        span.name
        for record in log.follow(1)
        if record.signal == "traces"
        for span in wire.decode_traces(record.encoding, record.body).spans
    ]


def test_what_a_killed_program_left_is_taken_over_once(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    killed_program(spool, "http://127.0.0.1:9")  # nobody listens there
    log = SegmentLog(tmp_path / "log")
    other = SpoolPickup(log, spool, port=10)
    assert other.pick_up() == 0  # it was meant for another address
    pickup = SpoolPickup(log, spool, port=9)
    assert pickup.pick_up() > 0
    assert names(log) == ["step look up"]
    assert pickup.pick_up() == 0
    assert not list(spool.glob("*.spool"))
    events = [
        event.event_name
        for record in log.follow(1)
        if record.signal == "logs"
        for event in wire.decode_logs(record.encoding, record.body).events
    ]
    assert "playhead.span.started" in events  # so the run shows, as lost
    log.close()


def test_the_thread_takes_over_and_stops(tmp_path: Path) -> None:
    killed_program(tmp_path / "spool", "http://localhost:9")
    log = SegmentLog(tmp_path / "log")
    pickup = SpoolPickup(log, tmp_path / "spool", port=9)
    pickup.start()
    deadline = time.monotonic() + 20
    while "step look up" not in names(log) and time.monotonic() < deadline:
        time.sleep(0.05)
    pickup.stop()
    assert names(log) == ["step look up"]
    log.close()


def test_a_spool_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path / "log")
    assert SpoolPickup(log, tmp_path / "nowhere", port=9).pick_up() == 0
    log.close()
