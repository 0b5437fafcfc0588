# pyright: basic
"""One execution of one compiled graph: its structure, its attempts, its state after each superstep."""

import hashlib
import inspect
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from playhead.recorder import OpenStep
from playhead.steps import Json, JsonText, Snapshot
from playhead_adapters.langgraph.content import to_json

NO_TASK: Final = "00000000-0000-0000-0000-000000000000"  # whose writes come from the caller
HASH_DIGITS: Final = 16
INTERRUPT: Final = "__interrupt__"
HIDDEN: Final = frozenset({"__start__", "__end__"})


@dataclass(frozen=True, slots=True)
class Structure:
    """A compiled graph as declared, taken or not."""

    text: JsonText  # {"nodes": [...], "edges": [[from, to, conditional], ...]}
    hash: str


@dataclass(slots=True)
class GraphRun:
    """What we know about a graph while it runs."""

    step: OpenStep
    declared: "Declared"
    compiled: Any = None
    loop: Any = None
    parent: "GraphRun | None" = None
    attempts: dict[str, int] = field(default_factory=dict[str, int])
    failed: bool = False  # a node of the running superstep has failed
    said: set[str] = field(default_factory=set[str])  # interrupt ids already written
    bubble: BaseException | None = None  # control flow already written, on its way up
    asked: Any = None  # the input, when it may be an answer to an interrupt
    checkpoint: str | None = None  # of the last snapshot
    paused: str | None = None  # the checkpoint at which the run that goes on here had paused
    keys: set[str] = field(default_factory=set[str])  # of the state, at the last snapshot

    @property
    def root(self) -> "GraphRun":
        """The outermost graph of this execution."""
        graph = self
        while graph.parent is not None:
            graph = graph.parent
        return graph

    def node(self, name: str) -> Any:
        """Return LangGraph's own node object, or `None`."""
        nodes = getattr(self.loop, "nodes", None) or getattr(self.compiled, "nodes", None) or {}
        return nodes.get(name)

    def max_attempts(self, task_id: str) -> int | None:
        """Return how often a task is tried; `None` when it has no policy, or several that differ."""
        task = getattr(self.loop, "tasks", {}).get(task_id)
        counts = {policy.max_attempts for policy in getattr(task, "retry_policy", None) or ()}
        return counts.pop() if len(counts) == 1 else None

    def ends(self, name: str) -> tuple[str, ...]:
        """Return where a node's `Command` may go, as declared by annotation or `destinations`."""
        nodes = getattr(getattr(self.compiled, "builder", None), "nodes", {})
        return tuple(getattr(nodes.get(name), "ends", None) or ())

    def function(self, name: str) -> Any:
        """Return the user's function behind a node, or whatever runs in its place."""
        return getattr(self.node(name), "bound", None)

    @property
    def breakpoint_id(self) -> str:
        """Id of a stop at the present checkpoint; the same in the process that goes on from there."""
        return f"{self.loop.checkpoint['id']}:breakpoint"

    @property
    def has_breakpoints(self) -> bool:
        """Whether this graph may stop before or after a node."""
        return bool(self.loop.interrupt_before or self.loop.interrupt_after)

    def snapshot(self) -> Snapshot | None:
        """Return the state as it is now, or `None` when the last snapshot said it already."""
        loop = self.loop
        checkpoint_id = loop.checkpoint["id"]
        if checkpoint_id == self.checkpoint:
            return None
        updated = self._updated()
        full, self.checkpoint = self.checkpoint is None, checkpoint_id
        keys = loop.stream_keys
        keys = (keys,) if isinstance(keys, str) else keys
        if not full:
            keys = [key for key in keys if key in updated]
        state = {key: value for key in keys if (value := _read(loop.channels[key])) is not _EMPTY}
        body = to_json(state)
        # A channel that lasts one superstep empties itself without counting as updated.
        gone = [key for key in self.keys if key not in state]
        removed = sorted(key for key in gone if not loop.channels[key].is_available())
        self.keys.difference_update(removed)
        self.keys.update(state)
        saved = loop.checkpointer is not None
        metadata = loop.checkpoint_metadata
        config = getattr(loop, "prev_checkpoint_config", None) or {}
        return Snapshot(
            checkpoint_id=checkpoint_id if saved else None,
            parent_id=config.get("configurable", {}).get("checkpoint_id") if saved else None,
            ns="|".join(loop.checkpoint_ns),
            index=metadata.get("step"),
            source=metadata.get("source"),
            next=tuple(dict.fromkeys(task.name for task in getattr(loop, "tasks", {}).values())),
            full=full,
            changed_keys=tuple([key for key in state if key in updated] if full else state),
            removed_keys=tuple(removed),
            state=body,
            state_bytes=len(body) if body.isascii() else len(body.encode("utf-8", "replace")),
        )

    def _updated(self) -> Collection[str]:
        """Return the channels written since the last snapshot, or since the state that was loaded."""
        loop = self.loop
        if self.checkpoint is not None or loop.checkpoint_metadata.get("source") == "input":
            return loop.updated_channels or ()
        if (
            loop.checkpoint_metadata.get("source") == "update"
            and loop.checkpoint["id"] != self.paused
        ):
            # `update_state` does not say what it wrote, but what is written last is the newest.
            versions = loop.checkpoint["channel_versions"]
            newest = max(versions.values(), default=None)
            return {channel for channel, version in versions.items() if version == newest}
        # A saved state says what its own superstep wrote; only a command's update is new here.
        writes = getattr(loop, "checkpoint_pending_writes", ())
        return {channel for task_id, channel, _ in writes if task_id == NO_TASK}

    def open_questions(self) -> dict[str, tuple[str | None, Any]]:
        """Return the interrupts that wait for an answer: id → (node, question)."""
        tasks = getattr(self.loop, "tasks", {})
        found: dict[str, tuple[str | None, Any]] = {}
        for task_id, channel, value in getattr(self.loop, "checkpoint_pending_writes", ()):
            if channel == INTERRUPT:
                task = tasks.get(task_id)
                for interrupt in value if isinstance(value, list | tuple) else (value,):
                    found[interrupt.id] = (getattr(task, "name", None), interrupt.value)
        return found


