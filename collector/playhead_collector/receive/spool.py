"""Takes over what dead programs left in this user's spool, through the same check and the same log.

Only files that were meant for this server's address: another one may be somebody else's collector.
"""

import logging
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from playhead.exporter import request_body
from playhead.segment import Record, SegmentReader
from playhead.spool import read_spool
from playhead_collector import wire
from playhead_collector.log import LogEntry, LogUnavailable, SegmentLog
from playhead_collector.receive.security import is_loopback

_log = logging.getLogger("playhead.receive")

EVERY_S: Final = 3.0  # a killed program's last steps show within this time
BATCH_BYTES: Final = 4 * 1024 * 1024
BATCH_RECORDS: Final = 512


class SpoolPickup:
    """A thread that looks into the spool every few seconds."""

    def __init__(
        self,
        log: SegmentLog,
        folder: Path,
        *,
        port: int,
        host: str = "127.0.0.1",
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Nothing is read before `start`."""
        self._append_to = log
        self._folder = folder
        self._host = host
        self._port = port
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playhead-spool", daemon=True)

    def start(self) -> None:
        """Start looking, at once and then every few seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch that is being taken over, and stop."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def pick_up(self) -> int:
        """Take over all there is now; return how many records that was.

        Raises:
            LogUnavailable: the log accepts nothing now; what was not taken over stays in the spool.
            OSError: the spool cannot be read or written.
        """
        taken = 0
        for reader in read_spool(self._folder):
            with closing(reader):
                if not self._is_for_us(reader.origin.endpoint):
                    continue
                taken += self._take(reader)
        return taken

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                taken = self.pick_up()
            except (LogUnavailable, OSError) as problem:
                _log.warning("the spool cannot be taken over now", extra={"why": str(problem)})
            else:
                if taken:
                    _log.info("took over what dead programs left", extra={"records": taken})
            self._stopped.wait(EVERY_S)

    def _is_for_us(self, endpoint: str) -> bool:
        parts = urllib.parse.urlsplit(endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        name = parts.hostname or ""
        return port == self._port and (is_loopback(name) or name == self._host)

    def _take(self, reader: SegmentReader) -> int:
        taken = 0
        while records := reader.read(bytes_max=BATCH_BYTES, records_max=BATCH_RECORDS):
            if self._stopped.is_set():
                return taken
            for signal in ("traces", "logs"):
                chosen = [record for record in records if record.signal == signal]
                if chosen:
                    self._append(signal, chosen, reader)
            reader.move_to(records[-1].next_offset)
            taken += len(records)
        reader.remove()
        return taken

    def _append(self, signal: wire.Signal, records: list[Record], reader: SegmentReader) -> None:
        """Append records as one request; where that is not valid, as one request each."""
        for part in self._valid_parts(signal, records, reader):
            self._append_to.append(part).result()

    def _valid_parts(
        self, signal: wire.Signal, records: list[Record], reader: SegmentReader
    ) -> Iterator[LogEntry]:
        body = request_body(signal, records, reader.origin.resource, _as_written)
        try:
            checked = wire.check(signal, "json", body)
        except wire.WireError as problem:
            if len(records) == 1:
                _log.error("a spooled step is not valid and is lost", extra={"why": str(problem)})
                return
            for record in records:
                yield from self._valid_parts(signal, [record], reader)
        else:
            yield LogEntry(
                signal=signal,
                encoding="json",
                received_ns=self._clock(),
                body=body,
                rejected=checked.rejected,
            )


def _as_written(signal: str, record: bytes) -> bytes:
    del signal
    return record
