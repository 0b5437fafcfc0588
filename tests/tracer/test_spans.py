# pyright: basic
"""Code without a framework: blocks and decorators, of every sort of function."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

import playhead
from playhead import context
from playhead.boundary import restore
from playhead.steps import Boundary, Decision, Node, Restorable, ToolCall, Workflow
from playhead.testing import Recording, recorder


def current_name() -> str:
    step = context.current()
    assert step is not None
    return step.step.name


def only(recording: Recording, name: str):
    [found] = [step for step in recording.all() if step.step.name == name]
    return found


def test_blocks_nest_and_keep_what_is_stated() -> None:
    with recorder() as recording, playhead.workflow("refund", input={"order": 7}) as run:
        with playhead.step("look up") as step:
            step.update(output=[1], weight=3)
        with playhead.tool("send", input={"to": "ana"}) as sent:
            sent.update(output={"ok": True})
        assert run.run_id == f"{1:032x}"
        assert step.step_id == f"{1:032x}-{2:016x}"
        run.update(output="done")
    [root] = recording.steps()
    assert root.outline() == "workflow refund\n  node look up\n  tool_call send"
    assert root.step == Workflow(
        name="refund", input={"order": 7}, output="done", outcome="completed"
    )
    assert root.children[0].step == Node(name="look up", output=[1], attributes={"weight": 3})
    assert root.children[1].step == ToolCall(
        name="send",
        input={"to": "ana"},
        output={"ok": True},
        boundary=Restorable(state="restorable"),
    )


def test_an_exception_is_recorded_and_goes_on_unchanged() -> None:
    wrong = LookupError("no such order")

    @playhead.tool
    def look_up(order: int) -> str:
        """Find an order.

        By number.
        """
        raise wrong

    with recorder() as recording, pytest.raises(LookupError) as caught:
        look_up(7)
    assert caught.value is wrong
    [step] = recording.steps()
    assert (step.error_type, step.error_message) == ("LookupError", "no such order")
    assert isinstance(step.step, ToolCall)
    assert step.step.description == "Find an order.\n\nBy number."
    assert step.step.input == {"order": 7}
    assert step.step.boundary is not None
    raised = restore(step.step.boundary, None)
    assert isinstance(raised, LookupError)
    assert raised.args == ("no such order",)


def test_every_sort_of_function_is_recorded_and_stays_of_its_sort() -> None:
    @playhead.tool
    def plain(a: int, b: int = 2) -> int:
        return a + b

    @playhead.tool(name="co")
    async def coroutine(a: int) -> int:
        await asyncio.sleep(0)
        return a

    @playhead.step
    def generator(n: int) -> Iterator[int]:
        yield from range(n)

    @playhead.step
    async def async_generator(n: int) -> AsyncIterator[int]:
        for i in range(n):
            yield i

    async def drain() -> list[int]:
        return [i async for i in async_generator(2)]

    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)
    assert str(inspect.signature(plain)) == "(a: int, b: int = 2) -> int"
    with recorder() as recording:
        assert plain(1) == 3
        assert asyncio.run(coroutine(5)) == 5
        assert list(generator(3)) == [0, 1, 2]
        assert asyncio.run(drain()) == [0, 1]
    assert [(s.step.name, s.step.input, s.step.output) for s in recording.all()] == [
        ("plain", {"a": 1}, 3),
        ("co", {"a": 5}, 5),
        ("generator", {"n": 3}, [0, 1, 2]),
        ("async_generator", {"n": 2}, [0, 1]),
    ]


def test_a_generator_takes_and_throws_as_it_would_without_us() -> None:
    def talk() -> Iterator[object]:
        heard = []
        while True:
            try:
                heard.append((yield len(heard)))
            except KeyError as error:
                heard.append(error)
            if len(heard) == 3:
                return heard

    def drive(generator) -> list[object]:
        key = KeyError("k")
        seen = [next(generator), generator.send("a"), generator.throw(key)]
        try:
            generator.send("b")
        except StopIteration as stop:
            seen.append([v is key or v for v in stop.value])
        return seen

    with recorder() as recording:
        assert drive(playhead.step(talk)()) == drive(talk())
    assert only(recording, "talk").step.output == [0, 1, 2]


def test_an_abandoned_generator_ends_its_step_and_did_not_fail() -> None:
    closed = []

    @playhead.step
    def numbers() -> Generator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(current_name())

    with recorder() as recording:
        generator = numbers()
        next(generator)
        generator.close()
    step = only(recording, "numbers")
    assert closed == ["numbers"]
    assert step.error_type is None
    assert step.step.output == [1]
    assert step.step.attributes == {"playhead.closed_early": True}


def test_between_two_values_of_a_generator_its_step_is_not_the_current_one() -> None:
    @playhead.step
    def inner() -> Iterator[str]:
        yield current_name()
        playhead.decide("inside", chosen="x")

    with recorder() as recording, playhead.workflow("outer"):
        generator = inner()
        assert next(generator) == "inner"
        assert current_name() == "outer"
        with playhead.step("between"):
            assert list(generator) == []
    assert recording.outline() == (
        "workflow outer\n  node inner\n    decision inside\n  node between"
    )


def test_a_value_that_changes_after_it_was_yielded_is_kept_as_it_was() -> None:
    @playhead.tool
    def grow() -> Iterator[list[int]]:
        values: list[int] = []
        for i in range(3):
            values.append(i)
            yield values

    with recorder() as recording:
        list(grow())
    assert only(recording, "grow").step.output == [[0], [0, 1], [0, 1, 2]]


def test_methods_of_every_sort_keep_their_binding() -> None:
    class Desk:
        @playhead.tool
        def one(self, x: int) -> tuple[str, int]:
            return type(self).__name__, x

        @playhead.tool
        @classmethod
        def two(cls, x: int) -> tuple[str, int]:
            return cls.__name__, x

        @staticmethod
        @playhead.tool
        def three(x: int) -> int:
            return x

        @playhead.tool
        @staticmethod
        def four(x: int) -> int:
            return x

    with recorder() as recording:
        assert (Desk().one(1), Desk.two(2), Desk.three(3), Desk().four(4)) == (
            ("Desk", 1),
            ("Desk", 2),
            3,
            4,
        )
    assert [s.step.input for s in recording.all()] == [{"x": i} for i in (1, 2, 3, 4)]


def test_a_decorator_on_a_class_is_refused_in_words() -> None:
    with pytest.raises(playhead.ConfigurationError, match="Desk is a class"):

        @playhead.tool
        class Desk:
            pass


def test_a_wrong_call_raises_what_python_raises() -> None:
    @playhead.tool
    def two(a: int, b: int) -> int:
        return a + b

    with recorder() as recording, pytest.raises(TypeError, match="missing 1 required"):
        two(1)  # pyright: ignore
    assert recording.steps()[0].step.input == {"args": [1], "kwargs": {}}


def test_decisions_as_call_block_and_decorator() -> None:
    @playhead.decide("route", candidates=["auto", "human"])
    def route(amount: int) -> str:
        return "human" if amount > 500 else "auto"

    with recorder() as recording, playhead.workflow("refund"):
        playhead.decide(
            "amount",
            chosen="big",
            candidates=["big", "small"],
            reason="900 > 500",
            scores=[0.9, 0.1],
        )
        assert route(900) == "human"
        with playhead.decide("who", type="human", maker="human:ana") as choice:
            choice.choose("ana", "bo", reason="both asked")
    first, second, third = (s.step for s in recording.steps()[0].children)
    assert first == Decision(
        name="amount",
        chosen=("big",),
        candidates=("big", "small"),
        candidates_source="given",
        reason="900 > 500",
        reason_source="declared",
        scores=(0.9, 0.1),
    )
    assert isinstance(second, Decision)
    assert (second.chosen, second.input, second.reason) == (("human",), {"amount": 900}, None)
    assert second.reason_source == "code"
    assert second.maker == f"code:{__name__}.{route.__qualname__}"
    assert second.declared_at is not None
    assert second.declared_at.startswith(__file__)
    assert third == Decision(
        name="who",
        type="human",
        maker="human:ana",
        chosen=("ana", "bo"),
        reason="both asked",
        reason_source="declared",
    )


@dataclass
class Order:
    number: int
    at: datetime


def test_a_result_named_by_its_annotation_comes_back_as_the_same_object() -> None:
    order = Order(7, datetime(2026, 11, 22, tzinfo=UTC))

    @playhead.boundary
    def read() -> dict[str, Order]:
        return {"a": order}

    @playhead.boundary
    def odd() -> object:
        return threading.Lock()

    with recorder() as recording:
        read()
        odd()
    kept = only(recording, "read").step
    assert isinstance(kept, Boundary)
    assert kept.boundary is not None
    from playhead.boundary import named_classes

    assert restore(kept.boundary, kept.output, classes=named_classes(read)) == {"a": order}
    lost = only(recording, "odd").step
    assert isinstance(lost, Boundary)
    assert lost.boundary == Restorable(
        state="unrestorable", reason="the result holds a _thread.lock"
    )


def test_now_is_recorded_inside_a_run() -> None:
    with recorder() as recording, playhead.workflow("w"):
        told = playhead.now()
    step = only(recording, "now").step
    assert isinstance(step, Boundary)
    assert step.boundary is not None
    assert restore(step.boundary, step.output) == told


def test_without_init_nothing_happens_and_everything_works() -> None:
    with playhead.workflow("w") as run:
        run.update(output=1)
        playhead.decide("d", chosen="x")
        assert run.run_id is None
        assert playhead.now().tzinfo is UTC
    assert playhead.flush()


def test_tasks_threads_and_executors_keep_their_parent() -> None:
    @playhead.tool
    async def child(i: int) -> int:
        await asyncio.sleep(0)
        return i

    async def gather() -> None:
        with playhead.workflow("tasks"):
            await asyncio.gather(*(child(i) for i in range(20)))

    with recorder() as recording:
        asyncio.run(gather())
        with playhead.workflow("pool"), ThreadPoolExecutor(4) as pool:
            list(pool.map(playhead.tool(name="mapped")(lambda i: i), range(20)))
        with playhead.workflow("thread"):
            thread = threading.Thread(target=lambda: playhead.decide("in thread", chosen="y"))
            thread.start()
            thread.join()
    assert [len(root.children) for root in recording.steps()] == [20, 20, 1]


def test_a_pool_that_outlives_a_run_does_not_pull_others_into_it() -> None:
    with recorder() as recording, ThreadPoolExecutor(1) as pool:
        with playhead.workflow("first"):
            pool.submit(playhead.decide, "a", chosen="x").result()
        pool.submit(playhead.decide, "b", chosen="x").result()
        with playhead.workflow("second"):
            pool.submit(playhead.decide, "c", chosen="x").result()
    assert recording.outline() == (
        "workflow first\n  decision a\ndecision b\nworkflow second\n  decision c"
    )


def test_only_our_own_context_crosses_into_threads() -> None:
    own: ContextVar[str] = ContextVar("own", default="default")
    own.set("changed")
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        seen.append((own.get(), context.current() is not None))

    with recorder(), playhead.workflow("w"), ThreadPoolExecutor(1) as pool:
        pool.submit(look).result()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [("default", True), ("default", True)]


def test_hooks_on_threads_are_taken_out_again() -> None:
    before = (threading.Thread.start, ThreadPoolExecutor.submit)
    with recorder():
        assert threading.Thread.start is not before[0]
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == before


def test_one_block_entered_twice_makes_two_steps() -> None:
    block = playhead.step("again")
    with recorder() as recording, block, block:
        pass
    assert recording.outline() == "node again\n  node again"
