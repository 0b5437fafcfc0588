# pyright: basic
"""LangChain's runs in progress: which of our steps each one is, and which step lies above it.

LangChain calls everything a run, nested by run ids. Most are noise (prompt templates, parsers,
writers): those pass through, and what lies below them hangs on the next step above.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from playhead import context
from playhead.recorder import Link, OpenStep, Recorder
from playhead.steps import JsonText, RunId, Step

if TYPE_CHECKING:
    from playhead_adapters.langgraph.graphs import GraphRun


@dataclass(slots=True)
class Activity:
    """One LangChain run. Without a `step` it passes through."""

    run_id: UUID
    parent: "Activity | None"
    name: str
    start_ns: int
    step: OpenStep | None = None
    before: OpenStep | None = None  # what was current before `step` was entered
    entered: bool = False
    graph: "GraphRun | None" = None  # of a graph's own run
    namespace: str | None = (
        None  # of a node: names and task ids of the nodes around it, and its own
    )
    inputs: Any = None  # of a run that passes through: what a router saw
    seen: JsonText | None = None  # of a node: its input as it was then
    routed: "Activity | None" = None  # of a node: the last run below it that may be a router
    first_chunk_ns: int | None = None
    calls: list[OpenStep] = field(default_factory=list[OpenStep])  # model calls right below

    def nearest_step(self) -> OpenStep | None:
        """Return the step that this run is or lies in."""
        activity: Activity | None = self
        while activity is not None:
            if activity.step is not None:
                return activity.step
            activity = activity.parent
        return None

    def nearest_namespace(self) -> str | None:
        """Return the namespace of the node that this run is or lies in."""
        activity: Activity | None = self
        while activity is not None and activity.namespace is None:
            activity = activity.parent
        return None if activity is None else activity.namespace

    def nearest_graph(self) -> "GraphRun | None":
        """Return the graph that this run is or lies in."""
        activity: Activity | None = self
        while activity is not None:
            if activity.graph is not None:
                return activity.graph
            activity = activity.parent
        return None


class Activities:
    """All runs in progress, by id. Safe to use from many threads: each run is touched by one at a time."""

    def __init__(self, recorder: Recorder) -> None:
        """Start with none."""
        self.recorder = recorder
        self._running: dict[UUID, Activity] = {}

    def get(self, run_id: UUID | None) -> Activity | None:
        """Return a run in progress, or `None` when it is unknown or over."""
        return None if run_id is None else self._running.get(run_id)

    def add(self, run_id: UUID, parent_run_id: UUID | None, name: str) -> Activity:
        """Take note of a run that has just begun."""
        activity = Activity(run_id, self.get(parent_run_id), name, self.recorder.clock())
        self._running[run_id] = activity
        return activity

    def take(self, run_id: UUID) -> Activity | None:
        """Return a run that is over, and forget it."""
        return self._running.pop(run_id, None)

    def open(
        self,
        activity: Activity,
        step: Step,
        *,
        run_id: RunId | None = None,
        links: tuple[Link, ...] = (),
    ) -> OpenStep:
        """Make `activity` the step `step`, under the nearest step above it."""
        activity.step = self.recorder.open(
            step,
            parent=self._above(activity),
            start_ns=activity.start_ns,
            run_id=run_id,
            links=links,
        )
        return activity.step

    def enter(self, activity: Activity) -> None:
        """Make the activity's step the current one, until `leave` or its end."""
        activity.before = context.enter(activity.step)
        activity.entered = True

    def leave(self, activity: Activity) -> None:
        """Give back what was current, if nobody has moved on since."""
        if activity.entered and context.current() is activity.step:
            context.enter(activity.before)
        activity.entered = False

    def end(self, activity: Activity, *, error: BaseException | None = None) -> None:
        """End the activity's step."""
        self.leave(activity)
        if activity.step is not None:
            activity.step.end(error=error)

    def _above(self, activity: Activity) -> OpenStep | None:
        """Return the step above: LangChain's, or one that the program opened by hand below that."""
        above = activity.parent.nearest_step() if activity.parent is not None else None
        current = context.current()
        # Model calls lie side by side, also when LangChain begins several before it ends one.
        while current is not None and current is not above and current.step.kind == "model_call":
            current = current.parent
        if above is None or (current is not None and _lies_in(current, above)):
            return current
        return above


def _lies_in(step: OpenStep, above: OpenStep) -> bool:
    """Whether `step` is `above` or somewhere below it."""
    walk: OpenStep | None = step
    while walk is not None:
        if walk is above:
            return True
        walk = walk.parent
    return False
