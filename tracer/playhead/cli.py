"""`playhead <command>`: finds the command among the entry points, and has two of its own.

Exit status: 0 done, 1 done and something was found, 2 wrong usage, 3 something must be installed or
started, and the message says the exact command.
"""

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from playhead.version import own_version

GROUP: Final = "playhead.commands"
USAGE: Final = 2
MISSING: Final = 3
INSTALL: Final = "pip install 'playhead[server]'"

Command = Callable[[list[str]], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return 0 if arguments else USAGE
    if arguments[0] in ("-V", "--version"):
        print(f"playhead {own_version()}")
        return 0
    name, rest = arguments[0], arguments[1:]
    if name in _OWN:
        return _OWN[name](rest)
    point = _commands().get(name)
    if point is None:
        print(f"playhead: there is no command {name!r}\n\n{_help()}", file=sys.stderr)
        return USAGE
    try:
        command = cast("Command", point.load())
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("playhead"):
            raise
        print(
            f"playhead {name} needs the server parts ({error.name} is not installed):\n  {INSTALL}",
            file=sys.stderr,
        )
        return MISSING
    try:
        return command(rest)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `playhead runs | head`
        sys.stderr.close()
        return 0


def _commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _record(arguments: list[str]) -> int:
    from playhead.record import run

    return run(arguments)


def _doctor(arguments: list[str]) -> int:
    from playhead.doctor import run

    return run(arguments)


_OWN: Final[dict[str, Command]] = {"doctor": _doctor, "record": _record}
_ABOUT: Final = {
    "record": "run a program and record it, without a changed line: playhead record -- python app.py",
    "doctor": "say what is recorded, what is not, and where it goes",
}


def _help() -> str:
    names = sorted({*_OWN, *_commands()})
    lines = [f"  {name:<10} {_ABOUT.get(name, '')}".rstrip() for name in names]
    return "\n".join(["usage: playhead <command> …", "", "commands:", *lines])
