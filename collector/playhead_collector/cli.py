"""The server half of `playhead up`, and the commands that read: `runs` and `show`.

A reading command asks the process that owns the data; without one it owns the data itself for as
long as it runs. Results go to stdout, everything else to stderr. Exit status: 0 done, 2 wrong usage
or settings, 3 something must be changed or started first, and the message says what.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from playhead_collector import words
from playhead_collector.answer.http_reader import HttpReader, ServerUnavailable
from playhead_collector.answer.search import quote
from playhead_collector.owner import DataOwned, DataUnusable, Ownership, find_owner
from playhead_collector.read import PAGE_ROWS_MAX, QueryError, Reader, RunQuery
from playhead_collector.settings import ServerSettings, SettingsError, load_settings
from playhead_collector.views import StepView

# FastAPI, uvicorn and DuckDB take half of a command's time to load, so who needs them loads them.
if TYPE_CHECKING:
    from playhead_collector.app import Mount, Server

_PRIVATE: Final = 0o077
_RUNS_SHOWN: Final = 20  # a screen of them
_SWITCH_S: Final = 0.001  # an answer waits so long, not 5 ms, each time a run is being derived


class _Trouble(Exception):
    """The command ends here, with this message and exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


# --- the server ----------------------------------------------------------------------------------


def serve(
    settings: ServerSettings,
    mount: "Mount | None" = None,
    *,
    ready: "Callable[[Server], None] | None" = None,
) -> int:
    """Run the server until SIGINT or SIGTERM; return the exit status.

    Args:
        settings: see `load_settings`.
        mount: adds pages to the app; without it there is the API only.
        ready: called once, when the server accepts requests or is about to; by default its address
            is printed.
    """
    from playhead_collector.app import Server, StartError

    _prepare()
    sys.setswitchinterval(_SWITCH_S)
    try:
        server = Server(settings, mount=mount)
    except StartError as problem:
        print(problem, file=sys.stderr)
        return 3
    if ready is None:
        print(server.address, flush=True)
    else:
        ready(server)
    server.run()
    return 0


def _prepare() -> None:
    os.umask(_PRIVATE)  # the index's files too are this user's only
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_WithFields("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])


class _WithFields(logging.Formatter):
    """Lines that end with the fields of a record: what it was about, and why."""

    _OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    def formatMessage(self, record: logging.LogRecord) -> str:
        stated = [
            f"{name}={words.printable(str(value))}"
            for name, value in vars(record).items()
            if name not in self._OF_EVERY_RECORD
        ]
        return " ".join([super().formatMessage(record), *stated])


# --- the commands --------------------------------------------------------------------------------


def runs(argv: Sequence[str]) -> int:
    """`playhead runs [QUERY]`: list runs, newest first."""
    parser = _parser("runs", "List recorded runs, newest first.")
    parser.add_argument("query", nargs="*", metavar="QUERY", help="for example: status:failed")
    parser.add_argument(
        "--sort", default="-start", help="start, duration, cost, steps, tokens, errors; - descends"
    )
    parser.add_argument("--limit", type=int, default=_RUNS_SHOWN, help="how many at most")
    parser.add_argument("--cursor", help="next_cursor of the page before")
    options = parser.parse_args(argv)
    query = RunQuery(
        q=" ".join(options.query), sort=options.sort, limit=options.limit, cursor=options.cursor
    )

    def work(reader: Reader) -> None:
        page = reader.runs(query)
        if options.json:
            print(page.model_dump_json(indent=2))
        elif page.items:
            print(words.runs_table(page.items))
            if page.total is not None and page.total > len(page.items):
                print(f"{len(page.items)} of {page.total} runs; more with --limit", file=sys.stderr)
        else:
            print("No run matches." if query.q else "No run is recorded yet.", file=sys.stderr)

    return _run(options, work)


def show(argv: Sequence[str]) -> int:
    """`playhead show RUN`: one run and its steps."""
    parser = _parser("show", "Show one run: what happened, in order, and what it cost.")
    parser.add_argument("run", metavar="RUN", help="run id, the beginning of one, or latest")
    options = parser.parse_args(argv)

    def work(reader: Reader) -> None:
        run_id = reader.find_run(options.run)
        run = reader.run(run_id) if run_id is not None else None
        if run_id is None or run is None:
            raise _Trouble(_not_one_run(reader, options.run), 2)
        steps = _all_steps(reader, run_id)
        if options.json:
            print(
                json.dumps(
                    {"run": run.model_dump(), "steps": [s.model_dump() for s in steps]}, indent=2
                )
            )
        else:
            print(words.run_text(run, steps))

    return _run(options, work)


def _not_one_run(reader: Reader, reference: str) -> str:
    likely = reader.runs(RunQuery(q=f"run:{quote(reference)}", limit=1)).total
    if likely and reference:
        return f"{likely} runs begin with {reference!r}; write more of the id, see: playhead runs"
    return f"There is no run {reference!r}; see: playhead runs"


def _all_steps(reader: Reader, run_id: str) -> list[StepView]:
    steps: list[StepView] = []
    cursor: str | None = None
    while True:
        page = reader.steps(run_id, limit=PAGE_ROWS_MAX, cursor=cursor)
        steps += page.items
        cursor = page.next_cursor
        if cursor is None:
            return steps


def _parser(command: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"playhead {command}", description=description)
    parser.add_argument("--data", metavar="DIR", help="data directory (PLAYHEAD_DATA)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    return parser


def _run(options: argparse.Namespace, work: Callable[[Reader], None]) -> int:
    _prepare()
    try:
        with _reader(load_settings(data=options.data)) as reader:
            work(reader)
    except _Trouble as problem:
        print(problem, file=sys.stderr)
        return problem.status
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    except QueryError as problem:
        print(f"{problem.message} (at character {problem.position + 1})", file=sys.stderr)
        if problem.hint:
            print(problem.hint, file=sys.stderr)
        return 2
    except ServerUnavailable as problem:
        print(problem, file=sys.stderr)
        return 3
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


@contextmanager
def _reader(settings: ServerSettings) -> Generator[Reader]:
    """Give a reader over HTTP where somebody owns the data, else own it."""
    if not settings.data.is_dir():
        raise _Trouble(f"There is no data in {settings.data} yet; start with: playhead up", 3)
    owner = find_owner(settings.data)
    if owner is not None and owner.address is not None:
        token = settings.token.get_secret_value() if settings.token else None
        yield HttpReader(owner.address, token=token)
        return
    with _own(settings) as reader:
        yield reader


@contextmanager
def _own(settings: ServerSettings) -> Generator[Reader]:
    from playhead_collector.answer.reading import Reading
    from playhead_collector.log import LogTooNew, SegmentLog
    from playhead_collector.store.store import StoreError

    with ExitStack() as parts:
        try:
            parts.callback(Ownership.take(settings.data).give_back)
            log = SegmentLog(settings.data / "log")
            parts.callback(log.close)
            reading = Reading(settings.data / "index.duckdb", log)
            parts.callback(reading.close)
            reading.catch_up()
        except DataOwned as problem:
            raise _Trouble(f"{problem} Try again when it is done.", 3) from problem
        except (DataUnusable, LogTooNew, StoreError, OSError) as problem:
            raise _Trouble(str(problem), 3) from problem
        yield reading.reader
