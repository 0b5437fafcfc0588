# pyright: basic
"""Generated runs for the Run page: outlines and step contents, in the types of the API.

A `Book` is written like a trace: open a step under a parent, give it times and content. Then it
answers as an `Outline` and as `StepDetail`s, tree order and dictionary coding included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playhead_collector.views import (
    Cost,
    Outline,
    RunView,
    StepDetail,
    StepView,
)

START_NS = 1_795_300_000_123_456_789
MS = 1_000_000


@dataclass
class Step:
    """One step of a book: `facts` go to its `StepView`, `content` to its `StepDetail`."""

    step_id: str
    parent_id: str | None
    kind: str
    name: str
    start_ms: float
    duration_ms: float | None
    status: str
    facts: dict[str, Any]
    content: dict[str, Any]
    note: dict[str, Any]
    children: list["Step"] = field(default_factory=list["Step"])


@dataclass
class Book:
    """A run under construction. Times are milliseconds since the start of the run."""

    run_id: str
    workflow: str | None = "compliance-review"
    status: str = "completed"
    run_facts: dict[str, Any] = field(default_factory=dict[str, Any])
    graph: dict[str, Any] | None = None
    version: int = 1
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    roots: list[Step] = field(default_factory=list[Step])
    detached: list[str] = field(default_factory=list[str])

    def step(
        self,
        kind: str,
        name: str,
        *,
        at: float,
        ms: float | None,
        under: Step | None = None,
        status: str = "ok",
        facts: dict[str, Any] | None = None,
        note: dict[str, Any] | None = None,
        **content: Any,
    ) -> Step:
        step_id = f"{self.run_id.encode().hex()[:32]:0<32}-{len(self.steps) + 1:016x}"
        parent_id = under.step_id if under else None
        made = Step(
            step_id, parent_id, kind, name, at, ms, status, facts or {}, content, note or {}
        )
        self.steps[step_id] = made
        (under.children if under else self.roots).append(made)
        return made

    def in_tree_order(self) -> Iterator[tuple[Step, int]]:
        stack = [(root, 0) for root in sorted(self.roots, key=_start, reverse=True)]
        while stack:
            step, depth = stack.pop()
            yield step, depth
            children = sorted(step.children, key=_start, reverse=True)
            stack.extend((child, depth + 1) for child in children)

    def run(self) -> RunView:
        steps = list(self.steps.values())
        calls = [s for s in steps if s.kind == "model_call"]
        known = [float(s.facts["cost_usd"]) for s in calls if s.facts.get("cost_usd") is not None]
        ends = [s.start_ms + (s.duration_ms or 0) for s in steps]
        length_ns = round(max(ends, default=0) * MS)
        failed = next((s for s in steps if s.status == "error"), None)
        open_end = self.status in ("running", "lost")

        def tokens(name: str) -> int | None:
            values = [s.facts[name] for s in calls if s.facts.get(name) is not None]
            return sum(values) if values else None

        facts: dict[str, Any] = {
            "run_id": self.run_id,
            "workflow": self.workflow,
            "project": "demo",
            "framework": "langgraph",
            "status": self.status,
            "start_ns": START_NS,
            "end_ns": None if open_end else START_NS + length_ns,
            "duration_ns": length_ns,
            "steps": len(steps),
            "model_calls": len(calls),
            "tool_calls": sum(s.kind == "tool_call" for s in steps),
            "decisions": sum(s.kind == "decision" for s in steps),
            "retries": sum((s.facts.get("attempt") or 1) > 1 for s in steps),
            "errors": sum(s.status == "error" for s in steps),
            "tokens_input": tokens("tokens_input"),
            "tokens_output": tokens("tokens_output"),
            "tokens_cache_read": None,
            "tokens_reasoning": None,
            "cost": Cost(
                usd=f"{sum(known):.6f}" if known else None, calls_unknown=len(calls) - len(known)
            ),
            "models": sorted({s.facts["model"] for s in calls if s.facts.get("model")}),
            "conversation_id": None,
            "user_id": None,
            "service": "demo",
            "tags": {},
            "error_type": None,
            "error_message": None,
            "error_step": None,
            "error_step_id": None,
            "segments": 1,
            "parent_run_id": None,
            "origin_run_id": None,
            "relation": None,
            "dropped_attributes": 0,
        }
        if failed and self.status == "failed":
            facts |= {
                "error_type": failed.facts.get("error_type"),
                "error_message": failed.facts.get("error_message"),
                "error_step": failed.name,
                "error_step_id": failed.step_id,
            }
        return RunView(**facts | self.run_facts)

    def outline(self) -> Outline:
        rows = list(self.in_tree_order())
        number = {step.step_id: row for row, (step, _) in enumerate(rows)}
        kinds, names, statuses = _Names(), _Names(), _Names()
        models, nodes = _Names(), _Names()
        each = [step for step, _ in rows]

        def fact(name: str) -> list[Any]:
            return [step.facts.get(name) for step in each]

        return Outline(
            run=self.run(),
            version=self.version,
            step_id=[step.step_id for step in each],
            parent=[number.get(step.parent_id or "", -1) for step in each],
            depth=[depth for _, depth in rows],
            kind=[kinds.of(step.kind) for step in each],
            name=[names.of(step.name) for step in each],
            status=[statuses.of(step.status) for step in each],
            start_ns=[round(step.start_ms * MS) for step in each],
            duration_ns=[
                None if step.duration_ms is None else round(step.duration_ms * MS) for step in each
            ],
            node=[nodes.of(value) for value in fact("node")],
            model=[models.of(value) for value in fact("model")],
            attempt=fact("attempt"),
            step_index=fact("step_index"),
            tokens_input=fact("tokens_input"),
            tokens_output=fact("tokens_output"),
            cost_usd=fact("cost_usd"),
            http_status=fact("http_status"),
            detached=[number[step_id] for step_id in self.detached],
            billed=[row for row, step in enumerate(each) if step.kind == "model_call"],
            details={number[step.step_id]: step.note for step in each if step.note},
            graph=self.graph,
            kind_names=kinds.names,
            name_names=names.names,
            status_names=statuses.names,
            model_names=models.names,
            node_names=nodes.names,
        )

    def detail(self, step_id: str) -> StepDetail | None:
        step = self.steps.get(step_id)
        if step is None:
            return None
        start_ns = START_NS + round(step.start_ms * MS)
        duration_ns = None if step.duration_ms is None else round(step.duration_ms * MS)
        empty = dict.fromkeys(StepView.model_fields)
        view = StepView.model_validate(
            empty
            | {
                "step_id": step_id,
                "run_id": self.run_id,
                "parent_id": step.parent_id,
                "kind": step.kind,
                "name": step.name,
                "status": step.status,
                "start_ns": start_ns,
                "end_ns": None if duration_ns is None else start_ns + duration_ns,
                "duration_ns": duration_ns,
                "framework": "langgraph",
                "dialect": "playhead",
            }
            | step.facts
        )
        content = {"content_state": "captured"} | step.content
        raw = {"name": step.name, "spanId": step_id[-16:]}
        return StepDetail.model_validate({"step": view, "raw": raw} | content)


@dataclass
class _Names:
    names: list[str] = field(default_factory=list[str])
    index: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, name: str | None) -> int:
        if name is None:
            return -1
        if name not in self.index:
            self.index[name] = len(self.names)
            self.names.append(name)
        return self.index[name]


def _start(step: Step) -> float:
    return step.start_ms
