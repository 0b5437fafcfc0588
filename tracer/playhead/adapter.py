"""The `Adapter` protocol, how adapters are found and installed, and `wrap`, the only way to hook.

An adapter is installed when its framework is imported, or at once when it already is. playhead
never imports a framework itself.
"""

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from playhead.recorder import Recorder
from playhead.shield import shield, warn_once

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from importlib.metadata import EntryPoint

GROUP = "playhead.adapters"


class Adapter(Protocol):
    """Hooks one framework. The class is made without arguments; importing its module must be cheap.

    Attributes:
        name: what users write in `init(adapters=[…])`.
        package: the distribution it hooks, e.g. "langgraph".
        modules: import names that trigger `install`, e.g. ("langgraph.pregel",).
        supports: oldest and newest version of `package` that were tested.
        silences: names of adapters that would count the same calls again.
    """

    name: str
    package: str
    modules: tuple[str, ...]
    supports: tuple[str, str]
    silences: tuple[str, ...]

    def install(self, recorder: Recorder) -> None:
        """Hook what is loaded now. Called once per trigger module, after it was imported."""
        ...

    def uninstall(self) -> None:
        """Take every hook out again."""
        ...


class Unwrap:
    """Takes one hook out. Falsy when the hook could not be put in."""

    __slots__ = ("_undo",)

    def __init__(self, undo: Callable[[], None] | None) -> None:
        """`undo` restores what was there; `None` says that nothing was hooked."""
        self._undo = undo

    def __call__(self) -> None:
        """Restore what was there; the second call does nothing."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def __bool__(self) -> bool:
        """Whether the hook is in place."""
        return self._undo is not None


Callee = TypeVar("Callee", bound=Callable[..., Any])


def wrap(
    owner: Any,
    name: str,
    make_wrapper: Callable[[Callable[..., Any]], Callable[..., Any]],
    *,
    expects: Sequence[str] = (),
) -> Unwrap:
    """Replace `owner.name` by `make_wrapper(original)` and return what takes it out again.

    `owner` is a class or a module. `expects` are leading parameter names that the wrapper relies
    on; when the original has others, nothing is hooked and one warning says so. The wrapper gets
    the original's name, docstring and signature; static and class methods stay what they are (the
    original is then the plain function). A hook that somebody else put over ours stays in place.
    """
    place = f"{getattr(owner, '__name__', owner)}.{name}"
    try:
        static: Any = inspect.getattr_static(owner, name)
    except AttributeError:
        warn_once(f"hook {place}", "not recorded, since this version has no such name")
        return Unwrap(None)
    # The descriptor of a static or class method is kept, with another function in it.
    kind = type(cast("object", static))
    descriptor = cast("Any", kind) if issubclass(kind, staticmethod | classmethod) else None
    function: Any = static if descriptor is None else static.__func__
    if not _has_parameters(function, expects):
        warn_once(f"hook {place}", "not recorded, since this version takes other arguments")
        return Unwrap(None)
    wrapper: Any = functools.update_wrapper(make_wrapper(function), function)
    hook: Any = wrapper if descriptor is None else descriptor(wrapper)
    inherited = name not in vars(owner)
    setattr(owner, name, hook)

    def undo() -> None:
        if owner.__dict__.get(name) is not hook:
            return  # wrapped again by somebody else: theirs must stay, ours is silent once closed
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, static)

    return Unwrap(undo)


class Adapters:
    """The adapters of one `init`: found, waiting for their framework, installed."""

    def __init__(self, recorder: Recorder, only: Sequence[str] | None = None) -> None:
        """Find them; `only` names those to use, `None` all."""
        self._recorder = recorder
        self._lock = threading.RLock()
        self._waiting: dict[str, list[Adapter]] = {}
        self._installed: list[Adapter] = []
        self._finder = _Finder(self._loaded)
        for point in find(only):
            with shield(f"adapter {point.name}"):
                self._expect(cast("Adapter", point.load()()))

    @property
    def installed(self) -> tuple[str, ...]:
        """Names of the adapters whose framework is loaded and hooked."""
        return tuple(adapter.name for adapter in self._installed)

    def start(self) -> None:
        """Install those whose framework is loaded, and watch imports for the others."""
        for module in sorted(self._waiting):
            if module in sys.modules:
                self._loaded(module)
        if self._waiting:
            self._finder.watched = frozenset(self._waiting)
            sys.meta_path.insert(0, cast("Any", self._finder))

    def stop(self) -> None:
        """Take every hook out again."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(cast("Any", self._finder))
        for adapter in reversed(self._installed):
            with shield(f"uninstall {adapter.name}"):
                adapter.uninstall()
        self._installed.clear()

    def _expect(self, adapter: Adapter) -> None:
        for module in adapter.modules:
            self._waiting.setdefault(module, []).append(adapter)

    def _loaded(self, module: str) -> None:
        with self._lock:
            adapters = self._waiting.pop(module, ())
            self._finder.watched = frozenset(self._waiting)
            for adapter in adapters:
                with shield(f"install {adapter.name}"):
                    adapter.install(self._recorder.scoped(f"playhead.adapters.{adapter.name}", ""))
                    if adapter not in self._installed:
                        self._installed.append(adapter)


def find(only: Sequence[str] | None = None) -> "list[EntryPoint]":
    """Return the entry points of all adapters, or of those named in `only`, sorted by name."""
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group=GROUP)}
    return [points[name] for name in sorted(points) if only is None or name in only]


def _has_parameters(function: Any, expects: Sequence[str]) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a C function without a signature
        return not expects
    return parameters[: len(expects)] == list(expects)


class _Finder:
    """Stands first on `sys.meta_path`, finds nothing itself, and tells when a watched module is loaded."""

    def __init__(self, loaded: Callable[[str], None]) -> None:
        self.watched: frozenset[str] = frozenset()
        self._loaded = loaded
        self._asking = threading.local()

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> "ModuleSpec | None":
        if fullname not in self.watched or getattr(self._asking, "name", None) == fullname:
            return None
        from importlib.util import find_spec

        self._asking.name = fullname
        try:
            spec = find_spec(fullname)
        finally:
            self._asking.name = None
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Any", _Loader(spec.loader, self._loaded))
        return spec


class _Loader:
    """Loads through the real loader, gives the module its real loader back, then tells."""

    def __init__(self, real: Any, loaded: Callable[[str], None]) -> None:
        self._real = real
        self._loaded = loaded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: "ModuleSpec") -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        self._real.exec_module(module)
        self._loaded(module.__name__)
