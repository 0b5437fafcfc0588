# pyright: basic
"""Runs that wait for a person, so that the answer continues the same run.

A resumed graph is a new activation: a `Workflow` of its own, with the run id of the one that paused,
the next segment number, and a link `resume` back to it. Known within this process only. In another
process the answer starts a run with a new id; its `playhead.interrupt.resolved` event carries the
interrupt id, which LangGraph derives from the task and so is the same there, and the collector can
join the two by conversation and interrupt id. Nothing is written into the user's checkpoints.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from playhead.recorder import Link, OpenStep
from playhead.steps import RunId, Workflow

PAUSED_MAX: Final = 10_000  # runs that nobody answers must not fill the memory of a server


@dataclass(frozen=True, slots=True)
class Paused:
    """The last activation of a run that waits."""

    run_id: RunId
    trace_id: str
    span_id: str
    segment: int
    checkpoint_id: str | None
    breakpoint: str | None  # id of the interrupt event, of a pause that asked nothing

    @property
    def link(self) -> Link:
        """Return the link from the activation that goes on to the one that paused."""
        return Link(type="resume", trace_id=self.trace_id, span_id=self.span_id, run_id=self.run_id)


class Pauses:
    """Waiting runs by thread and graph; the oldest are forgotten beyond `PAUSED_MAX`."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[str, str], Paused] = OrderedDict()

    def put(
        self,
        thread: str,
        graph: str,
        step: OpenStep,
        checkpoint_id: str | None,
        breakpoint: str | None,
    ) -> None:
        """Remember that `step` ended waiting."""
        workflow = step.step
        segment = workflow.segment if isinstance(workflow, Workflow) else 1
        paused = Paused(
            step.run_id, step.trace_id, step.span_id, segment, checkpoint_id, breakpoint
        )
        with self._lock:
            self._waiting[thread, graph] = paused
            while len(self._waiting) > PAUSED_MAX:
                self._waiting.popitem(last=False)

    def take(self, thread: str, graph: str, asked: Any, checkpoint_id: str | None) -> Paused | None:
        """Return the run that `asked` continues, or `None` when it starts a new one.

        A new input abandons what waits; an older checkpoint forks from it.
        """
        with self._lock:
            paused = self._waiting.get((thread, graph))
            if paused is None:
                return None
            goes_on = asked is None or getattr(asked, "resume", None) is not None
            if checkpoint_id is not None and checkpoint_id != paused.checkpoint_id:
                return None
            del self._waiting[thread, graph]
            return paused if goes_on else None
