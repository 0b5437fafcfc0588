"""Follows the segment log: translates what is new and writes it, with the log position, at once.

One thread. Rows and position are one transaction, so that a kill at any moment neither loses a
record nor writes it twice.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playhead_collector.log import SegmentLog
from playhead_collector.store.store import Store, StoreError
from playhead_collector.translate.rows import RecordRow
from playhead_collector.translate.worker import translate
from playhead_collector.wire import WireError

ROWS_PER_BATCH: Final = 5_000  # where DuckDB's cost per row has levelled off
BODY_BYTES_PER_BATCH: Final = 16 * 2**20  # bounds memory where spans are large
GATHER_S: Final = 0.2  # small requests that come within it are written together
IDLE_S: Final = 0.5  # how often lost runs and rested runs are looked at when nothing comes
RETRY_S: Final = 2.0  # after the index did not take a batch

_log = logging.getLogger("playhead.index")


@dataclass(slots=True)
class _Batch:
    last_no: int
    rows: dict[tuple[str, str, int], RecordRow] = field(
        default_factory=dict[tuple[str, str, int], RecordRow]
    )
    body_bytes: int = 0
    rejected: int = 0
    unreadable: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= ROWS_PER_BATCH or self.body_bytes >= BODY_BYTES_PER_BATCH


class Index:
    """Keeps a store level with a log; `after` is called when records were written, and when idle."""

    def __init__(
        self, store: Store, log: SegmentLog, *, after: Callable[[], None] | None = None
    ) -> None:
        """Go on where the store is; start over where it knows more than the log."""
        self._store = store
        self._log = log
        self._after = after
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.position = store.query("position")[0][0]
        if self.position > log.tail:
            # The log is the truth: an index that knows more is of another log.
            store.clear()
            self.position = 0

    def start(self) -> None:
        """Follow the log on a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name="playhead-index", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after the batch in hand; safe to call twice."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def behind(self) -> int:
        """Return how many records of the log are not in the index yet."""
        return max(0, self._log.tail - self.position)

    def catch_up(self) -> None:
        """Index everything up to the tail of this moment, on the calling thread."""
        while self.behind() and self.index_once():
            pass

    def index_once(self) -> bool:
        """Translate and write one batch; return whether there was one."""
        batch = self._gather()
        if batch.last_no <= self.position:
            return False
        self._write(batch)
        self.position = batch.last_no
        return True

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._log.wait_beyond(self.position, IDLE_S)
                if self.behind() and self.behind() < ROWS_PER_BATCH:
                    self._stopping.wait(GATHER_S)
                self.index_once()
                if self._after is not None:
                    self._after()
            except StoreError as problem:
                _log.error("the index takes nothing", extra={"why": str(problem)})
                self._stopping.wait(RETRY_S)
            except Exception:  # noqa: BLE001 - see below
                # A defect of ours; without this the thread would end and nothing be shown any more.
                _log.exception("the index failed")
                self._stopping.wait(RETRY_S)

    def _gather(self) -> _Batch:
        batch = _Batch(self.position)
        for record in self._log.follow(self.position + 1):
            batch.last_no = record.number
            batch.rejected += len(record.rejected)
            try:
                rows = translate(record.number, record.signal, record.encoding, record.body)
            except (WireError, ValueError) as problem:
                # One bad record never costs another; it stays in the log and is counted.
                batch.unreadable += 1
                extra = {"record": record.number, "why": type(problem).__name__}
                _log.error("a record of the log cannot be read", extra=extra)
                continue
            batch.body_bytes += len(record.body)
            for row in rows:
                batch.rows.setdefault((row.trace_id, row.row_id, row.content_hash), row)
            if batch.is_full or self._stopping.is_set():
                break
        return batch

    def _write(self, batch: _Batch) -> None:
        rows = list(batch.rows.values())
        with self._store.write() as writer:
            if rows:
                starts = [row.start_ns for row in rows]
                bounds = {"first_ns": min(starts), "last_ns": max(starts)}
                writer.insert_with("insert_records", RecordRow, rows, bounds)
                traces = sorted({row.trace_id for row in rows})
                writer.execute("mark_dirty", {"traces": traces, "record_no": batch.last_no})
            writer.execute(
                "move_position",
                {
                    "record_no": batch.last_no,
                    "rejected": batch.rejected,
                    "unreadable": batch.unreadable,
                },
            )
