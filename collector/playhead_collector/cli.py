"""`serve`, which the dashboard's `playhead up` runs, with the messages and the exit status of failing.

Exit status: 0 done, 2 wrong usage or settings, 3 something must be changed or started first.
"""

import logging
import os
import sys
from collections.abc import Callable

from playhead_collector.app import Mount, Server, StartError
from playhead_collector.settings import ServerSettings

_PRIVATE = 0o077


def serve(
    settings: ServerSettings,
    mount: Mount | None = None,
    *,
    ready: Callable[[Server], None] | None = None,
) -> int:
    """Run the server until SIGINT or SIGTERM; return the exit status.

    Args:
        settings: see `load_settings`.
        mount: adds pages to the app; without it there is the API only.
        ready: called once, when the server accepts requests or is about to; by default its address
            is printed.
    """
    os.umask(_PRIVATE)  # the index's files too are this user's only
    _log_to_stderr()
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


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
