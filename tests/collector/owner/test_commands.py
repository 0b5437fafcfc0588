# pyright: basic
"""`runs` and `show`: the same answers from a running server and from the data alone."""

import json
import logging
from pathlib import Path

import pytest
from tests.collector.served import request, served, span

from playhead_collector import cli, words
from playhead_collector.views import Cost

TRACE = "5b8efff798038103d269b633813fc60c"


def text(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def number(key: str, value: int) -> dict[str, object]:
    return {"key": key, "value": {"intValue": str(value)}}


PAYLOAD = request(
    span(
        spanId="01" * 8,
        name="refund\u001b[31m\u202e",
        attributes=[text("playhead.kind", "workflow"), text("playhead.run.id", "run-1")],
    ),
    span(
        spanId="02" * 8,
        parentSpanId="01" * 8,
        name="chat",
        startTimeUnixNano="1795330000010000000",
        attributes=[
            text("playhead.kind", "model_call"),
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "nobody"),
            text("gen_ai.request.model", "unheard-of-1"),
            number("gen_ai.usage.input_tokens", 1200),
            number("gen_ai.usage.output_tokens", 17),
        ],
    ),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("commands") / "data"
    with served(directory) as server:
        assert server.post(PAYLOAD).json() == {}
    return directory


def test_runs_and_show_read_the_same_with_and_without_a_server(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answers() -> list[str]:
        said: list[str] = []
        for command, argv in (
            (cli.runs, []), (cli.runs, ["--json"]), (cli.show, ["latest"]), (cli.show, ["run-1", "--json"]),
        ):  # fmt: skip
            assert command([*argv, "--data", str(data)]) == 0
            said.append(capsys.readouterr().out)
        return said

    alone = answers()
    with served(data):
        assert answers() == alone
    assert json.loads(alone[1])["items"][0]["run_id"] == "run-1"
    shown = json.loads(alone[3])
    assert (shown["run"]["run_id"], [s["kind"] for s in shown["steps"]]) == (
        "run-1",
        ["workflow", "model_call"],
    )


def test_what_is_not_known_is_said_so_and_nothing_steers_the_terminal(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.show(["latest", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "\u001b" not in out and "\u202e" not in out
    assert "refund\u241b[31m\ufffd" in out
    assert "cost      unknown" in out
    assert "1,200 + 17" in out
    assert "  chat" in out


@pytest.mark.parametrize(
    ("command", "argv", "status", "said"),
    [
        (cli.runs, ["nope:1"], 2, "there is no field 'nope' (at character 1)"),
        (cli.show, ["missing"], 2, "There is no run 'missing'; see: playhead runs"),
        (cli.runs, ["workflow:none"], 0, "No run matches."),
    ],
)
def test_trouble_goes_to_stderr(
    data: Path, capsys: pytest.CaptureFixture[str], command, argv, status, said
) -> None:
    for with_server in (False, True):
        if with_server:
            with served(data):
                assert command([*argv, "--data", str(data)]) == status
        else:
            assert command([*argv, "--data", str(data)]) == status
        out, err = capsys.readouterr()
        assert (out, err.splitlines()[0]) == ("", said)


def test_without_data_the_command_says_how_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.runs(["--data", str(tmp_path / "none")]) == 3
    assert capsys.readouterr().err.endswith("start with: playhead up\n")
    assert not (tmp_path / "none").exists()


def test_a_server_with_a_token_is_asked_with_it(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(data, token="correct horse"):
        assert cli.runs(["--data", str(data)]) == 3
        assert "PLAYHEAD_TOKEN" in capsys.readouterr().err
        monkeypatch.setenv("PLAYHEAD_TOKEN", "correct horse")
        assert cli.runs(["--data", str(data)]) == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (0, "0 ms"),
        (84_088_457, "84 ms"),
        (1_249_000_000, "1.2 s"),
        (125_000_000_000, "2 m 05 s"),
        (86_400_000_000_000, "24 h 00 m"),
        (-5_000_000, "-5 ms"),
    ],
)
def test_durations_in_words(value: int | None, shown: str) -> None:
    assert words.duration(value) == shown


@pytest.mark.parametrize(
    ("spent", "shown"),
    [
        (Cost(), "unknown"),
        (Cost(calls_unknown=2), "unknown"),
        (Cost(usd="0"), "$0.00"),
        (Cost(usd="0.0000474"), "$0.000047"),
        (Cost(usd="1234.5"), "$1,234.50"),
        (Cost(usd="0.02", calls_unknown=3), "$0.02 + 3 unknown"),
    ],
)
def test_money_in_words(spent: Cost, shown: str) -> None:
    assert words.cost(spent) == shown


def test_the_beginning_of_several_ids_is_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path / "data") as server:
        for digit in "12":
            server.post(request(span(traceId=f"ab{digit:0>30}")))
    assert cli.show(["ab", "--data", str(tmp_path / "data")]) == 2
    assert capsys.readouterr().err.startswith("2 runs begin with 'ab'; write more of the id")


def test_a_warning_says_why(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])  # as in a process of its own
    (data / "index.duckdb").write_bytes(b"no index")
    assert cli.runs(["--data", str(data)]) == 0
    assert "index set aside, it is made again from the log why=" in capsys.readouterr().err


def test_a_time_that_no_calendar_has_is_a_number() -> None:
    assert words.moment(2**64 - 1) in ("2554-07-21 23:34:33", "2554-07-22 01:34:33") or "ns" in (
        words.moment(2**64 - 1)
    )
    assert words.moment(2**80) == f"{2**80} ns"
