"""Functions that are steps: plain ones, coroutines, generators and asynchronous generators.

A recorded function gives, raises, yields and takes exactly what it would without us, stays of its
sort, and keeps its name and signature.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Final, Protocol

from playhead import context, start
from playhead.boundary import (
    Classes,
    Unrestorable,
    named_classes,
    restorable,
    restorable_error,
    tag,
)
from playhead.content import class_name, to_json
from playhead.errors import ConfigurationError
from playhead.recorder import OpenStep
from playhead.shield import shield
from playhead.steps import Json, JsonText, Restorable, Step, ToolCall

YIELDED_MAX: Final = 10_000  # values of a generator that are kept as its output
Callee = Callable[..., Any]


def decorated(function: Callee, make: "Callable[[Callee], Call]") -> Callee:
    """Return `function` with each call recorded as `make(function)` says.

    Raises:
        ConfigurationError: a class is no function.
    """
    if isinstance(function, staticmethod | classmethod):
        return type(function)(decorated(function.__func__, make))  # pyright: ignore
    if isinstance(function, type):
        raise ConfigurationError(
            f"{function.__name__} is a class: put the decorator on the method that does the work"
        )
    call = make(function)
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, call)
    if inspect.iscoroutinefunction(function):
        return _coroutine(function, call)
    if inspect.isgeneratorfunction(function):
        return _generator(function, call)
    return _function(function, call)


class Call(Protocol):
    """What to record of each call of one function. No method raises."""

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenStep | None:
        """Open the step of one call; `None` when nothing is recorded."""
        ...

    def end(self, opened: OpenStep, result: object, error: BaseException | None) -> None:
        """State how the call came out, and end its step."""
        ...

    def end_yielded(
        self, opened: OpenStep, yielded: "Yielded", error: BaseException | None
    ) -> None:
        """State what a generator gave, and end its step."""
        ...


class StepCall:
    """Records arguments, result and error of one function's calls."""

    def __init__(self, kind: type[Step], name: str, function: Callee, *, is_boundary: bool) -> None:
        """Nothing is looked at before the first call: annotations may name what comes later."""
        self._kind = kind
        self._name = name
        self._function = function
        self._is_boundary = is_boundary
        self._signature: inspect.Signature | None = None
        self._classes: Classes | None = None

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenStep | None:
        """Open the step of one call; `None` when nothing is recorded."""
        recorder = start.active_recorder()
        if recorder is None:
            return None
        opened: OpenStep | None = None
        with shield("call.begin"):
            opened = recorder.open(self.state(to_json(self._arguments(args, kwargs))))
        return opened

    def state(self, given: JsonText) -> Step:
        """Return the step as it is when the call begins."""
        if self._kind is ToolCall:
            said = self._function.__doc__
            return ToolCall(
                name=self._name, input=given, description=inspect.cleandoc(said) if said else None
            )
        return self._kind(name=self._name, input=given)

    def end(self, opened: OpenStep, result: object, error: BaseException | None) -> None:
        """State how the call came out."""
        with shield("call.end"):
            if error is None:
                self.state_result(opened, result)
            elif self._is_boundary:
                opened.update(boundary=restorable_error(error))
        opened.end(error=error)

    def state_result(self, opened: OpenStep, result: object) -> None:
        """State what the function returned."""
        opened.update(output=to_json(result))
        if self._is_boundary:
            opened.update(boundary=restorable(result, classes=self.result_classes()))

    def end_yielded(
        self, opened: OpenStep, yielded: "Yielded", error: BaseException | None
    ) -> None:
        """State what a generator gave; one that was closed early did not fail."""
        with shield("call.end"):
            opened.update(output=yielded.to_json())
            if self._is_boundary:
                opened.update(boundary=yielded.restorable())
            if isinstance(error, GeneratorExit):
                closed = {"playhead.closed_early": True}
                opened.update(attributes={**opened.step.attributes, **closed})
                error = None
        opened.end(error=error)

    def result_classes(self) -> Classes:
        """Return the classes that replay may make results of."""
        if self._classes is None:
            self._classes = named_classes(self._function)
        return self._classes

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            if self._signature is None:
                self._signature = inspect.signature(self._function)
            bound = self._signature.bind(*args, **kwargs)
        except (TypeError, ValueError):  # no signature, or a wrong call, which will say so itself
            return {"args": args, "kwargs": kwargs}
        names = list(bound.arguments)
        if names and names[0] in ("self", "cls"):
            del bound.arguments[names[0]]
        return dict(bound.arguments)


