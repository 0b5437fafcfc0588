"""`init()`: settings → spool → exporter → recorder → adapters; safe to call twice."""

import atexit
import json
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from playhead import adapter as adapter_module
from playhead import shield as shield_module
from playhead import threads
from playhead.counters import Counters, Stats
from playhead.exporter import Exporter
from playhead.ids import RandomIds
from playhead.live import LiveSteps
from playhead.processor import Processor
from playhead.program import ProgramFacts
from playhead.recorder import OpenStep, Recorder, Scope
from playhead.resource import resource_json
from playhead.segment import Origin
from playhead.settings import TracerSettings, read_settings
from playhead.shield import shield, warn_once
from playhead.spool import Spool
from playhead.version import own_version

EXIT_S_MAX: Final = 3.0  # a program's exit is never held up longer; the spool is safe by then

_lock = threading.RLock()
_tracer: "_Tracer | None" = None
_recorder: Recorder | None = None
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
    global _tracer, _recorder
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
        if _tracer is not None:
            if _tracer.settings != settings:
                warn_once("init", "init was called again with other settings; the first ones hold")
            return
        tracer = _Tracer(settings)
        _tracer, _recorder = tracer, tracer.recorder
        _hook_process()
        tracer.start()


def flush(timeout_s: float = 5.0) -> bool:
    """Write everything to disk, try to deliver it, and say whether all was delivered.

    Returns within `timeout_s`, and at once when no collector answers: what is not delivered stays
    in the spool.
    """
    tracer = _tracer
    if tracer is None:
        return True
    delivered = False
    with shield("flush"):
        delivered = tracer.flush(timeout_s)
    return delivered


def shutdown(timeout_s: float = 5.0) -> None:
    """Take every hook out, deliver what can be delivered within `timeout_s`, and stop recording."""
    global _tracer, _recorder
    with _lock:
        tracer, _tracer, _recorder = _tracer, None, None
    if tracer is not None:
        with shield("shutdown"):
            tracer.shutdown(timeout_s)


def stats() -> Stats:
    """Return the counts of this process since `init`."""
    tracer = _tracer
    if tracer is not None:
        return tracer.counters.read(spooled=tracer.spool.waiting())
    if _recorder is not None:
        return _recorder.counters.read()
    return _last_stats


def active_recorder() -> Recorder | None:
    """Return the recorder of this process, or `None` before `init` and after `shutdown`."""
    return _recorder


@contextmanager
def using(recorder: Recorder) -> Generator[None]:
    """Make `recorder` the one of this process inside the block, threads included: for tests."""
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


_last_stats = Stats()


class _Tracer:
    """All parts of one `init`."""

    def __init__(self, settings: TracerSettings) -> None:
        self.settings = settings
        self.counters = Counters()
        self.ids = RandomIds()
        self.live = LiveSteps()
        self.program = ProgramFacts()
        self.spool = Spool(settings.spool_dir, origin=self._origin, counters=self.counters)
        self.exporter = Exporter(
            self.spool, settings, counters=self.counters, version=own_version()
        )
        self.spool.on_written = self.exporter.wake
        self.recorder = Recorder(
            self.spool,
            processor=Processor(
                counters=self.counters,
                content=settings.capture != "metadata",
                redact=settings.redact,
            ),
            counters=self.counters,
            ids=self.ids,
            watcher=self.live,
            scope=Scope("playhead", own_version()),
            program=self.program,
        )
        self.adapters = adapter_module.Adapters(self.recorder, settings.adapters)
        self._carried: list[adapter_module.Unwrap] = []

    def start(self) -> None:
        self._carried = threads.carry()
        self.adapters.start()
        threading.Thread(target=self._begin, name="playhead-start", daemon=True).start()

    def flush(self, timeout_s: float) -> bool:
        self.spool.write()
        self.spool.sync()
        return self.exporter.flush(timeout_s) and self.spool.waiting() == 0

    def shutdown(self, timeout_s: float) -> None:
        global _last_stats
        deadline_s = time.monotonic() + timeout_s
        with shield("uninstall"):
            self.adapters.stop()
            for unwrap in reversed(self._carried):
                unwrap()
        self.recorder.close()
        self.live.stop()
        self.flush(max(0.0, deadline_s - time.monotonic()))
        self.exporter.stop()
        _last_stats = self.counters.read(spooled=self.spool.waiting())
        self.spool.close()

    def after_fork_in_child(self) -> None:
        self.counters.renew()
        self.ids.renew()
        self.live.after_fork_in_child()
        self.spool.after_fork_in_child()
        self.exporter.after_fork_in_child()

    def _begin(self) -> None:
        """What is slow and nobody waits for."""
        with shield("program facts"):
            self.program.look()
        with shield("exporter"):
            self.exporter.start()

    def _origin(self) -> Origin:
        resource = resource_json(
            project=self.settings.project, tags=self.settings.tags, version=own_version()
        )
        resource = json.loads(self.recorder.processor.mask(json.dumps(resource)))
        return Origin(resource=resource, endpoint=self.settings.endpoint, pid=os.getpid())


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
    if _tracer is not None:
        with shield("fork"):
            _tracer.after_fork_in_child()


__all__ = ["OpenStep", "active_recorder", "flush", "init", "shutdown", "stats", "using"]
