"""`workflow`, `step`, `tool`, `boundary`, `decide`: steps of code that no adapter knows.

Each is a block (`with`, `async with`) and a decorator for functions, coroutines, generators and
asynchronous generators. Without `init` they do nothing at all. Recording never raises.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar, cast, overload

from playhead import context, start
from playhead.boundary import restorable, restorable_error
from playhead.calls import StepCall, decorated, origin
from playhead.content import to_json
from playhead.recorder import OpenStep
from playhead.semconv import DecisionType
from playhead.shield import shield
from playhead.steps import Boundary, Decision, Json, JsonText, Node, Step, ToolCall, Workflow

Function = TypeVar("Function", bound=Callable[..., Any])


class Block:
    """A step to be: enter it, or put it on a function. `update` states results inside the block."""

    _kind: ClassVar[type[Step]] = Node
    _is_boundary: ClassVar[bool] = False

    def __init__(self, name: str | None = None, *, input: object = None) -> None:
        """`name` is what a person would call the step; on a function, its own name by default."""
        self._name = name
        self._input = input
        self._inside: list[tuple[OpenStep | None, OpenStep | None]] = []  # (step, the one before)
        self._last: OpenStep | None = None

    def __call__(self, function: Function) -> Function:
        """Return `function`, recorded each time it is called."""
        return cast("Function", decorated(function, self._call))

    def __enter__(self) -> Self:
        """Open the step and make it the current one."""
        opened = before = None
        with shield("block.enter"):
            recorder = start.active_recorder()
            if recorder is not None:
                opened = recorder.open(self._stated())
                before = context.enter(opened)
        self._inside.append((opened, before))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        """End the step; an exception is recorded and goes on."""
        opened, before = self._inside.pop()
        self._last = opened
        if opened is not None:
            context.enter(before)
            with shield("block.exit"):
                self._state_end(opened, error)
            opened.end(error=error)

    async def __aenter__(self) -> Self:
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
        opened = self._opened
        return None if opened is None or opened.silent else opened.run_id

    @property
    def step_id(self) -> str | None:
        """Id of this step, as pages and the API use it; `None` when nothing is recorded."""
        opened = self._opened
        return None if opened is None or opened.silent else opened.step_id

    def update(self, *, output: object = None, input: object = None, **attributes: object) -> None:
        """State what came out or went in, and any attributes of your own. Never raises."""
        opened = self._opened
        if opened is None:
            return
        with shield("block.update"):
            facts: dict[str, Any] = {}
            if input is not None:
                facts["input"] = to_json(input)
            if output is not None:
                facts["output"] = to_json(output)
                if self._is_boundary:
                    facts["boundary"] = restorable(output)
            if attributes:
                facts["attributes"] = {**opened.step.attributes, **_plain(attributes)}
            opened.update(**facts)

    @property
    def _opened(self) -> OpenStep | None:
        return self._inside[-1][0] if self._inside else self._last

    def _stated(self) -> Step:
        given = None if self._input is None else to_json(self._input)
        return self._kind(name=self._name or self._kind.kind, input=given)

    def _state_end(self, opened: OpenStep, error: BaseException | None) -> None:
        if self._is_boundary and error is not None:
            opened.update(boundary=restorable_error(error))
        elif isinstance(opened.step, ToolCall | Boundary) and opened.step.boundary is None:
            opened.update(boundary=restorable(None))

    def _call(self, function: Callable[..., Any]) -> StepCall:
        return StepCall(
            self._kind, self._name or _name(function), function, is_boundary=self._is_boundary
        )


class _WorkflowBlock(Block):
    _kind = Workflow


class _ToolBlock(Block):
    _kind = ToolCall
    _is_boundary = True


class _BoundaryBlock(Block):
    _kind = Boundary
    _is_boundary = True


class Choice(Block):
    """A decision to be: `choose` inside the block, or let the function's result be the choice."""

    _kind = Decision

    def __init__(self, stated: Decision) -> None:
        """`stated` is all that is known before the choice."""
        super().__init__(stated.name)
        self._decision = stated

    def choose(self, *chosen: str, reason: str | None = None) -> None:
        """State what was chosen and, where somebody said so, why. Never raises."""
        opened = self._opened
        if opened is not None:
            facts: dict[str, Any] = {"chosen": tuple(map(str, chosen))}
            if reason is not None:
                facts |= {"reason": str(reason), "reason_source": "declared"}
            opened.update(**facts)

    def _stated(self) -> Step:
        return self._decision

    def _call(self, function: Callable[..., Any]) -> StepCall:
        return _ChoiceCall(self._decision, function)


class _ChoiceCall(StepCall):
    """Records what a routing function was given, and what it returned as the choice."""

    def __init__(self, stated: Decision, function: Callable[..., Any]) -> None:
        super().__init__(Decision, stated.name, function, is_boundary=False)
        maker, place = origin(function)
        self._stated = replace(
            stated,
            maker=stated.maker or maker,
            declared_at=place,
            reason_source="code" if stated.reason is None else stated.reason_source,
        )

    def state(self, given: JsonText) -> Step:
        return replace(self._stated, input=given)

    def state_result(self, opened: OpenStep, result: object) -> None:
        several = isinstance(result, list | tuple | set | frozenset)
        chosen = cast("Sequence[object]", result) if several else (result,)
        opened.update(chosen=tuple(v if isinstance(v, str) else to_json(v) for v in chosen))


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
    chosen: str | Sequence[str] | None = None,
    candidates: Sequence[str] = (),
    reason: str | None = None,
    scores: Sequence[float] = (),
    maker: str | None = None,
    type: DecisionType = "branch",
    input: object = None,
) -> Choice:
    """Record a decision: what was chosen, from what, and why. Never raises.

    With `chosen` it is recorded at once. Without, the result is a block with `choose`, and a
    decorator for a function whose result is the choice.

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
    stated = Decision(name=str(name), type=type)
    with shield("decide"):
        stated = replace(
            stated,
            chosen=(chosen,) if isinstance(chosen, str) else tuple(chosen or ()),
            candidates=tuple(candidates),
            candidates_source="given" if candidates else "unknown",
            reason=reason,
            reason_source="none" if reason is None else "declared",
            scores=tuple(scores),
            maker=maker,
            input=None if input is None else to_json(input),
        )
        recorder = start.active_recorder()
        if chosen is not None and recorder is not None:
            recorder.open(stated).end()
    return Choice(stated)


def now() -> datetime:
    """Return the time in UTC, by a clock whose answers are recorded, so that replay can give them."""
    answer = datetime.now(UTC)
    recorder = start.active_recorder()
    if recorder is not None and context.current() is not None:
        with shield("now"):
            stated = Boundary(name="now", output=answer.isoformat(), boundary=restorable(answer))
            recorder.open(stated).end()
    return answer


def _made(block: type[Block], name: Any, given: object) -> Any:
    if name is not None and not isinstance(name, str):
        return block()(name)
    return block(name, input=given)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", None) or type(function).__name__


def _plain(given: dict[str, object]) -> dict[str, Json]:
    """Return the user's own attributes: plain values as they are, others as JSON text."""
    return {
        name: value if isinstance(value, bool | int | float | str) else str(to_json(value))
        for name, value in given.items()
    }
