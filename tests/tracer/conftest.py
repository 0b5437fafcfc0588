# pyright: basic
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import playhead
from playhead import shield

# A shared machine may take long over any example: what is slow is judged in tests/bench, by ratios.
settings.register_profile("playhead", deadline=None)
settings.load_profile("playhead")


@pytest.fixture(autouse=True)
def own_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Each test has a spool of its own, and no recorder is left when it ends."""
    folder = tmp_path / "spool"
    for name in list(os.environ):
        if name.startswith(("PLAYHEAD_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLAYHEAD_SPOOL_DIR", str(folder))
    monkeypatch.setattr(shield, "_last_said", {})
    yield folder
    playhead.shutdown(timeout_s=0.5)


class Program:
    """Runs Python source in a process of its own, with this test's environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, source: str, **environ: str) -> "subprocess.Popen[str]":
        path = self._folder / "program.py"
        path.write_text(textwrap.dedent(source))
        return subprocess.Popen(
            [sys.executable, "-W", "error", str(path)],
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, source: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(source, **environ)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)
