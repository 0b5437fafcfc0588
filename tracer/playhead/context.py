"""Which step we are in: our own ContextVar, never OpenTelemetry's.

Asyncio tasks copy it by themselves; `playhead.threads` carries it into threads and executors.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playhead.recorder import OpenStep

_UNSET = object()
_current: ContextVar["OpenStep | None | object"] = ContextVar("playhead_step", default=_UNSET)


def current() -> "OpenStep | None":
    """Return the step that this line of the program runs in, or `None` outside every step.

    A step that has ended is no longer the one we are in, whoever forgot to leave it: callbacks of a
    framework may end a step in another task than the one in which they began it.
    """
    step: OpenStep | None = _current.get()  # type: ignore[assignment]
    if step is _UNSET:
        step = _inherit()
        _current.set(step)
    while step is not None and step.ended:
        step = step.parent
    return step


@contextmanager
def active(step: "OpenStep | None") -> Generator[None]:
    """Make `step` the current one inside the block; `None` means outside every step."""
    before = current()
    token = _current.set(step)
    try:
        yield
    finally:
        try:
            _current.reset(token)
        except ValueError:  # left in another context than entered: a generator moved between tasks
            _current.set(before)


def enter(step: "OpenStep | None") -> "OpenStep | None":
    """Make `step` current until further notice, and return the one before (give it back to `enter`)."""
    before = current()
    _current.set(step)
    return before


def _nothing() -> "OpenStep | None":
    return None


_inherit: Callable[[], "OpenStep | None"] = _nothing


def inherit_from(source: "Callable[[], OpenStep | None] | None") -> None:
    """Ask `source` once in each new thread which step it was started under; `None` stops asking."""
    global _inherit
    _inherit = source or _nothing
