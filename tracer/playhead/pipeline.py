"""All parts of one `init`: recorder → processor → spool → exporter, with the adapters and hooks.

Loaded by `init`, so that `import playhead` costs a program little that never starts to record.
"""

import json
import os
import threading
import time

from playhead import threads
from playhead.adapter import Adapters, Unwrap
from playhead.counters import Counters, Stats
from playhead.exporter import Exporter
from playhead.ids import RandomIds
from playhead.live import LiveSteps
from playhead.otlp import Scope
from playhead.processor import Processor
from playhead.program import ProgramFacts
from playhead.recorder import Recorder
from playhead.redact import prepare
from playhead.resource import resource_json
from playhead.segment import Origin
from playhead.settings import TracerSettings
from playhead.shield import shield
from playhead.spool import Spool
from playhead.version import own_version


class Pipeline:
    """All parts of one `init`."""

    def __init__(self, settings: TracerSettings) -> None:
        """Build all parts; nothing is started, and neither disk nor network is touched."""
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
        self.adapters = Adapters(self.recorder, settings.adapters)
        self._carried: list[Unwrap] = []

    def start(self) -> None:
        """Put the hooks in and start what runs in the background."""
        self._carried = threads.carry()
        self.adapters.start()
        # Now: a thread can no longer be started when the interpreter is about to end.
        self.exporter.start()
        threading.Thread(target=self._begin, name="playhead-start", daemon=True).start()

    def stats(self) -> Stats:
        """Return the counts so far."""
        return self.counters.read(spooled=self.spool.waiting())

    def flush(self, timeout_s: float) -> bool:
        """Write, sync, try to deliver; whether all was delivered."""
        self.spool.write()
        self.spool.sync()
        return self.exporter.flush(timeout_s) and self.spool.waiting() == 0

    def shutdown(self, timeout_s: float) -> Stats:
        """Take the hooks out, deliver what can be delivered, stop; return the last counts."""
        deadline_s = time.monotonic() + timeout_s
        with shield("uninstall"):
            self.adapters.stop()
            for unwrap in reversed(self._carried):
                unwrap()
        self.recorder.close()
        self.live.stop()
        self.flush(max(0.0, deadline_s - time.monotonic()))
        self.exporter.stop()
        self.spool.write()
        waiting = self.spool.waiting()
        self.spool.close()
        return self.counters.read(spooled=waiting)

    def after_fork_in_child(self) -> None:
        """Start anew in a forked child, with nothing of the parent's."""
        self.counters.renew()
        self.ids.renew()
        self.live.after_fork_in_child()
        self.spool.after_fork_in_child()
        self.exporter.after_fork_in_child()

    def _begin(self) -> None:
        """What is slow and nobody waits for."""
        with shield("program facts"):
            self.program.look()
        with shield("redact"):
            prepare()

    def _origin(self) -> Origin:
        resource = resource_json(
            project=self.settings.project, tags=self.settings.tags, version=own_version()
        )
        resource = json.loads(self.recorder.processor.mask(json.dumps(resource)))
        return Origin(resource=resource, endpoint=self.settings.endpoint, pid=os.getpid())
