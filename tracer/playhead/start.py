"""`init()`: settings → spool → exporter → recorder → adapters; safe to call twice."""

import atexit
import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from playhead import shield as shield_module
from playhead.counters import Stats
from playhead.shield import shield, warn_once

if TYPE_CHECKING:
    from playhead.pipeline import Pipeline
    from playhead.recorder import Recorder

EXIT_S_MAX: Final = 3.0  # a program's exit is never held up longer; the spool is safe by then

_lock = threading.RLock()
_pipeline: "Pipeline | None" = None
_recorder: "Recorder | None" = None
_last_stats = Stats()
_hooked = False


def init(
    *,
    project: str | None = None,
    endpoint: str | None = None,
    capture: str | None = None,
    adapters: str | Sequence[str] | None = None,
    redact: Callable[[str, Any], Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Start to record this program. Call it once, anywhere; later calls change nothing.

    Args:
        project: name under which runs are filed; else the service's or the script's name.
        endpoint: address of the collector, "http://127.0.0.1:4318" unless told otherwise.
        capture: "auto" sends prompts and results to a playhead on this machine only, "all" to
            whatever is named as endpoint, "metadata" records none.
        adapters: names of adapters, or "auto" for those whose framework is imported, now or later.
        redact: called with each attribute's name and text after the built-in rules; returns what
            to keep. Where it fails, the attribute is dropped.
        tags: attached to all runs of this process.

    Every argument can come from the environment (`PLAYHEAD_PROJECT`, …) instead; an argument wins.
    Nothing is sent before something is recorded, and no collector needs to be up.

    Raises:
        ConfigurationError: an argument cannot be meant. The state of the world never raises.
    """
    from playhead.settings import read_settings

    global _pipeline, _recorder
    settings = read_settings(
        project=project,
        endpoint=endpoint,
        capture=capture,
        adapters=adapters,
        redact=redact,
        tags=tags,
    )
    with _lock, shield("init"):
        if settings.disabled:
            return
        if _pipeline is not None:
            if _pipeline.settings != settings:
                warn_once("init", "init was called again with other settings; the first ones hold")
            return
        from playhead.pipeline import Pipeline

        pipeline = Pipeline(settings)
        _pipeline, _recorder = pipeline, pipeline.recorder
        _hook_process()
        pipeline.start()


def flush(timeout_s: float = 5.0) -> bool:
    """Write everything to disk, try to deliver it, and say whether all was delivered.

    Returns within `timeout_s`, and at once when no collector answers: what is not delivered stays
    in the spool.
    """
    pipeline = _pipeline
    if pipeline is None:
        return True
    delivered = False
    with shield("flush"):
        delivered = pipeline.flush(timeout_s)
    return delivered


def shutdown(timeout_s: float = 5.0) -> None:
    """Take every hook out, deliver what can be delivered within `timeout_s`, and stop recording."""
    global _pipeline, _recorder, _last_stats
    with _lock:
        pipeline, _pipeline, _recorder = _pipeline, None, None
    if pipeline is not None:
        with shield("shutdown"):
            _last_stats = pipeline.shutdown(timeout_s)


def stats() -> Stats:
    """Return the counts of this process since `init`."""
    if _pipeline is not None:
        return _pipeline.stats()
    return _last_stats if _recorder is None else _recorder.counters.read()


def active_recorder() -> "Recorder | None":
    """Return the recorder of this process, or `None` before `init` and after `shutdown`."""
    return _recorder


@contextmanager
def using(recorder: "Recorder") -> Generator[None]:
    """Make `recorder` the one of this process inside the block, threads included: for tests."""
    from playhead import threads

    global _recorder
    before, _recorder = _recorder, recorder
    carried = threads.carry()
    try:
        yield
    finally:
        for unwrap in reversed(carried):
            unwrap()
        recorder.close()
        _recorder = before


def _hook_process() -> None:
    """Follow forks and the exit, once per process."""
    global _hooked
    if _hooked:
        return
    _hooked = True
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
    atexit.register(shutdown, EXIT_S_MAX)


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.RLock()
    shield_module.renew_after_fork()
    if _pipeline is not None:
        with shield("fork"):
            _pipeline.after_fork_in_child()
