"""What `make demo` runs: the server, a scripted model provider and the examples; then it stays.

With `--headless` it checks through the HTTP API that every run arrived complete, and exits with the
truth: 0, or 1 and what was missing.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provider import ScriptedProvider
from research_story import decide

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".demo"  # made anew each time, so that a demo never mixes with a user's own record
EXAMPLES = [["research_graph.py", "--question", "1", "2", "3", "4"]]
EXPECTED = {"completed": 2, "failed": 2}  # of the four questions
PORT_USUAL = 4318
START_S_MAX = 60.0
ARRIVE_S_MAX = 30.0
STOP_S_MAX = 12.0


def main() -> int:
    """Run the demo; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--headless", action="store_true", help="check, then stop")
    parser.add_argument("--live", action="store_true", help="ask the real provider")
    options = parser.parse_args()
    if options.live and not os.environ.get("OPENAI_API_KEY"):
        print("--live needs OPENAI_API_KEY: export OPENAI_API_KEY=...", file=sys.stderr)
        return 2
    shutil.rmtree(HOME, ignore_errors=True)
    with server() as address, ScriptedProvider(decide) as provider:
        failed = run_examples(address, None if options.live else provider.url)
        if failed:
            return 1
        if options.headless:
            return check(address, None if options.live else len(provider.asks))
        stay(address)
    return 0


@contextmanager
def server() -> Iterator[str]:
    """Run `playhead up` on its own data until the block ends; give its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    print(f"==> starting the server on {address}", flush=True)
    process = subprocess.Popen(
        [playhead(), "up", "--port", str(port), "--data", str(HOME / "data")],
        env=environment(address),
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us first; the server is then asked to stop
    )
    try:
        wait_for_health(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            print(f"the server did not stop within {STOP_S_MAX:.0f} s", file=sys.stderr)


def playhead() -> str:
    """Return the command that belongs to this interpreter."""
    return str(Path(sys.executable).with_name("playhead"))


def environment(address: str) -> dict[str, str]:
    """Return our environment with everything of the demo kept in its own folder."""
    return {
        **os.environ,
        "PLAYHEAD_ENDPOINT": address,
        "PLAYHEAD_DATA": str(HOME / "data"),
        "PLAYHEAD_SPOOL_DIR": str(HOME / "spool"),
    }


def free_port() -> int:
    """Return the usual port, or another one when somebody has it."""
    for port in (PORT_USUAL, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                print(f"==> port {port} is taken, looking for another", flush=True)
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no free port on 127.0.0.1")


def wait_for_health(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; stop the demo when it has ended or does not come."""
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server stopped with exit status {process.returncode}")
        try:
            ask(address, "/api/health")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"the server did not answer within {START_S_MAX:.0f} s")


def ask(address: str, path: str) -> Any:
    """Return what the read API answers at `path`."""
    with urllib.request.urlopen(address + path, timeout=10) as answer:
        return json.load(answer)


def run_examples(address: str, provider_url: str | None) -> bool:
    """Run every example against the provider (the real one if None). Say whether one failed."""
    told = environment(address)
    if provider_url:
        told |= {"OPENAI_BASE_URL": provider_url, "OPENAI_API_KEY": "scripted"}
    for script, *arguments in EXAMPLES:
        print(f"==> running examples/{script}", flush=True)
        command = [sys.executable, str(ROOT / "examples" / script), *arguments]
        if provider_url is None:
            command.append("--live")
        if subprocess.run(command, env=told, check=False).returncode:
            print(f"examples/{script} did not end as it should", file=sys.stderr)
            return True
    return False


def check(address: str, requests: int | None) -> int:
    """Compare what arrived with what happened, for at most `ARRIVE_S_MAX`. Return 0 or 1."""
    deadline = time.monotonic() + ARRIVE_S_MAX
    wrong = differences(address, requests)
    while wrong and time.monotonic() < deadline:
        time.sleep(0.25)
        wrong = differences(address, requests)
    if wrong:
        print("The demo's runs did not arrive complete:", *wrong, sep="\n  ", file=sys.stderr)
        return 1
    print(f"==> all {sum(EXPECTED.values())} runs arrived complete at {address}")
    return 0


def differences(address: str, requests: int | None) -> list[str]:
    """List what is not (yet) as it should be; empty when all is well.

    `requests` is how many the scripted provider has answered: each must be an HTTP attempt of a run.
    """
    runs = ask(address, "/api/runs?limit=100")["items"]
    found: dict[str, int] = {}
    for run in runs:
        found[run["status"]] = found.get(run["status"], 0) + 1
    wrong: list[str] = []
    if found != EXPECTED:
        wrong.append(f"runs by status: {found}, expected {EXPECTED}")
    attempts = 0
    for run in runs:
        outline = ask(address, f"/api/runs/{run['run_id']}/outline")
        kinds = [outline["kind_names"][kind] for kind in outline["kind"]]
        attempts += kinds.count("http_attempt")
        unfinished = [
            s for s in outline["status"] if outline["status_names"][s] in ("running", "lost")
        ]
        if unfinished or outline["detached"]:
            wrong.append(
                f"run {run['run_id']}: {len(unfinished)} steps without an end, "
                f"{len(outline['detached'])} without their parent"
            )
        if "decision" not in kinds or "checkpoint" not in kinds:
            wrong.append(f"run {run['run_id']}: no decision or no state was recorded")
    if requests is not None and attempts != requests:
        wrong.append(f"{requests} requests reached the provider, {attempts} were recorded")
    return wrong


def stay(address: str) -> None:
    """Show the address, open a browser where there is one, and wait for Ctrl-C."""
    print(f"\n    playhead is at {address}    (Ctrl-C stops it)\n", flush=True)
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\n==> stopping", flush=True)


if __name__ == "__main__":
    # Said aloud, since a shell's background job starts with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
