# pyright: basic
"""Says a recording as text, with the facts that the tests of this folder are about."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from playhead.steps import Decision, HttpAttempt, Interrupt, ModelCall, Node, Snapshot, Workflow
from playhead.testing import RecordedStep, Recording


def tell(recording: Recording) -> str:
    """Return all runs as an indented tree: one step a line, with outcome, attempt and choice."""
    return "\n".join(line for root in recording.steps() for line in _lines(root, 0))


def questions(steps: Iterable[RecordedStep]) -> list[tuple[str, str | None, object, bool]]:
    """Return the interrupts of `steps` as (where written, node that asked, value, answered)."""
    return [
        (f"{each.step.kind} {each.step.name}", event.step, event.value, event.resolved)
        for each in steps
        for event in each.events
        if isinstance(event, Interrupt)
    ]


def states(steps: Iterable[RecordedStep]) -> list[tuple[object, object]]:
    """Return the snapshots of `steps` as (source or namespace, state or what changed)."""
    return [
        (event.ns or event.source, event.state)
        for each in steps
        for event in each.events
        if isinstance(event, Snapshot)
    ]


def one(recording: Recording, kind: str, name: str | None = None) -> Any:
    """Return the only step of that kind and name."""
    found = [s for s in recording.all() if s.step.kind == kind and name in (None, s.step.name)]
    assert len(found) == 1, f"{len(found)} steps of kind {kind}, name {name}"
    return found[0]


def _lines(recorded: RecordedStep, depth: int) -> Iterable[str]:
    error = f" !{recorded.error_type}" if recorded.error_type else ""
    yield f"{'  ' * depth}{_said(recorded)}{error}"
    for child in _steady(recorded.children):
        yield from _lines(child, depth + 1)


def _steady(children: Iterable[RecordedStep]) -> Iterable[RecordedStep]:
    """Put nodes of one superstep, which start in any order, into an order that lasts."""
    for _, group in groupby(children, key=lambda child: getattr(child.step, "index", None)):
        together = list(group)
        if all(isinstance(child.step, Node) for child in together):
            together.sort(key=lambda child: (child.step.name, str(child.step.input)))
        yield from together


def _said(recorded: RecordedStep) -> str:
    step = recorded.step
    match step:
        case Workflow():
            segment = f" #{step.segment}" if step.segment > 1 else ""
            return f"workflow {step.name}{segment} {step.outcome}"
        case Node():
            tried = f" {step.attempt}/{step.max_attempts}" if step.max_attempts else ""
            cached = " cached" if step.cached else ""
            outcome = f" {step.outcome}" if step.outcome else ""
            return f"node {step.name}{tried}{cached}{outcome}"
        case Decision():
            others = f"{', '.join(step.candidates)} ({step.candidates_source})"
            return f"{step.type} {step.name}: {', '.join(step.chosen)} of {others}"
        case HttpAttempt():
            return f"http_attempt {step.status}"
        case ModelCall():
            outcome = step.attributes.get("playhead.step.outcome", "")
            return f"model_call {step.name} {outcome}".strip()
        case _:
            return f"{step.kind} {step.name}"
