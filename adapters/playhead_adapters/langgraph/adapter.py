# pyright: basic
"""Puts the hooks in and takes them out. What they see goes to `Tracker`, which states the steps.

| hook | where | gives |
|---|---|---|
| A | a callback handler, registered for every LangChain callback manager | graphs, nodes, model calls, tools |
| B | `BranchSpec._finish` | decisions of conditional edges |
| C | `PregelLoop.__init__`, `.tick`, `.put_writes` | state after each superstep, cache hits |
| D | `Pregel._defaults` | which compiled graph is about to run: its structure, declared goto targets |

Only A is public. Each other hook is checked by `wrap`; without it the rest goes on, and the
workflow says `capture.level: callbacks`.
"""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from playhead.adapter import wrap
from playhead.recorder import Recorder
from playhead.shield import shield, warn_once
from playhead_adapters.supported import SUPPORTED, installed, outside, supported

Call = Callable[..., Any]


class LangGraphAdapter:
    """Records LangGraph and the LangChain calls inside it."""

    name = "langgraph"
    package = "langgraph"
    modules = ("langgraph.pregel", "langgraph.graph")
    supports = supported("langgraph", "langgraph").range
    silences = supported("langgraph", "langgraph").silences

    def __init__(self) -> None:
        """Hook nothing yet."""
        self._undo: list[Callable[[], object]] = []
        self._hooked: set[str] = set()
        self._tracker: Any = None

    def install(self, recorder: Recorder) -> None:
        """Hook what is loaded; a second call hooks only what was loaded since."""
        if self._tracker is None:
            self._start(recorder)
        for module, hooks in _HOOKS.items():
            if module not in self._hooked and _is_loaded(module):
                self._hooked.add(module)
                self._hook(sys.modules[module], hooks)

    def uninstall(self) -> None:
        """Take every hook out, in the opposite order."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self._hooked.clear()
        self._tracker = None

    def _start(self, recorder: Recorder) -> None:
        # The framework is loaded when this is called, so these imports load nothing new.
        from playhead_adapters.langgraph.handler import make_handler
        from playhead_adapters.langgraph.tracker import Tracker

        for row in SUPPORTED:
            if row.adapter == self.name and (sentence := outside(row)):
                warn_once(f"version {row.package}", sentence)
        self._tracker = Tracker(recorder, version=installed(self.package))
        self._undo.append(_listen(make_handler(self._tracker)))

    def _hook(self, module: Any, hooks: "tuple[_Hook, ...]") -> None:
        for owner, name, expects, make in hooks:
            done = wrap(getattr(module, owner, module), name, make(self._tracker), expects=expects)
            if not done:
                self._tracker.capture_level = "callbacks"
            self._undo.append(done)


def _is_loaded(name: str) -> bool:
    """Whether a module is loaded to its end: in the midst of its own imports it has no classes yet."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)


def _listen(handler: Any) -> Callable[[], None]:
    """Give every callback manager our handler from now on; return what ends that.

    The DEFAULT of a context variable is seen by every thread, pool and task, and callback managers
    are built per call, so graphs compiled before are heard too.
    """
    from langchain_core.tracers import context

    variable: ContextVar[Any] = ContextVar("playhead_langchain", default=handler)
    context.register_configure_hook(variable, inheritable=True)

    def stop() -> None:
        # langchain-core 1.7 has no opposite of register_configure_hook.
        hooks = getattr(context, "_configure_hooks", [])
        hooks[:] = [hook for hook in hooks if hook[0] is not variable]

    return stop


def _make_finish(tracker: Any) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def _finish(self: Any, writer: Any, input: Any, result: Any, config: Any) -> Any:
            output = original(self, writer, input, result, config)
            with shield("langgraph.branch"):
                tracker.routed(self, input, result, config)
            return output

        return _finish

    return make


def _make_loop_init(tracker: Any) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            with shield("langgraph.loop"):
                tracker.loop_made(self)

        return __init__

    return make


def _make_tick(tracker: Any) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def tick(self: Any) -> Any:
            try:
                return original(self)
            finally:  # also when a breakpoint ends the loop by an exception
                with shield("langgraph.tick"):
                    tracker.ticked(self)

        return tick

    return make


def _make_put_writes(tracker: Any) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def put_writes(self: Any, task_id: Any, writes: Any, **kwargs: Any) -> Any:
            if kwargs.get("cached"):
                with shield("langgraph.cache"):
                    tracker.cache_hit(self, task_id, writes)
            return original(self, task_id, writes, **kwargs)

        return put_writes

    return make


def _make_defaults(tracker: Any) -> Callable[[Call], Call]:
    def make(original: Call) -> Call:
        def _defaults(self: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(self, *args, **kwargs)
            tracker.starting.set(self)
            return found

        return _defaults

    return make


_Hook = tuple[str, str, tuple[str, ...], Callable[[Any], Callable[[Call], Call]]]
_HOOKS: dict[str, tuple[_Hook, ...]] = {
    "langgraph.graph._branch": (
        ("BranchSpec", "_finish", ("self", "writer", "input", "result", "config"), _make_finish),
    ),
    "langgraph.pregel._loop": (
        ("PregelLoop", "__init__", ("self", "input"), _make_loop_init),
        ("PregelLoop", "tick", ("self",), _make_tick),
        ("PregelLoop", "put_writes", ("self", "task_id", "writes"), _make_put_writes),
    ),
    "langgraph.pregel.main": (("Pregel", "_defaults", ("self", "config"), _make_defaults),),
}
