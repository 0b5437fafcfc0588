"""Carries the current step into threads and executors, and nothing else of the caller's context.

The user's own ContextVars are not copied: code that relies on a thread starting with defaults
must find them.
"""

import concurrent.futures
import threading
import weakref
from collections.abc import Callable
from typing import Any

from playhead import context
from playhead.adapter import Unwrap, wrap
from playhead.recorder import OpenStep

# Which step a thread was started under. Kept outside the thread object, gone with it.
_started_under: "weakref.WeakKeyDictionary[threading.Thread, OpenStep]" = (
    weakref.WeakKeyDictionary()
)


def carry() -> list[Unwrap]:
    """Hook thread starts and executor submits; the result takes the hooks out again."""
    context.inherit_from(_inherited)
    return [
        wrap(threading.Thread, "start", _make_start, expects=("self",)),
        wrap(concurrent.futures.ThreadPoolExecutor, "submit", _make_submit, expects=("self", "fn")),
        Unwrap(lambda: context.inherit_from(None)),
    ]


def _make_start(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(self: threading.Thread, *args: Any, **kwargs: Any) -> Any:
        step = context.current()
        if step is not None and not self.name.startswith("playhead-"):
            _started_under[self] = step
        return original(self, *args, **kwargs)

    return start


def _make_submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        step = context.current()
        if step is None:
            return original(self, fn, *args, **kwargs)
        # The worker thread that this call may start serves others later: it must not inherit.
        with context.active(None):
            return original(self, _run_under, step, fn, *args, **kwargs)

    return submit


def _run_under(step: OpenStep, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    with context.active(step):
        return fn(*args, **kwargs)


def _inherited() -> OpenStep | None:
    step = _started_under.get(threading.current_thread())
    # A thread that outlives the run it was started in serves others: it is not part of that run.
    return None if step is None or step.root.ended else step
