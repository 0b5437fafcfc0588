"""`workflow`, `step`, `tool`, `boundary`, `decide`: steps of code that no adapter knows.

Each is a block (`with`, `async with`) and a decorator for functions, coroutines, generators and
asynchronous generators. Without `init` they do nothing at all. Results and exceptions pass through
untouched; recording never raises.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Final, Literal, TypeVar, cast, overload

from playhead import context, start
from playhead.boundary import Classes, named_classes, restorable, restorable_error
from playhead.content import to_json
from playhead.recorder import OpenStep
from playhead.semconv import AlternativesSource, DecisionType
from playhead.shield import shield
from playhead.steps import Boundary, Decision, Json, Node, Step, ToolCall, Workflow

YIELDED_MAX: Final = 10_000  # values of a generator that are kept as its output

Function = TypeVar("Function", bound=Callable[..., Any])


class Block:
    """A step to be: enter it, or put it on a function. `update` states results inside the block."""

    kind: ClassVar[type[Step]] = Node
    _is_boundary: ClassVar[bool] = False

    def __init__(self, name: str | None = None, *, input: object = None) -> None:
        """`name` is what a person would call the step; on a function, its own name by default."""
        self._name = name
        self._input = input
        self._open: OpenStep | None = None
        self._before: OpenStep | None = None
        self._entered = False
        self._has_output = False

    def __call__(self, function: Function) -> Function:
        """Return `function`, recorded each time it is called."""
        return cast("Function", _decorated(function, self._at_call(function)))

    def __enter__(self) -> "Block":
        """Open the step and make it the current one."""
        if self._entered:
            return type(self)(self._name, input=self._input).__enter__()
        self._entered = True
        with shield("step.enter"):
            self._open = self._begin()
            if self._open is not None:
                self._before = context.enter(self._open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        """End the step; an exception is recorded and goes on."""
        with shield("step.exit"):
            if self._open is not None:
                context.enter(self._before)
                self.finish(error)
        self._entered = False

    async def __aenter__(self) -> "Block":
        """Open the step and make it the current one."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        """End the step; an exception is recorded and goes on."""
        self.__exit__(kind, error, stack)

    @property
    def run_id(self) -> str | None:
        """Id of the run this step belongs to; `None` when nothing is recorded."""
        return self._open.run_id if self._open is not None and not self._open.silent else None

    @property
    def step_id(self) -> str | None:
        """Id of this step, as pages and the API use it; `None` when nothing is recorded."""
        return self._open.step_id if self._open is not None and not self._open.silent else None

    def update(self, *, output: object = None, input: object = None, **attributes: object) -> None:
        """State what went in or came out, and any attributes of your own. Never raises."""
        opened = self._open
        if opened is None:
            return
        with shield("step.update"):
            facts: dict[str, Any] = {}
            if input is not None:
                facts["input"] = to_json(input)
            if output is not None:
                facts["output"] = to_json(output)
                self._has_output = True
                if self._is_boundary:
                    facts["boundary"] = restorable(output)
            if attributes:
                facts["attributes"] = {**opened.step.attributes, **_attributes(attributes)}
            opened.update(**facts)

    def finish(self, error: BaseException | None) -> None:
        """End the step."""
        opened = self._open
        if opened is None:
            return
        if self._is_boundary and error is not None:
            opened.update(boundary=restorable_error(error))
        elif self._is_boundary and not self._has_output:
            opened.update(boundary=restorable(None))
        opened.end(error=error)

    def _begin(self) -> OpenStep | None:
        recorder = start.active_recorder()
        if recorder is None:
            return None
        given = None if self._input is None else to_json(self._input)
        return recorder.open(self.kind(name=self._name or self.kind.kind, input=given))

    def _at_call(self, function: Callable[..., Any]) -> "Call":
        return Call(self.kind, self._name or function.__qualname__, function, self._is_boundary)


class Call:
    """What to record of each call of one decorated function."""

    def __init__(
        self, kind: type[Step], name: str, function: Callable[..., Any], is_boundary: bool
    ) -> None:
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
            facts: dict[str, Any] = {}
            if self._kind is ToolCall and self._function.__doc__:
                facts["description"] = inspect.cleandoc(self._function.__doc__)
            given = to_json(self._arguments(args, kwargs))
            opened = recorder.open(self._kind(name=self._name, input=given, **facts))
        return opened

    def end(self, opened: OpenStep, result: object, error: BaseException | None) -> None:
        """State how the call came out."""
        with shield("call.end"):
            if error is None:
                opened.update(output=to_json(result))
                if self._is_boundary:
                    opened.update(boundary=restorable(result, classes=self._result_classes()))
            elif self._is_boundary:
                opened.update(boundary=restorable_error(error))
        opened.end(error=error)

    def end_yielded(
        self, opened: OpenStep, yielded: list[Any], error: BaseException | None
    ) -> None:
        """State what a generator gave; one that was closed early did not fail."""
        if isinstance(error, GeneratorExit):
            opened.update(attributes={**opened.step.attributes, "playhead.closed_early": True})
            error = None
        self.end(opened, yielded, error)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if self._signature is None:
            self._signature = inspect.signature(self._function)
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:  # the call itself will say so, in its own words
            return {"args": args, "kwargs": kwargs}
        names = list(bound.arguments)
        if names and names[0] in ("self", "cls"):
            del bound.arguments[names[0]]
        return dict(bound.arguments)

    def _result_classes(self) -> Classes:
        if self._classes is None:
            self._classes = named_classes(self._function)
        return self._classes


class _WorkflowBlock(Block):
    kind = Workflow


class _ToolBlock(Block):
    kind = ToolCall
    _is_boundary = True


class _BoundaryBlock(Block):
    kind = Boundary
    _is_boundary = True


@overload
def workflow(name: Function, /) -> Function: ...
@overload
def workflow(name: str | None = None, *, input: object = None) -> Block: ...
def workflow(name: Any = None, *, input: object = None) -> Any:
    """Record a whole run: `with playhead.workflow("refund"):`, or put it on the main function."""
    return _made(_WorkflowBlock, name, input)


@overload
def step(name: Function, /) -> Function: ...
@overload
def step(name: str | None = None, *, input: object = None) -> Block: ...
def step(name: Any = None, *, input: object = None) -> Any:
    """Record a named piece of work inside a run."""
    return _made(Block, name, input)


@overload
def tool(name: Function, /) -> Function: ...
@overload
def tool(name: str | None = None, *, input: object = None) -> Block: ...
def tool(name: Any = None, *, input: object = None) -> Any:
    """Record a tool: arguments, result, error. Its result is kept in a form replay can restore."""
    return _made(_ToolBlock, name, input)


@overload
def boundary(name: Function, /) -> Function: ...
@overload
def boundary(name: str | None = None, *, input: object = None) -> Block: ...
def boundary(name: Any = None, *, input: object = None) -> Any:
    """Record any other effect that replay must answer: a read file, a query, a random choice."""
    return _made(_BoundaryBlock, name, input)


def decide(
    name: str,
    *,
    chosen: str | Sequence[str],
    candidates: Sequence[str] = (),
    reason: str | None = None,
    scores: Sequence[float] = (),
    maker: str | None = None,
    type: DecisionType = "branch",
    input: object = None,
) -> None:
    """Record a decision: what was chosen, from what, and why. Never raises.

    Args:
        name: the question, e.g. "route".
        chosen: the answer, or several.
        candidates: all answers that were possible.
        reason: as stated by whoever decided; leave out what nobody stated.
        scores: one for each candidate.
        maker: who decided, e.g. "code:refunds.route" or "human:ana".
        type: branch, human, retry, …
        input: what the decision was based on.
    """
    recorder = start.active_recorder()
    if recorder is None:
        return
    with shield("decide"):
        source: AlternativesSource = "given" if candidates else "unknown"
        stated = Decision(
            name=name,
            type=type,
            chosen=(chosen,) if isinstance(chosen, str) else tuple(chosen),
            candidates=tuple(candidates),
            candidates_source=source,
            reason=reason,
            reason_source="none" if reason is None else "declared",
            scores=tuple(scores),
            maker=maker,
            input=None if input is None else to_json(input),
        )
        recorder.open(stated).end()


def now() -> datetime:
    """Return the time, in UTC, by a clock whose answer is recorded and which replay can give again."""
    answer = datetime.now(UTC)
    recorder = start.active_recorder()
    if recorder is not None and context.current() is not None:
        with shield("now"):
            stated = Boundary(name="now", output=answer.isoformat(), boundary=restorable(answer))
            recorder.open(stated).end()
    return answer


def _made(block: type[Block], name: Any, given: object) -> Any:
    if callable(name):
        return block()(name)
    return block(name, input=given)


def _attributes(given: dict[str, object]) -> dict[str, Json]:
    """Return the user's own attributes: plain values as they are, others as JSON text."""
    plain = (bool, int, float, str)
    return {
        name: value if isinstance(value, plain) else str(to_json(value))
        for name, value in given.items()
    }


