"""`playhead up` and `playhead demo`: collector, read API and dashboard in one process.

The one module of the dashboard that sees the server it is composed with.
"""

import argparse
import json
import sys
import threading
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from typing import Final

from fastapi import FastAPI

from playhead_collector.app import Server
from playhead_collector.cli import serve
from playhead_collector.owner import find_owner
from playhead_collector.read import Reader
from playhead_collector.settings import ServerSettings, SettingsError, load_settings
from playhead_dashboard import demo
from playhead_dashboard.app import content_security_policy, create_app

_USAGE: Final = 2
_START_FIRST: Final = 3
_DEMO_S_MAX: Final = 60.0  # for some megabytes of OTLP to be on disk


def up(argv: list[str]) -> int:
    """Serve until Ctrl-C; return the exit status."""
    parser = _parser("up", "Collector, API and dashboard in one process, until Ctrl-C.")
    options = parser.parse_args(argv)
    settings = _settings(options)
    if settings is None:
        return _USAGE
    return serve(settings, mount, ready=_greet(open_browser=options.open))


def demo_command(argv: list[str]) -> int:
    """Fill the store with recorded runs and show them; return the exit status."""
    parser = _parser("demo", "Fills a store with recorded, telling runs and shows them.")
    options = parser.parse_args(argv)
    settings = _settings(options)
    if settings is None:
        return _USAGE
    owner = find_owner(settings.data)
    if owner is not None and owner.address:
        return _load_into(owner.address, settings)

    def ready(server: Server) -> None:
        _greet(open_browser=options.open)(server)
        threading.Thread(
            target=_load_into, args=(server.address, settings), name="playhead-demo", daemon=True
        ).start()

    return serve(settings, mount, ready=ready)


def mount(app: FastAPI, reader: Reader) -> str:
    """Put the dashboard on the server; return its Content-Security-Policy."""
    demo.add_route(app)
    return content_security_policy(create_app(reader, app))


def _parser(name: str, words: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"playhead {name}", description=words)
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (4318)")
    parser.add_argument("--data", metavar="DIR", help="where the record lies")
    parser.add_argument("--open", action="store_true", help="open a browser")
    return parser


def _settings(options: argparse.Namespace) -> ServerSettings | None:
    try:
        return load_settings(host=options.host, port=options.port, data=options.data)
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return None


def _greet(*, open_browser: bool) -> Callable[[Server], None]:
    def greet(server: Server) -> None:
        print(f"playhead is at {server.address}    (Ctrl-C stops it)", flush=True)
        if server.settings.token is not None:
            print("it asks for the token of PLAYHEAD_TOKEN", file=sys.stderr, flush=True)
        line = "import playhead; playhead.init()"
        if server.settings.port != ServerSettings.model_fields["port"].default:
            line = f'import playhead; playhead.init(endpoint="{server.address}")'
        print(f"recording starts with: {line}", file=sys.stderr, flush=True)
        if open_browser:
            webbrowser.open(server.address)

    return greet


def _load_into(address: str, settings: ServerSettings) -> int:
    """Ask the running server at an address to load the demo; return the exit status."""
    headers = {"content-type": "application/json", "x-playhead-csrf": "1"}
    if settings.token is not None:
        headers["authorization"] = f"Bearer {settings.token.get_secret_value()}"
    request = urllib.request.Request(
        f"{address}/api/demo", data=b"{}", headers=headers, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_DEMO_S_MAX) as answer:
            runs = json.load(answer)["runs"]
    except (OSError, urllib.error.URLError) as problem:
        print(f"The demo was not loaded into {address}: {problem}.", file=sys.stderr)
        return _START_FIRST
    print(f"{runs} recorded runs are at {address}", file=sys.stderr, flush=True)
    return 0


COMMANDS: Final[dict[str, Callable[[list[str]], int]]] = {"up": up, "demo": demo_command}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command by its name, for `python -m playhead_dashboard.cli`."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in COMMANDS:
        print(f"usage: playhead {{{','.join(COMMANDS)}}}", file=sys.stderr)
        return _USAGE
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    sys.exit(main())
