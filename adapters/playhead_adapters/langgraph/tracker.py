# pyright: basic
"""Turns what the hooks see of graphs into steps: workflows, nodes, decisions, state, interrupts."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from playhead import context
from playhead import semconv as names
from playhead.recorder import Link, Recorder
from playhead.steps import Interrupt, Node, RunId, Workflow
from playhead_adapters.langgraph import decisions
from playhead_adapters.langgraph.activities import Activities, Activity
from playhead_adapters.langgraph.calls import Calls, control_flow
from playhead_adapters.langgraph.content import to_json
from playhead_adapters.langgraph.graphs import HIDDEN, GraphRun, declared
from playhead_adapters.langgraph.pauses import Paused, Pauses

FRAMEWORK: Final = "langgraph"
GRAPH_TAG: Final = "graph:step:"
More = Mapping[str, Any]


class Tracker:
    """What the hooks call. One per adapter; used from every thread of the program."""

    def __init__(self, recorder: Recorder, *, version: str | None) -> None:
        """Record with `recorder`; `version` is LangGraph's."""
        self.recorder = recorder
        self.capture_level = "full"
        self.starting: ContextVar[Any] = ContextVar("playhead_langgraph_starting", default=None)
        self.activities = Activities(recorder)
        self.calls = Calls(self.activities)
        self._pauses = Pauses()
        self._version = version
        self._loops: dict[int, GraphRun] = {}  # by id of the loop, which the graph run keeps alive

    # --- callbacks ------------------------------------------------------------------------------

    def chain_started(
        self, run_id: UUID, parent_run_id: UUID | None, inputs: Any, more: More
    ) -> None:
        """A graph, a node, or one of LangChain's many runs that are neither."""
        name = str(more.get("name") or "LangGraph")
        activity = self.activities.add(run_id, parent_run_id, name)
        metadata: Mapping[str, Any] = more.get("metadata") or {}
        compiled = self._taken(name, metadata)
        if compiled is not None:
            self._start_graph(activity, compiled, inputs, metadata)
        elif namespace := _node_namespace(activity, metadata):
            activity.namespace = namespace
            self._start_node(activity, inputs, metadata)
        elif activity.parent is None and metadata.get("ls_integration") == FRAMEWORK:
            self._start_graph(activity, None, inputs, metadata)  # the hook that tells is missing
        elif activity.parent is None and context.current() is None:
            step = Workflow(name=name, framework="langchain", input=to_json(inputs))
            self.activities.open(activity, step)
        else:
            activity.inputs = inputs
            if activity.parent is not None:
                activity.parent.routed = activity

    def chain_ended(self, run_id: UUID, outputs: Any) -> None:
        """A run is over and well."""
        activity = self.activities.take(run_id)
        if activity is None or activity.step is None:
            return
        if activity.graph is not None:
            self._end_graph(activity, activity.graph, outputs)
        elif isinstance(activity.step.step, Node):
            self._end_node(activity, outputs)
        else:
            activity.step.update(output=to_json(outputs))
            self.activities.end(activity)

    def chain_failed(self, run_id: UUID, error: BaseException) -> None:
        """A run was left by an exception, which may be a failure or control flow."""
        activity = self.activities.take(run_id)
        if activity is None or activity.step is None:
            return
        if activity.graph is not None:
            self._fail_graph(activity, activity.graph, error)
        elif isinstance(activity.step.step, Node):
            self._fail_node(activity, error)
        else:
            self.activities.end(activity, error=None if control_flow(error) else error)

    # --- hooks ----------------------------------------------------------------------------------

    def loop_made(self, loop: Any) -> None:
        """The engine of a graph run exists: from now on its state can be read."""
        activity = self.activities.get(getattr(loop.manager, "run_id", None))
        if activity is not None and activity.graph is not None:
            activity.graph.loop = loop
            self._loops[id(loop)] = activity.graph

    def ticked(self, loop: Any) -> None:
        """A superstep is over, or the first is about to start."""
        graph = self._loops.get(id(loop))
        if graph is None:
            return
        graph.failed = False
        if graph.checkpoint is None and graph.asked is not None:
            self._write_answers(graph)
        self._write_snapshot(graph)

    def routed(self, branch: Any, output: Any, result: Any, config: Any) -> None:
        """A conditional edge has been decided."""
        callbacks = config.get("callbacks")
        activity = self.activities.get(getattr(callbacks, "parent_run_id", None))
        graph = activity.nearest_graph() if activity is not None else None
        if activity is None or graph is None:
            return
        router = activity.routed
        seen = output if router is None else router.inputs
        step = decisions.of_branch(graph, activity.name, branch, result, seen)
        links = _decided_by(router)
        start_ns = None if router is None else router.start_ns
        above = activity.nearest_step()
        self.recorder.open(step, parent=above, start_ns=start_ns, links=links).end()

    def cache_hit(self, loop: Any, task_id: str, writes: Any) -> None:
        """A node's result came from the cache: it did not run, and no callback tells of it."""
        graph = self._loops.get(id(loop))
        task = getattr(loop, "tasks", {}).get(task_id)
        if graph is None or task is None:
            return
        step = Node(
            name=task.name,
            framework=FRAMEWORK,
            input=to_json(self._recorded(graph, task.name, "process_inputs", task.input)),
            output=to_json(self._recorded(graph, task.name, "process_outputs", _written(writes))),
            index=loop.step,
            path=_path("|".join((*loop.checkpoint_ns, task.name))),
            execution_id=task_id,
            triggers=tuple(task.triggers),
            cached=True,
        )
        self.recorder.open(step, parent=graph.step).end()

    # --- graphs ---------------------------------------------------------------------------------

    def _start_graph(
        self, activity: Activity, compiled: Any, inputs: Any, metadata: Mapping[str, Any]
    ) -> None:
        facts = declared(compiled)
        thread = metadata.get("thread_id") if activity.parent is None else None
        paused = self._paused(activity, thread, inputs, metadata)
        attributes = {names.CAPTURE_LEVEL: self.capture_level}
        if self._version is not None:
            attributes[names.FRAMEWORK_VERSION] = self._version
        step = Workflow(
            name=activity.name,
            framework=FRAMEWORK,
            input=to_json(inputs),
            attributes=attributes,
            conversation_id=None if thread is None else str(thread),
            user_id=_text(metadata.get("user_id")),
            segment=1 if paused is None else paused.segment + 1,
            graph=None if facts.structure is None else facts.structure.text,
            graph_hash=None if facts.structure is None else facts.structure.hash,
        )
        run_id: RunId | None = None if paused is None else paused.run_id
        links: tuple[Link, ...] = () if paused is None else (paused.link,)
        parent = None if activity.parent is None else activity.parent.nearest_graph()
        opened = self.activities.open(activity, step, run_id=run_id, links=links)
        activity.graph = GraphRun(opened, facts, compiled, parent=parent)
        goes_on = inputs is None or getattr(inputs, "resume", None) is not None
        if goes_on and parent is None:
            activity.graph.asked = (inputs, paused)
        if paused is not None:
            activity.graph.paused = paused.checkpoint_id

    def _taken(self, name: str, metadata: Mapping[str, Any]) -> Any:
        """Return the graph that is about to run, if it is this run; it may have failed before."""
        compiled = self.starting.get()
        if compiled is None:
            return None
        self.starting.set(None)
        return compiled if "ls_integration" in metadata or name == compiled.get_name() else None

    def _paused(
        self, activity: Activity, thread: Any, inputs: Any, metadata: Mapping[str, Any]
    ) -> Paused | None:
        if thread is None or activity.parent is not None:
            return None
        return self._pauses.take(str(thread), activity.name, inputs, metadata.get("checkpoint_id"))

    def _end_graph(self, activity: Activity, graph: GraphRun, outputs: Any) -> None:
        step = graph.step
        step.update(output=to_json(outputs))
        if graph.loop is not None:
            self._write_snapshot(graph)
            asked = graph.open_questions()
            stopped = getattr(graph.loop, "status", "")
            if asked or stopped in ("interrupt_before", "interrupt_after"):
                self._pause(activity, graph, asked, stopped)
        self._close_graph(activity, graph)

    def _fail_graph(self, activity: Activity, graph: GraphRun, error: BaseException) -> None:
        flow = control_flow(error)
        if graph.loop is not None:
            self._write_snapshot(graph)
        if flow is None:
            if type(error).__name__ == "GraphRecursionError" and graph.loop is not None:
                limit = graph.loop.config.get("recursion_limit")
                graph.step.update(limit_type="recursion", limit_value=limit)
            graph.step.update(outcome="failed")
            self._close_graph(activity, graph, error)
            return
        if flow == "cancelled":
            graph.step.update(outcome="cancelled")
        elif _is_parent_command(error):
            graph.step.update(outcome="completed")
        else:
            graph.step.update(outcome="paused")
        self._close_graph(activity, graph)

    def _close_graph(
        self, activity: Activity, graph: GraphRun, error: BaseException | None = None
    ) -> None:
        self.activities.end(activity, error=error)
        if graph.loop is not None:
            self._loops.pop(id(graph.loop), None)
            graph.loop = None

    def _pause(
        self, activity: Activity, graph: GraphRun, asked: Mapping[str, Any], stopped: str
    ) -> None:
        """Mark a graph as waiting; a breakpoint asks nobody, so its event is written here."""
        graph.step.update(outcome="paused")
        loop = graph.loop
        breakpoint_id = None
        if not asked:
            breakpoint_id = graph.breakpoint_id
            at = ", ".join(dict.fromkeys(task.name for task in loop.tasks.values()))
            event = Interrupt(interrupt_id=breakpoint_id, step=at, type=stopped)
            self.recorder.event(event, at=graph.step)
        workflow = graph.step.step
        if isinstance(workflow, Workflow) and workflow.conversation_id is not None:
            saved = loop.checkpoint["id"]
            self._pauses.put(
                workflow.conversation_id, activity.name, graph.step, saved, breakpoint_id
            )

    def _write_answers(self, graph: GraphRun) -> None:
        """Write what a person said to the questions that waited, or that a breakpoint was passed."""
        (asked, paused), graph.asked = graph.asked, None
        resume = getattr(asked, "resume", None)
        waiting = graph.open_questions()
        for interrupt_id, (node, _) in waiting.items():
            by_id = isinstance(resume, dict) and interrupt_id in resume
            if resume is None or (isinstance(resume, dict) and len(waiting) > 1 and not by_id):
                continue
            value = to_json(resume[interrupt_id] if by_id else resume)
            event = Interrupt(interrupt_id=interrupt_id, step=node, value=value, resolved=True)
            self.recorder.event(event, at=graph.step)
        passed = paused.breakpoint if paused is not None else None
        if paused is None and asked is None and graph.has_breakpoints:
            passed = graph.breakpoint_id  # perhaps one at which another process has stopped
        if passed is not None:
            event = Interrupt(interrupt_id=passed, resolved=True)
            self.recorder.event(event, at=graph.step)

    def _write_snapshot(self, graph: GraphRun) -> None:
        if "checkpoint" in vars(graph.loop):
            snapshot = graph.snapshot()
            if snapshot is not None:
                self.recorder.event(snapshot, at=graph.step)

    # --- nodes ----------------------------------------------------------------------------------

    def _start_node(self, activity: Activity, inputs: Any, metadata: Mapping[str, Any]) -> None:
        graph = activity.nearest_graph()
        assert graph is not None, "a node lies in a graph"
        namespace = activity.namespace or activity.name
        attempt = graph.attempts[namespace] = graph.attempts.get(namespace, 0) + 1
        task_id = namespace.rpartition(":")[2]
        activity.seen = to_json(inputs)
        recorded = self._recorded(graph, activity.name, "process_inputs", inputs)
        step = Node(
            name=activity.name,
            framework=FRAMEWORK,
            input=activity.seen if recorded is inputs else to_json(recorded),
            index=metadata.get("langgraph_step"),
            path=_path(namespace),
            execution_id=task_id,
            attempt=attempt,
            max_attempts=graph.max_attempts(task_id),
            triggers=tuple(str(each) for each in metadata.get("langgraph_triggers") or ()),
        )
        self.activities.open(activity, step)
        self.activities.enter(activity)

    def _end_node(self, activity: Activity, outputs: Any) -> None:
        graph, step = activity.nearest_graph(), activity.step
        if graph is None or step is None:
            return
        decision = decisions.of_output(graph, activity.name, outputs, activity.seen)
        if decision is not None:
            links = _decided_by(activity)
            self.recorder.open(decision, parent=step, links=links).end()
        step.update(
            output=to_json(self._recorded(graph, activity.name, "process_outputs", outputs))
        )
        self.activities.end(activity)

    def _fail_node(self, activity: Activity, error: BaseException) -> None:
        graph, step = activity.nearest_graph(), activity.step
        if graph is None or step is None:
            return
        flow = control_flow(error)
        if flow is None:
            graph.failed = True
            self.activities.end(activity, error=error)
        elif flow == "cancelled":
            overdue = None if graph.failed else self._overdue(activity, graph)
            if overdue is None:
                step.update(outcome="cancelled")
            self.activities.end(activity, error=overdue)
        elif _is_parent_command(error):
            if graph.root.bubble is not error:
                graph.root.bubble = error
                decision = decisions.of_output(graph, activity.name, error.args[0], activity.seen)
                if decision is not None:
                    self.recorder.open(decision, parent=step).end()
                step.update(output=to_json(error.args[0]))
            self.activities.end(activity)
        else:
            self._write_questions(activity, graph, error)
            step.update(outcome="interrupted")
            self.activities.end(activity)

    def _write_questions(self, activity: Activity, graph: GraphRun, error: BaseException) -> None:
        """Write each question once, at the node that asks, not at those it passes on its way up."""
        asked = error.args[0] if error.args else ()
        for interrupt in asked if isinstance(asked, list | tuple) else ():
            if interrupt.id not in graph.root.said and activity.step is not None:
                graph.root.said.add(interrupt.id)
                event = Interrupt(
                    interrupt_id=interrupt.id,
                    step=activity.name,
                    type="interrupt",
                    value=to_json(interrupt.value),
                )
                self.recorder.event(event, at=activity.step)

    def _overdue(self, activity: Activity, graph: GraphRun) -> BaseException | None:
        """Return the timeout that cancelled a node, if one did.

        LangGraph cancels the node first and raises its `NodeTimeoutError` outside of it, so the
        node's own callback sees a cancellation only.
        """
        policy = getattr(graph.node(activity.name), "timeout", None)
        run_s, idle_s = (
            _seconds(getattr(policy, n, None)) for n in ("run_timeout", "idle_timeout")
        )
        elapsed_s = (time.time_ns() - activity.start_ns) / 1e9
        limits = [each for each in (run_s, idle_s) if each is not None]
        if not limits or elapsed_s < min(limits):
            return None
        from langgraph.errors import NodeTimeoutError

        kind = "run" if run_s is not None and elapsed_s >= run_s else "idle"
        return NodeTimeoutError(
            activity.name, elapsed_s, kind=kind, run_timeout=run_s, idle_timeout=idle_s
        )

    def _recorded(self, graph: GraphRun, node: str, which: str, value: Any) -> Any:
        """Return what a node's trace policy lets be recorded of its input or output."""
        policy = getattr(graph.node(node), "trace_policy", None)
        transform = getattr(policy, which, None)
        return value if transform is None else transform(value)


