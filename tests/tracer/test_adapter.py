# pyright: basic
"""How foreign methods are hooked, and when adapters are installed."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from playhead import adapter as adapters
from playhead.adapter import Adapters, wrap
from playhead.recorder import Recorder
from playhead.testing import MemorySink


class Base:
    def greet(self, name: str, *, loud: bool = False) -> str:
        """Say hello."""
        return name.upper() if loud else name

    @staticmethod
    def still(x: int) -> int:
        return x

    @classmethod
    def of(cls, x: int) -> tuple[str, int]:
        return cls.__name__, x


class Child(Base):
    pass


def doubling(original: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs) * 2

    return wrapper


def test_a_hook_keeps_name_signature_and_docstring_and_comes_out_again() -> None:
    before = Base.__dict__["greet"]
    undo = wrap(Base, "greet", doubling, expects=("self", "name"))
    assert undo
    assert Base().greet("a", loud=True) == "AA"
    assert str(inspect.signature(Base.greet)) == "(self, name: str, *, loud: bool = False) -> str"
    assert Base.greet.__doc__ == "Say hello."
    undo()
    undo()
    assert Base.__dict__["greet"] is before


def test_static_and_class_methods_stay_what_they_are() -> None:
    before = (Base.__dict__["still"], Base.__dict__["of"])
    undo = [wrap(Base, "still", doubling), wrap(Base, "of", doubling, expects=("cls",))]
    assert (Base.still(2), Base().still(2)) == (4, 4)
    assert Child.of(1) == ("Child", 1) * 2
    for each in undo:
        each()
    assert (Base.__dict__["still"], Base.__dict__["of"]) == before


def test_an_inherited_method_is_hooked_on_the_named_class_only() -> None:
    undo = wrap(Child, "greet", doubling)
    assert (Child().greet("a"), Base().greet("a")) == ("aa", "a")
    undo()
    assert "greet" not in vars(Child)


def test_hooks_chain_and_one_put_over_ours_stays() -> None:
    before = Base.__dict__["greet"]
    first, second = wrap(Base, "greet", doubling), wrap(Base, "greet", doubling)
    assert Base().greet("a") == "aaaa"
    second()
    assert Base().greet("a") == "aa"
    theirs = doubling(Base.greet)
    Base.greet = theirs  # type: ignore[method-assign]
    first()
    assert Base.greet is theirs
    Base.greet = before  # type: ignore[method-assign]


def test_what_is_missing_or_has_changed_is_left_alone_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert not wrap(Base, "leave", doubling)
    assert not wrap(Base, "greet", doubling, expects=("self", "person"))
    assert not wrap(Base, "greet", doubling, expects=("self", "person"))
    assert Base().greet("a") == "a"
    assert len(caplog.records) == 2


class _Point:
    def __init__(self, made: Any) -> None:
        self.name = "toy"
        self._made = made

    def load(self) -> Any:
        if isinstance(self._made, Exception):
            raise self._made
        return lambda: self._made


class ToyAdapter:
    name = "toy"
    package = "toy"
    modules = ("toy_framework", "toy_framework.deep")
    supports = ("1", "2")
    silences: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.seen: list[bool] = []

    def install(self, recorder: Recorder) -> None:
        assert recorder.scope.name == "playhead.adapters.toy"
        self.seen.append(sys.modules["toy_framework"].READY)

    def uninstall(self) -> None:
        self.seen.clear()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToyAdapter]:
    package = tmp_path / "toy_framework"
    package.mkdir()
    (package / "__init__.py").write_text("READY = True\n")
    (package / "deep.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = ToyAdapter()
    monkeypatch.setattr(adapters, "find", lambda only: [_Point(made)])
    yield made
    for name in ("toy_framework", "toy_framework.deep"):
        sys.modules.pop(name, None)


def test_an_adapter_is_installed_when_its_framework_is_imported(toy: ToyAdapter) -> None:
    path = list(sys.meta_path)
    found = Adapters(Recorder(MemorySink()))
    found.start()
    assert (toy.seen, found.installed) == ([], ())
    module = importlib.import_module("toy_framework")
    assert (toy.seen, found.installed) == ([True], ("toy",))
    # Nothing of ours stays on the module.
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    importlib.import_module("toy_framework.deep")
    assert (toy.seen, found.installed) == ([True, True], ("toy",))
    found.stop()
    assert toy.seen == []
    assert sys.meta_path == path


def test_an_adapter_is_installed_at_once_when_its_framework_is_there(toy: ToyAdapter) -> None:
    importlib.import_module("toy_framework")
    found = Adapters(Recorder(MemorySink()))
    found.start()
    assert toy.seen == [True]
    found.stop()


def test_an_adapter_that_cannot_be_loaded_stops_no_other(
    toy: ToyAdapter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    points = [_Point(ImportError("no")), _Point(toy)]
    monkeypatch.setattr(adapters, "find", lambda only: points)
    found = Adapters(Recorder(MemorySink()))
    found.start()
    importlib.import_module("toy_framework")
    assert found.installed == ("toy",)
    assert len(caplog.records) == 1
    found.stop()


def test_a_framework_that_fails_to_import_fails_as_it_would_without_us(
    toy: ToyAdapter, tmp_path: Path
) -> None:
    (tmp_path / "toy_framework" / "__init__.py").write_text("raise KeyError('broken')\n")
    found = Adapters(Recorder(MemorySink()))
    found.start()
    with pytest.raises(KeyError, match="broken"):
        importlib.import_module("toy_framework")
    assert toy.seen == []
    found.stop()
