"""Keeps our own errors out of the user's program: they are counted, logged once, and swallowed here.

The only place of the tracer that swallows. Exceptions of the user's code never pass through it:
a shield is put around our lines only.
"""

import logging
import threading
import time
from types import TracebackType

_log = logging.getLogger("playhead")
_WARNING_EVERY_S = 60.0  # one message per minute and cause: a loop must not flood the user's log

_lock = threading.Lock()
_last_said: dict[str, float] = {}
_errors = 0


class shield:
    """Swallow any `Exception` raised inside, count it, and log it once per minute and place."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        """`place` names the hook or function, for the log and for nothing else."""
        self._place = place

    def __enter__(self) -> None:
        """Enter the protected lines."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> bool:
        """Swallow what is an `Exception`; `KeyboardInterrupt` and its like are the user's."""
        if error is None or not isinstance(error, Exception):
            return False
        _count_error()
        warn_once(
            self._place, "playhead could not record something; the program is unharmed", error
        )
        return True


def warn_once(cause: str, sentence: str, error: BaseException | None = None) -> None:
    """Log `sentence` as a warning, at most once per minute and `cause`. Never raises."""
    now_s = time.monotonic()
    with _lock:
        last_s = _last_said.get(cause)
        if last_s is not None and now_s - last_s < _WARNING_EVERY_S:
            return
        _last_said[cause] = now_s
    # The error's own text may hold a secret or be hostile: its type is enough here, the rest is DEBUG.
    kind = f" ({type(error).__name__})" if error is not None else ""
    _log.warning("%s [%s]%s", sentence, cause, kind)
    if error is not None:
        _log.debug("details of %s", cause, exc_info=error)


def errors_swallowed() -> int:
    """Return how many of our own errors were swallowed in this process."""
    return _errors


def _count_error() -> None:
    global _errors
    with _lock:
        _errors += 1


def renew_after_fork() -> None:
    """Give a forked child a lock that no thread of its parent holds."""
    global _lock
    _lock = threading.Lock()