# --- functions of the four sorts -----------------------------------------------------------------------


def _decorated(function: Callable[..., Any], call: Call) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, call)
    if inspect.iscoroutinefunction(function):
        return _coroutine(function, call)
    if inspect.isgeneratorfunction(function):
        return _generator(function, call)
    return _function(function, call)


def _function(function: Callable[..., Any], call: Call) -> Callable[..., Any]:
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


def _coroutine(function: Callable[..., Any], call: Call) -> Callable[..., Any]:
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


def _generator(function: Callable[..., Any], call: Call) -> Callable[..., Any]:
    @functools.wraps(function)
    def recorded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        opened = call.begin(args, kwargs)
        if opened is None:
            return (yield from function(*args, **kwargs))
        inner: Generator[Any, Any, Any] = function(*args, **kwargs)
        yielded: list[Any] = []
        resume: _Resume = ("next", None)
        try:
            while True:
                # The step is current only while the generator's own lines run.
                before = context.enter(opened)
                try:
                    value = _resumed(inner, resume)
                except StopIteration as stop:
                    call.end_yielded(opened, yielded, None)
                    return stop.value
                finally:
                    context.enter(before)
                _keep(yielded, value)
                try:
                    resume = ("send", (yield value))
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - handed to the generator, as it would be without us
                    resume = ("throw", thrown)
        except BaseException as error:
            call.end_yielded(opened, yielded, error)
            raise

    return recorded


