"""When a run that was started and never ended counts as lost.

The rule: a run is lost when nothing came of it for 30 s and its process is known to be gone, or
when nothing came for 15 minutes and nobody can say whether its process lives. A process that is
known to live keeps its run running, however long a model takes.
"""

import os
import socket
from functools import cache
from typing import Final

GONE_SILENCE_NS: Final = 30 * 10**9  # a killed program's spool is delivered within seconds
LONG_SILENCE_NS: Final = 15 * 60 * 10**9  # longer than any provider's request time-out


def is_lost(*, last_seen_ns: int, now_ns: int, alive: bool | None) -> bool:
    """Return whether an open run is lost; `alive` is None where nobody can say."""
    if alive:
        return False
    silence = now_ns - last_seen_ns
    return silence >= (LONG_SILENCE_NS if alive is None else GONE_SILENCE_NS)


def process_alive(host: str | None, pid: int | None) -> bool | None:
    """Return whether the sender's process lives; None where it is on another machine, or unnamed.

    A sender that names no host counts as local: the collector listens on loopback unless told
    otherwise.
    """
    if pid is None or pid <= 0 or host not in (None, this_host()):
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@cache
def this_host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
