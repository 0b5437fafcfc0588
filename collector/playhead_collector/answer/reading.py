"""Everything that answers, on one log: index, derivation, reader and live feed, as one part."""

from pathlib import Path

from playhead_collector.answer.live import Feed
from playhead_collector.answer.store_reader import StoreReader
from playhead_collector.derive.pricing import BuiltinBook
from playhead_collector.derive.settle import Settler
from playhead_collector.log import SegmentLog
from playhead_collector.store.index import Index
from playhead_collector.store.store import Store


class Reading:
    """The reading half of a server, or of a command that owns the data for as long as it runs."""

    def __init__(self, index_path: Path | None, log: SegmentLog) -> None:
        """Open the index of a log; in memory without a path. Nothing moves before `start`."""
        self.feed = Feed()
        self.store = Store(index_path)
        self.settler = Settler(self.store, BuiltinBook(), on_change=self.feed.publish)
        self.index = Index(self.store, log, after=self.settler.tick)
        self.reader = StoreReader(self.store, log, index=self.index)

    def start(self) -> None:
        """Follow the log from now on."""
        self.index.start()

    def catch_up(self) -> None:
        """Index and derive all that the log has, on this thread: for commands and tests."""
        self.index.catch_up()
        self.settler.settle()

    def close(self) -> None:
        """Stop after the batch in hand and close the index; safe to call twice."""
        self.index.stop()
        self.store.close()