class Yielded:
    """What a generator has given so far, each value as it was at that moment."""

    def __init__(self, classes: Classes) -> None:
        """`classes` are those that replay may make values of."""
        self._classes = classes
        self._texts: list[str] = []
        self._tagged: list[Json] = []
        self._reason: str | None = None

    def add(self, value: object) -> None:
        """Keep one value; never raises."""
        with shield("call.yield"):
            if len(self._texts) >= YIELDED_MAX:
                self._reason = f"more than {YIELDED_MAX} values were yielded"
                return
            self._texts.append(to_json(value))
            if self._reason is None:
                try:
                    self._tagged.append(tag(value, classes=self._classes))
                except Unrestorable as why:
                    self._reason = str(why)

    def to_json(self) -> JsonText:
        """Return the values as a JSON list."""
        return JsonText(f"[{','.join(self._texts)}]")

    def restorable(self) -> Restorable:
        """Return how replay yields the same values again."""
        if self._reason is not None:
            return Restorable(state="unrestorable", reason=self._reason)
        return Restorable(state="restorable", result={"$yields": self._tagged})


def origin(function: Callee) -> tuple[str, str | None]:
    """Return who a function is, `code:module.name`, and where it is written, `file:line`."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    place = None if code is None else f"{code.co_filename}:{code.co_firstlineno}"
    name = getattr(function, "__qualname__", class_name(type(function)))
    return f"code:{getattr(function, '__module__', '')}.{name}", place


def _function(function: Callee, call: Call) -> Callee:
    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        opened = call.begin(args, kwargs)
        if opened is None:
            return function(*args, **kwargs)
        before = context.enter(opened)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            context.enter(before)
            call.end(opened, None, error)
            raise
        context.enter(before)
        call.end(opened, result, None)
        return result

    return recorded


def _coroutine(function: Callee, call: Call) -> Callee:
    @functools.wraps(function)
    async def recorded(*args: Any, **kwargs: Any) -> Any:
        opened = call.begin(args, kwargs)
        if opened is None:
            return await function(*args, **kwargs)
        before = context.enter(opened)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            context.enter(before)
            call.end(opened, None, error)
            raise
        context.enter(before)
        call.end(opened, result, None)
        return result

    return recorded


def _generator(function: Callee, call: Call) -> Callee:
    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        opened = call.begin(args, kwargs)
        if opened is None:
            plain: Generator[Any, Any, Any] = function(*args, **kwargs)
            return (yield from plain)
        inner: Generator[Any, Any, Any] = function(*args, **kwargs)
        yielded = Yielded(named_classes(function))
        sent: Any = None
        thrown: Any = None
        try:
            while True:
                # The step is current only while the generator's own lines run.
                before = context.enter(opened)
                try:
                    value = inner.send(sent) if thrown is None else inner.throw(thrown)
                except StopIteration as stop:
                    call.end_yielded(opened, yielded, None)
                    return stop.value
                finally:
                    context.enter(before)
                yielded.add(value)
                try:
                    sent, thrown = (yield value), None
                except GeneratorExit:
                    with context.active(opened):
                        inner.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - meant for the generator
                    thrown = error
        except BaseException as error:
            call.end_yielded(opened, yielded, error)
            raise

    return recorded


def _async_generator(function: Callee, call: Call) -> Callee:
    @functools.wraps(function)
    async def recorded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opened = call.begin(args, kwargs)
        inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
        yielded = Yielded(named_classes(function))
        sent: Any = None
        thrown: Any = None
        try:
            while True:
                before = context.current()
                context.enter(opened or before)
                try:
                    value = await (inner.asend(sent) if thrown is None else inner.athrow(thrown))
                except StopAsyncIteration:
                    if opened is not None:
                        call.end_yielded(opened, yielded, None)
                    return
                finally:
                    context.enter(before)
                if opened is not None:
                    yielded.add(value)
                try:
                    sent, thrown = (yield value), None
                except GeneratorExit:
                    with context.active(opened or before):
                        await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - meant for the generator
                    thrown = error
        except BaseException as error:
            if opened is not None:
                call.end_yielded(opened, yielded, error)
            raise

    return recorded