class _Empty:
    """Says that a channel holds nothing."""


_EMPTY: Final = _Empty()


def _read(channel: Any) -> Any:
    try:
        return channel.get()
    except Exception as error:
        if type(error).__name__ == "EmptyChannelError":
            return _EMPTY
        raise


@dataclass(slots=True)
class Declared:
    """What a compiled graph declares; the same for all of its runs, so it is found out once."""

    structure: Structure | None = None
    makers: dict[int, tuple[str | None, str | None]] = field(
        default_factory=dict[int, tuple[str | None, str | None]]
    )  # by id of a node's runnable, which lives as long as its graph
    branches: dict[tuple[str, int], Any] = field(
        default_factory=dict[tuple[str, int], Any]
    )  # what of a conditional edge's decision never changes, by its node and id

    def maker(self, runnable: Any) -> tuple[str | None, str | None]:
        """Return who decides and where that is written; see `maker`."""
        found = self.makers.get(id(runnable))
        if found is None:
            found = self.makers[id(runnable)] = maker(runnable)
        return found


_known: "WeakKeyDictionary[Any, Declared]" = WeakKeyDictionary()


def declared(compiled: Any) -> Declared:
    """Return what a compiled graph declares, its structure included."""
    if compiled is None:  # the hook that tells is missing in this version
        return Declared()
    known = _known.get(compiled)
    if known is None:
        text = to_json(_structure(compiled))
        digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
        known = _known[compiled] = Declared(Structure(text, digest))
    return known


def _structure(compiled: Any) -> Json:
    builder = getattr(compiled, "builder", None)
    if builder is None:
        return {"nodes": sorted(n for n in compiled.nodes if n not in HIDDEN), "edges": []}
    edges = [[start, end, False] for start, end in sorted(builder.edges)]
    for starts, end in sorted(builder.waiting_edges):
        edges += [[start, end, False] for start in starts]
    for start, branches in builder.branches.items():
        for branch in branches.values():
            edges += [[start, end, True] for end in dict.fromkeys((branch.ends or {}).values())]
    for name, node in builder.nodes.items():
        edges += [[name, end, True] for end in node.ends or ()]
    edges = [list(edge) for edge in dict.fromkeys(map(tuple, edges))]
    named = {end for edge in edges for end in edge[:2]}
    first, last = ([n] if n in named else [] for n in ("__start__", "__end__"))
    return {"nodes": [*first, *builder.nodes, *last], "edges": edges}


def maker(runnable: Any) -> tuple[str | None, str | None]:
    """Return who decides and where that is written: ("code:module.function", "file.py:12").

    Each is `None` when it cannot be told.
    """
    function = runnable
    for name in ("func", "afunc"):
        inner = getattr(runnable, name, None)
        if inner is not None:
            function = inner
            break
    while hasattr(function, "func") and not inspect.isfunction(function):  # functools.partial
        function = function.func
    function = inspect.unwrap(function) if callable(function) else function
    function = getattr(function, "__func__", function)  # a method's function
    code = getattr(function, "__code__", None)
    if code is None:
        kind = type(function)
        return f"code:{kind.__module__}.{kind.__qualname__}", None
    where = f"{code.co_filename}:{code.co_firstlineno}"
    return f"code:{function.__module__}.{function.__qualname__}", where
