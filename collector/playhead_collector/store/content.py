"""Content, read back from the log by record number and ordinal, and checked against its hash.

Nothing of it is stored: the log has it, and the rows know where.
"""

import threading
from collections import OrderedDict
from typing import Final

from playhead_collector.log import RecordMissing, SegmentLog
from playhead_collector.translate.worker import hash_event, hash_span
from playhead_collector.wire import LogEvent, Span, WireError, iter_logs, iter_traces

CACHE_BYTES_MAX: Final = 64 * 2**20  # of request bodies; as objects about three times that
RECORD_BYTES_MAX: Final = 16 * 2**20  # a larger request is read each time, and not kept

Parsed = dict[int, Span | LogEvent]


class ContentLost(LookupError):
    """The log does not have the record any more, or it is not the one that was indexed."""


class ContentStore:
    """Reads spans and log events of a log. Any thread."""

    def __init__(self, log: SegmentLog) -> None:
        """Read from `log`; keep the requests that were read last."""
        self._log = log
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, tuple[int, Parsed]] = OrderedDict()
        self._cached_bytes = 0

    def span(self, record_no: int, ordinal: int, content_hash: int) -> Span | LogEvent:
        """Return what a row was made from.

        Raises:
            ContentLost: retention or damage took it, or its hash is not the row's.
        """
        found = self._record(record_no).get(ordinal)
        if found is None:
            raise ContentLost(f"record {record_no} has no entry {ordinal}")
        actual = hash_span(found) if isinstance(found, Span) else hash_event(found)
        if actual != content_hash:
            raise ContentLost(f"entry {ordinal} of record {record_no} is not what was indexed")
        return found

    def _record(self, number: int) -> Parsed:
        with self._lock:
            if number in self._cache:
                self._cache.move_to_end(number)
                return self._cache[number][1]
        try:
            record = self._log.read(number)
            parts = (iter_traces if record.signal == "traces" else iter_logs)(
                record.encoding, record.body
            )
            parsed = {part.ordinal: part for part in parts if isinstance(part, Span | LogEvent)}
        except (RecordMissing, WireError) as problem:
            raise ContentLost(str(problem)) from problem
        self._keep(number, len(record.body), parsed)
        return parsed

    def _keep(self, number: int, size: int, parsed: Parsed) -> None:
        if size > RECORD_BYTES_MAX:
            return
        with self._lock:
            if number not in self._cache:
                self._cache[number] = (size, parsed)
                self._cached_bytes += size
            while self._cached_bytes > CACHE_BYTES_MAX:
                self._cached_bytes -= self._cache.popitem(last=False)[1][0]
