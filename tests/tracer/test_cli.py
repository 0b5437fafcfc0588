# pyright: basic
"""The command line: `record`, `doctor`, and commands that need what is not installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.tracer.sink import Sink, serving

from playhead import cli


def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from playhead.cli import main; sys.exit(main())",
            *arguments,
        ],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def write(path: Path, source: str) -> str:
    path.write_text(source)
    return str(path)


def test_a_program_is_recorded_without_a_changed_line(tmp_path: Path) -> None:
    script = write(
        tmp_path / "app.py",
        "import sys, playhead\n"
        "with playhead.workflow('w'):\n"
        "    print('hello', sys.argv[1:])\n"
        "sys.exit(7)\n",
    )
    with serving() as sink:
        done = run("record", "--endpoint", sink.url, "--", sys.executable, script, "--flag", "x")
    assert (done.returncode, done.stdout) == (7, "hello ['--flag', 'x']\n")
    assert sink.names() == ["invoke_workflow w"]


def test_an_existing_sitecustomize_still_runs(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    write(folder / "sitecustomize.py", "import builtins\nbuiltins.set_up_by_user = 42\n")
    script = write(
        tmp_path / "app.py",
        "import sys\nprint(set_up_by_user, 'playhead' in sys.modules, sys.modules['sitecustomize'].__file__)\n",
    )
    done = run(
        "record",
        "--",
        sys.executable,
        script,
        PYTHONPATH=str(folder),
        PLAYHEAD_ENDPOINT="http://127.0.0.1:9",
    )
    assert done.stdout.split() == ["42", "True", str(folder / "sitecustomize.py")], done.stderr


@pytest.mark.parametrize(
    ("source", "status"),
    [("raise SystemExit(3)", 3), ("1/0", 1), ("import os; os.kill(os.getpid(), 15)", 143)],
)
def test_the_programs_own_exit_status_is_kept(tmp_path: Path, source: str, status: int) -> None:
    script = write(tmp_path / "app.py", source)
    done = run("record", "--", sys.executable, script, PLAYHEAD_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == status


def test_wrong_usage_says_how_and_exits_with_two() -> None:
    for arguments in (
        ["record"],
        ["record", "--"],
        ["record", "--wrong"],
        ["doctor", "x"],
        ["nonsense"],
        [],
    ):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert "usage: playhead" in done.stderr + done.stdout
    assert run("record", "--", "no-such-program").returncode == 127


def test_a_server_command_without_its_parts_names_the_install_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Point:
        def load(self) -> Any:
            raise ModuleNotFoundError("No module named 'duckdb'", name="duckdb")

    monkeypatch.setattr(cli, "_commands", lambda: {"up": Point()})
    assert cli.main(["up"]) == 3
    assert "pip install 'playhead[server]'" in capsys.readouterr().err


def test_doctor_tells_settings_adapters_collector_and_spool(tmp_path: Path) -> None:
    with serving(Sink(health={"name": "playhead", "version": "9.9"})) as sink:
        done = run("doctor", "--json", PLAYHEAD_ENDPOINT=sink.url, PLAYHEAD_TOKEN="hidden")
    report = json.loads(done.stdout)
    assert report["collector"]["answer"] == "playhead 9.9"
    assert report["settings"]["endpoint"] == {"value": sink.url, "origin": "environment"}
    assert report["settings"]["project"] == {"value": None, "origin": "default"}
    assert report["spool"]["files"] == 0
    assert [a["name"] for a in report["adapters"]][:2] == ["httpx", "langgraph"]
    assert "hidden" not in done.stdout


def test_doctor_finds_a_missing_and_a_foreign_collector() -> None:
    done = run("doctor", PLAYHEAD_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "playhead up" in done.stdout
    with serving(Sink(health={"status": "ok"})) as sink:
        done = run("doctor", PLAYHEAD_ENDPOINT=sink.url)
    assert done.returncode == 1
    assert "metadata only" in done.stdout


def test_version_is_told() -> None:
    assert run("--version").stdout.startswith("playhead 0.")
