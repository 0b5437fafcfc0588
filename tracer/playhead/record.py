"""`playhead record -- CMD…`: runs a program with recording started before its first line."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Final

USAGE: Final = "usage: playhead record [--project NAME] [--endpoint URL] -- CMD…"
_OPTIONS: Final = {"--project": "PLAYHEAD_PROJECT", "--endpoint": "PLAYHEAD_ENDPOINT"}
_LAUNCH: Final = Path(__file__).parent / "launch"
_WRONG_USAGE, _NOT_FOUND = 2, 127


def run(arguments: list[str]) -> int:
    """Run the command and return its exit status; 128 + n when a signal n ended it, as shells do."""
    environ = dict(os.environ)
    while arguments and arguments[0] in _OPTIONS and len(arguments) > 1:
        environ[_OPTIONS[arguments[0]]] = arguments[1]
        arguments = arguments[2:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    elif arguments and arguments[0].startswith("-"):
        arguments = []
    if not arguments:
        print(USAGE, file=sys.stderr)
        return _WRONG_USAGE
    # In front of an existing path, whose own sitecustomize is run after ours.
    paths = [str(_LAUNCH), str(_own_root()), environ.get("PYTHONPATH", "")]
    environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    program = shutil.which(arguments[0])
    if program is None:
        print(f"playhead record: {arguments[0]}: not found", file=sys.stderr)
        return _NOT_FOUND
    return _wait(subprocess.Popen([program, *arguments[1:]], env=environ))


def _own_root() -> Path | str:
    """Return where the program finds our package when its interpreter does not have it."""
    root = Path(__file__).parent.parent
    # An installed package is found by itself; its folder first would shadow what lies before it.
    return "" if str(root) in _site_packages() else root


def _site_packages() -> list[str]:
    import site

    return [*site.getsitepackages(), site.getusersitepackages()]


def _wait(program: "subprocess.Popen[bytes]") -> int:
    """Wait for the program; signals meant for it are passed on."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if program.poll() is None:
            program.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    # Ctrl-C reaches the whole foreground group: the program decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = program.wait()
    return 128 - status if status < 0 else status
