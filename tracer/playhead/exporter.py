"""Delivers the spool to a collector, in one daemon thread, and only to a playhead.

Each new connection starts with `GET /api/health`. An address that does not answer as playhead gets
nothing, or metadata when the user named it. What is acknowledged is marked in the file; what is not
stays.
"""

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final

from playhead.client import Answer, Client, NoAnswer
from playhead.counters import Counters
from playhead.metadata import without_content
from playhead.segment import Record, SegmentReader
from playhead.settings import TracerSettings
from playhead.shield import shield, warn_once
from playhead.spool import Spool, read_spool

_log = logging.getLogger("playhead.exporter")

BATCH_BYTES_MAX: Final = 4 * 2**20  # a body stays far below the 20 MiB that collectors accept
BATCH_RECORDS_MAX: Final = 512
HEALTH_TIMEOUT_S: Final = 3.0
POST_TIMEOUT_S: Final = 10.0
ROUND_EVERY_S: Final = 0.1  # records of a busy program gather this long
BACKOFF_FIRST_S: Final = 0.25
BACKOFF_LOOPBACK_S_MAX: Final = 1.5  # a refused connection on this machine costs nothing
BACKOFF_S_MAX: Final = 30.0
ORPHANS_EVERY_S: Final = 60.0
STOP_S_MAX: Final = 0.5  # for the thread to notice that it was stopped
REFUSALS_MAX: Final = 5  # answers of 500 to one batch, before it is halved
_BUSY: Final = (429, 502, 503, 504)
_BUSY_OR_BROKEN: Final = (*_BUSY, 500)


class Peer(Enum):
    """Who answers at the endpoint."""

    PLAYHEAD = "playhead"
    OTHER = "other"
    NOBODY = "nobody"


class _TryLater(Exception):
    """Nothing more can be delivered now; `after_s` when the collector said for how long."""

    def __init__(self, after_s: float | None = None) -> None:
        super().__init__()
        self.after_s = after_s


