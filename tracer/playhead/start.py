"""`init()`: settings → spool → exporter → recorder → adapters; safe to call twice."""

from collections.abc import Iterator
from contextlib import contextmanager

from playhead.recorder import Recorder

_recorder: Recorder | None = None


def active_recorder() -> Recorder | None:
    """Return the recorder of this process, or `None` before `init` and after `shutdown`."""
    return _recorder


@contextmanager
def using(recorder: Recorder) -> Iterator[None]:
    """Make `recorder` the one of this process inside the block: for tests."""
    global _recorder
    before, _recorder = _recorder, recorder
    try:
        yield
    finally:
        recorder.close()
        _recorder = before