def _node_namespace(activity: Activity, metadata: Mapping[str, Any]) -> str | None:
    """Return the namespace of a run that is a node or a `@task`, `None` of any other run.

    LangGraph gives each of them a namespace of its own, which everything below inherits.
    """
    namespace = metadata.get("langgraph_checkpoint_ns")
    parent = activity.parent
    if parent is None or metadata.get("langgraph_node") != activity.name:
        return None
    if activity.name in HIDDEN or namespace is None or parent.nearest_graph() is None:
        return None
    return None if namespace == parent.nearest_namespace() else str(namespace)


def _is_parent_command(error: BaseException) -> bool:
    return type(error).__name__ == "ParentCommand"


def _path(namespace: str) -> str:
    """Return the names in a namespace, outermost first: "a:<task id>|b:<task id>" gives "a/b"."""
    parts = (part.partition(":")[0] for part in namespace.split("|") if not part.isdigit())
    return "/".join(parts)


def _decided_by(activity: Activity | None) -> tuple[Link, ...]:
    """Return links to the model calls that were made to decide."""
    calls = () if activity is None else activity.calls
    return tuple(
        Link(type="decided_by", trace_id=call.trace_id, span_id=call.span_id) for call in calls
    )


def _written(writes: Any) -> dict[str, Any]:
    """Return a task's writes to the state, without those that steer the graph."""
    return {name: value for name, value in writes if ":" not in name and not name.startswith("__")}


def _seconds(duration: Any) -> float | None:
    return duration.total_seconds() if hasattr(duration, "total_seconds") else duration


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