class Exporter:
    """The thread that delivers. `wake` after each write; `flush` waits for the outcome."""

    def __init__(
        self, spool: Spool, settings: TracerSettings, *, counters: Counters, version: str
    ) -> None:
        """Touches neither network nor disk."""
        self._spool = spool
        self._settings = settings
        self._counters = counters
        self._version = version
        self.peer: Peer | None = None  # as of the last handshake
        self._renew()

    def start(self) -> None:
        """Start the thread, once per process."""
        with self._state:
            if self._thread is None and not self._stopped:
                thread = threading.Thread(target=self._run, name="playhead-exporter", daemon=True)
                thread.start()
                self._thread = thread

    def wake(self) -> None:
        """Say that something new was written."""
        self.start()
        self._news.set()

    def flush(self, timeout_s: float) -> bool:
        """Try to deliver everything now; true when nothing is left. False early when nobody answers."""
        deadline_s = time.monotonic() + timeout_s
        with self._state:
            wanted = self._rounds_begun + 1
        self._hurry.set()
        self.wake()
        with self._state:
            while (
                self._rounds_done < wanted and time.monotonic() < deadline_s and not self._stopped
            ):
                self._state.wait(max(0.0, deadline_s - time.monotonic()))
            return self._rounds_done >= wanted and self._drained

    def stop(self) -> None:
        """End the thread: what it is waiting for is broken off, what is not acknowledged stays."""
        self._stopped = True
        self._client.abort()
        self._hurry.set()
        self._news.set()
        with self._state:
            self._state.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(STOP_S_MAX)

    def after_fork_in_child(self) -> None:
        """Forget the parent's thread and connection."""
        self._client.close()
        self._renew()

    def _renew(self) -> None:
        self._client = Client(
            self._settings.endpoint, token=self._settings.token, version=self._version
        )
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._hurry = threading.Event()  # somebody waits in `flush`: no pauses
        self._state = threading.Condition()
        self._rounds_begun = 0
        self._rounds_done = 0
        self._drained = False
        self._stopped = False
        self._orphans_seen_s: float | None = None
        self._metadata_only = False
        self._refusals = 0

    # --- the thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._rounds()
        finally:
            self._client.close()

    def _rounds(self) -> None:
        failures = 0
        while not self._stopped:
            drained, after_s = False, None
            self._news.clear()
            self._hurry.clear()
            with self._state:  # after the clearing: who asks from here on waits for the next round
                self._rounds_begun += 1
            with shield("exporter"):
                drained, after_s = self._round()
            failures = 0 if drained else failures + 1
            with self._state:
                self._drained = drained
                self._rounds_done = self._rounds_begun
                self._state.notify_all()
            if drained:
                self._news.wait(ORPHANS_EVERY_S)
                self._hurry.wait(ROUND_EVERY_S)
            else:
                self._hurry.wait(self._backoff_s(failures) if after_s is None else after_s)

    def _round(self) -> tuple[bool, float | None]:
        """Deliver all there is; return whether that worked, and how long to stay away if not."""
        try:
            for reader in self._own_files():
                with _closing(reader[0]):
                    self._deliver(reader[0], until=reader[1], own=True)
            if self._orphans_due():
                self._deliver_orphans()
        except _TryLater as later:
            return False, later.after_s
        except NoAnswer:
            self.peer = Peer.NOBODY
            return False, None
        return True, None

    def _backoff_s(self, failures: int) -> float:
        at_most_s = BACKOFF_S_MAX
        if self.peer is Peer.NOBODY and self._client.is_loopback:
            at_most_s = BACKOFF_LOOPBACK_S_MAX
        pause_s = min(at_most_s, BACKOFF_FIRST_S * 2 ** min(failures - 1, 20))
        return pause_s * random.uniform(0.5, 1.0)

    def _own_files(self) -> Iterator[tuple[SegmentReader, int]]:
        for path, written in self._spool.written():
            try:
                reader = SegmentReader(path)
            except (OSError, ValueError) as error:
                warn_once("spool file", "a spool file of this program is gone or damaged", error)
                continue
            if reader.offset >= written:
                reader.close()
            else:
                yield reader, written

    def _orphans_due(self) -> bool:
        now_s = time.monotonic()
        if self._orphans_seen_s is None or now_s - self._orphans_seen_s >= ORPHANS_EVERY_S:
            self._orphans_seen_s = now_s
            return True
        return False

    def _deliver_orphans(self) -> None:
        """Deliver what dead programs left for this same endpoint."""
        done = False
        try:
            for reader in read_spool(self._spool.folder):
                with _closing(reader):
                    if reader.origin.endpoint == self._settings.endpoint:
                        self._deliver(reader, until=None, own=False)
                        reader.remove()
            done = True
        finally:
            if not done:
                self._orphans_seen_s = None

    def _deliver(self, reader: SegmentReader, *, until: int | None, own: bool) -> None:
        records_max = BATCH_RECORDS_MAX
        while not self._stopped:
            records = reader.read(bytes_max=BATCH_BYTES_MAX, records_max=records_max, until=until)
            if not records:
                return
            self._handshake()
            if not self._send(records, reader.origin.resource):
                if len(records) > 1:
                    records_max = max(1, len(records) // 2)
                    continue
                self._counters.add("dropped")
                _log.error("a step was refused by the collector and is lost")
            records_max = BATCH_RECORDS_MAX
            reader.move_to(records[-1].next_offset)
            if own:
                self._spool.delivered(reader.path, len(records), up_to=reader.offset)
        raise _TryLater

    # --- one batch -----------------------------------------------------------------------------------------

    def _handshake(self) -> None:
        """Make sure who answers before anything is sent over a new connection."""
        if self._client.is_connected and self.peer is Peer.PLAYHEAD:
            return
        if self._client.is_connected and self.peer is Peer.OTHER and self._settings.named:
            return
        answer = self._client.get("/api/health", timeout_s=HEALTH_TIMEOUT_S)
        is_playhead = answer.status == 200 and answer.to_json().get("name") == "playhead"
        self.peer = Peer.PLAYHEAD if is_playhead else Peer.OTHER
        endpoint, capture = self._settings.endpoint, self._settings.capture
        if answer.status in (401, 403):
            warn_once(
                "token", f"{endpoint} wants a token: set PLAYHEAD_TOKEN; steps stay in the spool"
            )
            raise _TryLater
        if not is_playhead and not self._settings.named:
            warn_once(
                "handshake",
                f"{endpoint} is not a playhead: nothing is sent there, steps stay in the spool",
            )
            raise _TryLater
        if answer.status in _BUSY:
            raise _TryLater(_retry_after_s(answer))
        self._metadata_only = capture != "all" and not (is_playhead and self._client.is_loopback)
        if self._metadata_only and capture != "metadata":
            warn_once(
                "content", f"{endpoint} gets no prompts and results; capture='all' sends them"
            )

    def _send(self, records: Sequence[Record], resource: dict[str, Any]) -> bool:
        """Deliver records; false when the collector refuses them as they are."""
        for signal in ("traces", "logs"):
            chosen = [record for record in records if record.signal == signal]
            if chosen and not self._post(signal, chosen, resource):
                return False
        return True

    def _post(self, signal: str, records: list[Record], resource: dict[str, Any]) -> bool:
        body = request_body(signal, records, resource, _stripped if self._metadata_only else _whole)
        encoding = None
        if not self._client.is_loopback:
            import gzip

            body, encoding = gzip.compress(body, compresslevel=1), "gzip"
        answer = self._client.post(
            f"/v1/{signal}", body, encoding=encoding, timeout_s=POST_TIMEOUT_S
        )
        if answer.status == 200:
            self._refusals = 0
            self._count(answer, len(records))
            return True
        if answer.status in _BUSY_OR_BROKEN:
            self._refusals += answer.status == 500
            if self._refusals <= REFUSALS_MAX:
                raise _TryLater(_retry_after_s(answer))
            self._refusals = 0
            return False
        if answer.status in (400, 408, 413, 422):
            return False
        warn_once(
            "answer", f"{self._settings.endpoint} answered {answer.status}; steps stay in the spool"
        )
        raise _TryLater

    def _count(self, answer: Answer, sent: int) -> None:
        partial = answer.to_json().get("partialSuccess")
        rejected = 0
        if isinstance(partial, dict):
            for field in ("rejectedSpans", "rejectedLogRecords"):
                said = str(partial.get(field, 0))  # pyright: ignore
                rejected += int(said) if said.isdecimal() and len(said) < 10 else 0
        rejected = min(rejected, sent)
        self._counters.add("delivered", sent - rejected)
        if rejected:
            self._counters.add("dropped", rejected)
            _log.error("steps refused by the collector and lost: %d", rejected)


def request_body(
    signal: str,
    records: Sequence[Record],
    resource: dict[str, Any],
    change: Callable[[str, bytes], bytes],
) -> bytes:
    """Return an OTLP/JSON request of records of one signal, grouped by scope."""
    by_scope: dict[bytes, list[bytes]] = {}
    for record in records:
        by_scope.setdefault(record.scope, []).append(change(signal, record.body))
    outer, inner, last = (
        (b"resourceSpans", b"scopeSpans", b"spans")
        if signal == "traces"
        else (b"resourceLogs", b"scopeLogs", b"logRecords")
    )
    scopes = b",".join(
        b'{"scope":%b,"%b":[%b]}' % (scope, last, b",".join(bodies))
        for scope, bodies in by_scope.items()
    )
    return b'{"%b":[{"resource":%b,"%b":[%b]}]}' % (
        outer,
        json.dumps(resource).encode(),
        inner,
        scopes,
    )


def _whole(signal: str, record: bytes) -> bytes:
    return record


def _stripped(signal: str, record: bytes) -> bytes:
    return without_content(signal, record)


def _retry_after_s(answer: Answer) -> float | None:
    """Return how long the collector wants to be left alone; seconds, or a date."""
    if answer.retry_after is None:
        return None
    if answer.retry_after.isdecimal():
        return float(answer.retry_after[:9])
    import email.utils

    try:
        return max(
            0.0, email.utils.parsedate_to_datetime(answer.retry_after).timestamp() - time.time()
        )
    except (ValueError, TypeError, OverflowError):
        return None


@contextmanager
def _closing(reader: SegmentReader) -> Generator[None]:
    try:
        yield
    finally:
        reader.close()
