# pyright: basic
"""`playhead up` and `playhead demo` as processes: one line, one address, a clean end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STOP_S = 15.0


@contextmanager
def command(tmp_path: Path, *words: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; what is left of it at the end is killed."""
    told = os.environ | {"PLAYHEAD_SPOOL_DIR": str(tmp_path / "spool")} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "playhead_dashboard.cli", *words],
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("playhead is at http://127.0.0.1:"), line
    return line.split()[3]


def ask(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


def test_up_prints_its_address_and_ends_cleanly(tmp_path: Path) -> None:
    with command(tmp_path, "up", "--port", "0", "--data", str(tmp_path / "data")) as process:
        address = address_of(process)
        assert ask(f"{address}/api/health")["name"] == "playhead"
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S) == 0
        assert process.stderr is not None
        assert f'recording starts with: import playhead; playhead.init(endpoint="{address}")' in (
            process.stderr.read()
        )


def test_a_second_server_on_the_same_data_says_so_in_one_line(tmp_path: Path) -> None:
    words = ["up", "--port", "0", "--data", str(tmp_path / "data")]
    with command(tmp_path, *words) as first:
        address_of(first)
        with command(tmp_path, *words) as second:
            assert second.wait(STOP_S) == 3
            assert second.stderr is not None
            assert "belongs to process" in second.stderr.read()


def test_a_wrong_setting_is_wrong_usage(tmp_path: Path) -> None:
    with command(tmp_path, "up", "--port", "many") as process:
        assert process.wait(STOP_S) == 2
        assert process.stderr is not None
        assert process.stderr.read().startswith("--port:")


def test_the_demo_shows_its_runs_and_fills_a_running_server_too(tmp_path: Path) -> None:
    words = ["--port", "0", "--data", str(tmp_path / "data")]
    with command(tmp_path, "demo", *words) as process:
        address = address_of(process)
        with command(tmp_path, "demo", *words) as second:
            assert second.wait(60) == 0  # the owner of the data has loaded it
        deadline = time.monotonic() + 60
        while ask(f"{address}/api/health")["behind_records"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        runs = ask(f"{address}/api/health")["runs"]
        assert runs > 100
        assert ask(f"{address}/api/runs?limit=1")["total"] == runs
