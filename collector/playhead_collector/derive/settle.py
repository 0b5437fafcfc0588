"""Derives the runs that something arrived for, and writes them; repeated for all it is a rebuild.

Runs on the index's thread, after the records are committed. The marks of what is due are in the
index too, so a killed server goes on where it was.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from playhead_collector.derive.lost import is_lost, process_alive
from playhead_collector.derive.pricing import PriceBook
from playhead_collector.derive.rows import LedgerRow, RunRow, SegmentRow, StepRow
from playhead_collector.derive.runs import DerivedRun, derive_run
from playhead_collector.derive.segments import SegmentKey, join, lines_in, split, summarise
from playhead_collector.derive.states import Key
from playhead_collector.store.store import Store, StoreError
from playhead_collector.translate.rows import RecordRow

TRACES_PER_ROUND: Final = 500  # a round stays below half a second and a few 10 MB
RECORDS_CACHED_MAX: Final = 60_000  # about 60 MB: the live runs, so that only news are read
JOIN_ROUNDS_MAX: Final = 100  # a chain of a hundred resumptions is followed; then the rest is left
SWEEP_EVERY_S: Final = 2.0
REST_FACTOR: Final = 3.0  # a live run of 10,000 steps may take a quarter of the thread, not all

_log = logging.getLogger("playhead.settle")

Alive = Callable[[str | None, int | None], bool | None]


@dataclass(slots=True)
class _Cached:
    seen: int  # newest record number that was read
    records: list[RecordRow]


class Settler:
    """Keeps tables `segment`, `step`, `ledger` and `run` true to table `record`."""

    def __init__(
        self,
        store: Store,
        book: PriceBook,
        *,
        clock: Callable[[], int] = time.time_ns,
        alive: Alive = process_alive,
        on_change: Callable[[int, Mapping[str, int]], None] | None = None,
    ) -> None:
        """`clock` gives now in nanoseconds.

        `on_change` is told the store's new generation, and the versions of the runs that changed.
        """
        self._store = store
        self._book = book
        self._clock = clock
        self._alive = alive
        self._on_change = on_change
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        self._cached_records = 0
        self._resting: dict[str, float] = {}  # trace -> monotonic time before which it waits
        self._swept = 0.0

    def tick(self) -> None:
        """Derive what is due now, and look for lost runs from time to time."""
        self._settle_round(rest=True)
        if time.monotonic() - self._swept >= SWEEP_EVERY_S:
            self._swept = time.monotonic()
            self.sweep()

    def settle(self) -> None:
        """Derive everything that is due, and return when nothing is."""
        while self._settle_round(rest=False):
            pass

    def sweep(self) -> list[str]:
        """Mark open runs as lost by the rule of `lost.py`; return their ids."""
        now_ns = self._clock()
        gone = [
            run_id
            for run_id, last_seen_ns, host, pid in self._store.query("runs_open")
            if is_lost(last_seen_ns=last_seen_ns, now_ns=now_ns, alive=self._alive(host, pid))
        ]
        for start in range(0, len(gone), TRACES_PER_ROUND):
            some = gone[start : start + TRACES_PER_ROUND]
            traces = [row[0] for row in self._store.query("traces_of_runs", {"runs": some})]
            self._derive(traces, newest=-1)
        return gone

    def _settle_round(self, *, rest: bool) -> int:
        due = self._store.query("dirty_traces", {"limit": 4 * TRACES_PER_ROUND})
        now = time.monotonic()
        self._resting = {trace: until for trace, until in self._resting.items() if until > now}
        ready = [row for row in due if not (rest and row[0] in self._resting)][:TRACES_PER_ROUND]
        if ready:
            began = time.monotonic()
            self._derive_apart([row[0] for row in ready], newest=max(row[1] for row in ready))
            until = time.monotonic() + REST_FACTOR * (time.monotonic() - began)
            self._resting.update(dict.fromkeys((row[0] for row in ready), until))
        return len(ready)

    def _derive_apart(self, traces: Sequence[str], *, newest: int) -> None:
        """Derive traces together; where that fails, one by one, and set aside those that cannot be.

        A price book of somebody else, or a run that we are wrong about, must not stop the others.
        """
        try:
            self._derive(traces, newest=newest)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - a plug-in may raise anything
            if len(traces) > 1:
                for trace in traces:
                    self._derive_apart([trace], newest=newest)
                return
            _log.exception("a run cannot be derived", extra={"trace": traces[0]})
            with self._store.write() as writer:
                writer.execute("clear_dirty", {"traces": list(traces), "record_no": newest})

    def _derive(self, traces: Sequence[str], *, newest: int) -> None:
        segments, old_runs = self._gather(traces)
        runs = join([summary for summary, _ in segments.values()])
        derived = self._derive_runs(segments, runs)
        replaced = old_runs | set(runs.values())
        touched = sorted({trace for trace, _ in segments})
        summaries = [summary for summary, _ in segments.values()]
        for summary in summaries:
            summary.run_id = runs[summary.trace_id, summary.hint]
        with self._store.write() as writer:
            writer.execute("delete_segment", {"traces": touched})
            for table in ("run", "step", "ledger"):
                writer.execute(f"delete_{table}", {"runs": sorted(replaced)})
            writer.insert("segment", SegmentRow, summaries)
            writer.insert("step", StepRow, [step for one in derived for step in one.steps])
            writer.insert("ledger", LedgerRow, [bill for one in derived for bill in one.ledger])
            writer.insert("run", RunRow, [one.run for one in derived])
            writer.execute("clear_dirty", {"traces": list(traces), "record_no": newest})
        generation = self._store.changed()
        if self._on_change is not None:
            self._on_change(generation, {one.run.run_id: one.run.version for one in derived})

    def _gather(
        self, traces: Sequence[str]
    ) -> tuple[dict[SegmentKey, tuple[SegmentRow, list[RecordRow]]], set[str]]:
        """Return all segments that these traces may share a run with, and their runs until now."""
        segments: dict[SegmentKey, tuple[SegmentRow, list[RecordRow]]] = {}
        old_runs: set[str] = set()
        loaded: set[str] = set()
        waiting = set(traces)
        for _ in range(JOIN_ROUNDS_MAX):
            if not waiting:
                break
            loaded |= waiting
            fresh: list[SegmentRow] = []
            for records in self._records(sorted(waiting)).values():
                for key, part in split(records).items():
                    segments[key] = (summarise(key, part), part)
                    fresh.append(segments[key][0])
            related = self._related(sorted(waiting), fresh)
            old_runs |= {run_id for _, run_id in related}
            waiting = {trace for trace, _ in related} - loaded
        return segments, old_runs

    def _related(self, traces: list[str], fresh: list[SegmentRow]) -> list[tuple[str, str]]:
        """Return (trace, run until now) of segments that may belong with these."""
        interrupts = {i for one in fresh for i in lines_in(one.asked) + lines_in(one.answered)}
        wanted = {
            "traces": traces,
            "hints": sorted({one.hint for one in fresh if one.hint}),
            "linked": sorted({trace for one in fresh for trace in lines_in(one.continues)}),
        }
        found = [(row[0], row[1]) for row in self._store.query("segments_related", wanted)]
        if interrupts:
            asked = self._store.query("segments_by_interrupt", {"interrupts": sorted(interrupts)})
            found += [(row[0], row[1]) for row in asked]
        return found + self._neighbours(fresh)

    def _neighbours(self, fresh: list[SegmentRow]) -> list[tuple[str, str]]:
        """Return the foreign segments before and after, in conversations where one is paused."""
        talks = {s.conversation_id for s in fresh if not s.native and s.conversation_id}
        if not talks:
            return []
        paused = {s.conversation_id for s in fresh if s.paused and s.conversation_id in talks}
        rows = self._store.query(
            "segments_of_conversations", {"conversations": sorted(talks), "paused": sorted(paused)}
        )
        by_talk: dict[tuple[str, str | None], list[tuple[int, str, bool, str]]] = {}
        own = {(s.trace_id, s.hint) for s in fresh}
        for trace, conversation, workflow, first_ns, is_paused, run_id in rows:
            if (trace, "") not in own:
                by_talk.setdefault((conversation, workflow), []).append(
                    (first_ns, trace, is_paused, run_id)
                )
        found: list[tuple[str, str]] = []
        for one in fresh:
            others = by_talk.get((one.conversation_id or "", one.workflow), [])
            before = [row for row in others if row[:2] < (one.first_ns, one.trace_id)]
            after = [row for row in others if row[:2] > (one.first_ns, one.trace_id)]
            near = [row for row in before[-1:] if row[2]] + (after[:1] if one.paused else [])
            found += [(row[1], row[3]) for row in near]
        return found

    def _derive_runs(
        self,
        segments: Mapping[SegmentKey, tuple[SegmentRow, list[RecordRow]]],
        runs: Mapping[SegmentKey, str],
    ) -> list[DerivedRun]:
        members: dict[str, list[SegmentKey]] = {}
        for key in sorted(segments):
            members.setdefault(runs[key], []).append(key)
        shared = _shared_traces(segments, runs)
        derived: list[DerivedRun] = []
        for run_id, keys in members.items():
            records = [record for key in keys for record in segments[key][1]]
            elsewhere: dict[Key, str] = {}
            for trace in {trace for trace, _ in keys} & shared.keys():
                elsewhere |= {k: run for k, run in shared[trace].items() if run != run_id}
            one = self._derive_one(run_id, records, len({trace for trace, _ in keys}), elsewhere)
            if one is not None:
                derived.append(one)
        return derived

    def _derive_one(
        self, run_id: str, records: list[RecordRow], segments: int, elsewhere: dict[Key, str]
    ) -> DerivedRun | None:
        def derive(lost: bool) -> DerivedRun | None:
            return derive_run(
                run_id,
                records,
                book=self._book,
                segments=segments,
                elsewhere=elsewhere,
                lost=lost,
            )

        one = derive(False)
        if one is None or one.run.status != "running":
            return one
        alive = self._alive(one.run.host, one.run.pid)
        now_ns = self._clock()
        lost = is_lost(last_seen_ns=one.run.last_seen_ns, now_ns=now_ns, alive=alive)
        return derive(True) if lost else one

    def _records(self, traces: Sequence[str]) -> dict[str, list[RecordRow]]:
        """Return the records of traces, reading only what came since the last time."""
        known = {trace: self._cache.pop(trace) for trace in traces if trace in self._cache}
        position = self._store.query("position")[0][0]
        old = [trace for trace in traces if trace in known]
        new = [trace for trace in traces if trace not in known]
        found = {trace: known[trace].records for trace in old} | {trace: [] for trace in new}
        for some, after in ((new, -1), (old, min((known[t].seen for t in old), default=0))):
            if some:
                rows = self._store.query("records_of_traces", {"traces": some, "after": after})
                for record in (RecordRow(*row) for row in rows):
                    seen = known[record.trace_id].seen if record.trace_id in known else -1
                    if record.record_no > seen:
                        found[record.trace_id].append(record)
        for trace in traces:
            self._cache[trace] = _Cached(position, found[trace])
        self._cached_records = sum(len(one.records) for one in self._cache.values())
        while self._cached_records > RECORDS_CACHED_MAX and len(self._cache) > 1:
            self._cached_records -= len(self._cache.popitem(last=False)[1].records)
        return {trace: records for trace, records in found.items() if records}


def _shared_traces(
    segments: Mapping[SegmentKey, tuple[SegmentRow, list[RecordRow]]],
    runs: Mapping[SegmentKey, str],
) -> dict[str, dict[Key, str]]:
    """Return, for traces with several runs, which run each step is in."""
    by_trace: dict[str, list[SegmentKey]] = {}
    for key in segments:
        by_trace.setdefault(key[0], []).append(key)
    return {
        trace: {(trace, record.row_id): runs[key] for key in keys for record in segments[key][1]}
        for trace, keys in by_trace.items()
        if len({runs[key] for key in keys}) > 1
    }