def _async_generator(function: Callable[..., Any], call: Call) -> Callable[..., Any]:
    @functools.wraps(function)
    async def recorded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        opened = call.begin(args, kwargs)
        inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
        yielded: list[Any] = []
        resume: _Resume = ("next", None)
        try:
            while True:
                before = context.enter(opened) if opened is not None else None
                try:
                    value = await _resumed_async(inner, resume)
                except StopAsyncIteration:
                    if opened is not None:
                        call.end_yielded(opened, yielded, None)
                    return
                finally:
                    if opened is not None:
                        context.enter(before)
                if opened is not None:
                    _keep(yielded, value)
                try:
                    resume = ("send", (yield value))
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - handed to the generator, as it would be without us
                    resume = ("throw", thrown)
        except BaseException as error:
            if opened is not None:
                call.end_yielded(opened, yielded, error)
            raise

    return recorded


_Resume = tuple[Literal["next", "send", "throw"], Any]


def _resumed(inner: Generator[Any, Any, Any], resume: _Resume) -> Any:
    how, value = resume
    if how == "throw":
        return inner.throw(value)
    return next(inner) if value is None else inner.send(value)


async def _resumed_async(inner: AsyncGenerator[Any, Any], resume: _Resume) -> Any:
    how, value = resume
    if how == "throw":
        return await inner.athrow(value)
    return await (inner.__anext__() if value is None else inner.asend(value))


def _keep(yielded: list[Any], value: Any) -> None:
    if len(yielded) < YIELDED_MAX:
        yielded.append(value)
    elif len(yielded) == YIELDED_MAX:
        yielded.append("[truncated, more values were yielded]")
