# pyright: basic
"""One owner of the data, and one plain sentence with the right exit status where it cannot be."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.collector.served import process, served

from playhead_collector import cli
from playhead_collector.app import Server, StartError
from playhead_collector.owner import DataOwned, Ownership, find_owner
from playhead_collector.settings import (
    ServerSettings,
    SettingsError,
    default_data,
    load_settings,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PLAYHEAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def start(**arguments: object) -> StartError:
    with pytest.raises(StartError) as problem:
        Server(ServerSettings(**{"port": 0, **arguments}))
    assert "\n" not in str(problem.value)
    return problem.value


def test_the_owner_can_be_found_for_as_long_as_it_lives(tmp_path: Path) -> None:
    assert find_owner(tmp_path / "data") is None
    ownership = Ownership.take(tmp_path / "data", address="http://127.0.0.1:1")
    owner = find_owner(tmp_path / "data")
    assert owner is not None
    assert (owner.pid, owner.address) == (os.getpid(), "http://127.0.0.1:1")
    ownership.give_back()
    ownership.give_back()
    assert find_owner(tmp_path / "data") is None


def test_data_has_one_owner(tmp_path: Path) -> None:
    ownership = Ownership.take(tmp_path / "data", address="http://127.0.0.1:1")
    with pytest.raises(
        DataOwned, match=f"belongs to process {os.getpid()}, which runs and answers"
    ):
        Ownership.take(tmp_path / "data")
    ownership.give_back()
    Ownership.take(tmp_path / "data").give_back()


def test_a_killed_owner_owns_nothing(tmp_path: Path) -> None:
    with process(tmp_path / "data") as (running, port):
        owner = find_owner(tmp_path / "data")
        assert owner is not None
        assert (owner.pid, owner.address) == (running.pid, f"http://127.0.0.1:{port}")
        running.kill()
        running.wait()
        assert find_owner(tmp_path / "data") is None
        Ownership.take(tmp_path / "data").give_back()


def test_files_of_the_data_directory_are_their_owners_only(tmp_path: Path) -> None:
    with process(tmp_path / "data"):
        found = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in found}
    assert {"data", "log", "owner.json", "index.duckdb"} <= modes.keys()
    assert {mode & 0o077 for mode in modes.values()} == {0}


def test_a_second_server_on_the_same_data_says_who_has_it(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server:
        problem = start(data=tmp_path / "data")
        assert f"which runs and answers at {server.server.address}." in str(problem)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        problem = start(data=tmp_path / "data", port=port)
        assert str(problem).startswith(f"Port {port} on 127.0.0.1 is taken by another program")
    with served(tmp_path / "data"):  # nothing was kept of the one that did not start
        pass


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    problem = start(data=tmp_path / "file" / "data")
    assert str(problem) == (
        f"Cannot write the data directory {tmp_path}/file/data: Not a directory; "
        "choose another one: --data DIR"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log").write_text("in the way")
    assert str(start(data=tmp_path / "data")).startswith("Cannot use the log in ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_rights_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    assert "Permission denied" in str(start(data=tmp_path / "data"))


def test_owner_json_is_no_link_to_somewhere_else(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "target").write_text("precious")
    (tmp_path / "data" / "owner.json").symlink_to(tmp_path / "target")
    start(data=tmp_path / "data")
    assert (tmp_path / "target").read_text() == "precious"


def test_an_address_of_another_machine_cannot_be_bound(tmp_path: Path) -> None:
    problem = start(data=tmp_path / "data", host="192.0.2.1", token="12345678")
    assert str(problem).startswith("Cannot listen on 192.0.2.1")


def test_trouble_at_the_start_is_one_line_and_exit_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ServerSettings(host="0.0.0.0", port=0, data=tmp_path / "data")
    assert cli.serve(settings) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "export PLAYHEAD_TOKEN=" in err


# --- settings ------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_surface(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 4318, None)
    assert settings.data == default_data() == tmp_path / "share" / "playhead"


def test_an_argument_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_DATA", "/from/environment")
    monkeypatch.setenv("PLAYHEAD_TOKEN", "from the environment")
    assert load_settings(data=None).data == Path("/from/environment")
    assert load_settings(data="/from/argument").data == Path("/from/argument")
    token = load_settings().token
    assert token is not None and token.get_secret_value() == "from the environment"


def test_all_wrong_settings_come_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_DATTA", "/typo")
    monkeypatch.setenv("PLAYHEAD_TOKEN", "short")
    with pytest.raises(SettingsError) as problem:
        load_settings(port=70_000, host=" ")
    lines = str(problem.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "PLAYHEAD_DATTA",
        "--host",
        "--port",
        "PLAYHEAD_TOKEN",
    ]
    assert "short" not in str(problem.value)


def test_settings_of_the_tracer_and_links_of_kubernetes_are_no_mistakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "PLAYHEAD_ENDPOINT": "http://127.0.0.1:4318",
        "PLAYHEAD_CAPTURE": "all",
        "PLAYHEAD_PORT": "tcp://10.0.0.1:4318",
        "PLAYHEAD_PORT_4318_TCP": "tcp://10.0.0.1:4318",
        "PLAYHEAD_SERVICE_HOST": "10.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    assert load_settings().port == 4318


def test_wrong_settings_end_a_command_with_2(tmp_path: Path) -> None:
    program = "import sys; from playhead_collector.cli import runs; sys.exit(runs([]))"
    environment = {**os.environ, "PLAYHEAD_NOPE": "1", "PLAYHEAD_DATA": str(tmp_path)}
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("PLAYHEAD_NOPE: no such setting")
