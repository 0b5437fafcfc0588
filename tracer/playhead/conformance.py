"""The conformance kit: what every adapter must do, whoever wrote it.

Subclass `AdapterConformance`, say how your framework runs a small program, and let pytest or
unittest collect it. Required capabilities fail when they are missing; optional ones that are not
claimed are skipped and reported.
"""

import asyncio
import inspect
import statistics
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar
from unittest import SkipTest

from playhead.adapter import Adapter
from playhead.testing import RecordedStep, Recording, recorder

THREADS = 8
OVERHEAD_ROUNDS = 5


class AdapterConformance:
    """What must hold for an adapter. Give `tree`, `adapter`, `succeed`, `fail` and `hooks`.

    Attributes:
        tree: the outline that `succeed` records: kinds and names, children indented by two blanks.
        overhead_max: how much CPU `succeed` may take when it is recorded, as a multiple; `None`
            measures and prints only.
    """

    tree: ClassVar[str]
    overhead_max: ClassVar[float | None] = None

    def adapter(self) -> Adapter:
        """Return a new adapter that hooks nothing yet."""
        raise NotImplementedError

    def succeed(self) -> object:
        """Run a small program to its end, and return its result, comparable by `==`."""
        raise NotImplementedError

    def fail(self, error: Exception) -> None:
        """Run a program in which the user's own code raises `error`, and let it through."""
        raise NotImplementedError

    def hooks(self) -> Iterable[tuple[Any, str]]:
        """Return each (owner, attribute name) that the adapter replaces."""
        raise NotImplementedError

    def succeed_async(self) -> Coroutine[Any, Any, object]:
        """Optional: what `succeed` does, asynchronously."""
        raise SkipTest("asynchronous programs are not claimed")

    def stream(self) -> Iterable[object]:
        """Optional: what `succeed` does, giving its result in pieces as they come."""
        raise SkipTest("streaming is not claimed")

    # --- required -------------------------------------------------------------------------------

    def test_the_tree_is_complete(self) -> None:
        """Every step of the program is recorded, under the right one above it."""
        recording = self._record(self.succeed)
        assert recording.outline() == self.tree
        assert len({step.run_id for step in recording.all()}) == 1

    def test_the_times_of_children_lie_within_their_parents(self) -> None:
        """A step ends after it starts, and encloses what lies below it."""
        for root in self._record(self.succeed).steps():
            for step in root.walk():
                assert step.start_ns <= step.end_ns, step.step.name
                for child in step.children:
                    assert step.start_ns <= child.start_ns, child.step.name
                    assert child.end_ns <= step.end_ns, child.step.name

    def test_the_result_is_the_same_with_and_without(self) -> None:
        """The program does not notice."""
        without = self.succeed()
        with recorder(adapters=(self.adapter(),)):
            assert self.succeed() == without

    def test_an_error_passes_through_unchanged(self) -> None:
        """The caller catches the object that was raised, and the record names its class."""
        error = ArithmeticError("raised by the conformance kit")
        caught: Exception | None = None
        with recorder(adapters=(self.adapter(),)) as recording:
            try:
                self.fail(error)
            except ArithmeticError as same:
                caught = same
        assert caught is error
        assert "ArithmeticError" in {step.error_type for step in recording.all()}
        assert recording.steps()[0].error_type == "ArithmeticError"

    def test_installing_twice_records_once(self) -> None:
        """Nothing is counted twice, however often `init` was called."""
        adapter = self.adapter()
        with recorder(adapters=(adapter,)) as recording:
            adapter.install(recording.recorder)
            self.succeed()
        assert recording.outline() == self.tree

    def test_uninstall_restores_what_was_there(self) -> None:
        """After `uninstall` every hooked attribute is the object that it was before."""
        before = self._hooked()
        with recorder(adapters=(self.adapter(),)) as recording:
            assert all(a is not b for a, b in zip(self._hooked(), before, strict=True))
        assert all(a is b for a, b in zip(self._hooked(), before, strict=True))
        self.succeed()
        assert recording.all() == []

    def test_programs_in_many_threads_do_not_mix(self) -> None:
        """As many whole trees as programs, each a run of its own."""
        with (
            recorder(adapters=(self.adapter(),)) as recording,
            ThreadPoolExecutor(THREADS) as pool,
        ):
            for result in [pool.submit(self.succeed) for _ in range(THREADS)]:
                result.result()
        self._expect_runs(recording, THREADS)

    def test_the_overhead_is_measured(self) -> None:
        """Print how much more CPU a recorded program takes; fail above `overhead_max`."""
        found = statistics.median(self._overhead() for _ in range(OVERHEAD_ROUNDS))
        print(f"{self.adapter().name}: {found:.2f}x the CPU when recorded")
        assert self.overhead_max is None or found <= self.overhead_max

    # --- optional -------------------------------------------------------------------------------

    def test_asynchronous_programs_are_told_like_others(self) -> None:
        """The same tree, also for programs side by side in one event loop."""

        async def many() -> None:
            await asyncio.gather(*(self.succeed_async() for _ in range(THREADS)))

        self.succeed_async().close()  # not claimed: skips before anything is recorded
        with recorder(adapters=(self.adapter(),)) as recording:
            asyncio.run(many())
        self._expect_runs(recording, THREADS)

    def test_streaming_gives_the_same_pieces_and_the_same_tree(self) -> None:
        """Whoever reads the pieces sees no difference."""
        without = list(self.stream())
        with recorder(adapters=(self.adapter(),)) as recording:
            assert list(self.stream()) == without
        assert recording.outline() == self.tree

    def _record(self, program: Callable[[], object]) -> Recording:
        with recorder(adapters=(self.adapter(),)) as recording:
            program()
        assert recording.stats().errors == 0, "the adapter itself failed"
        return recording

    def _expect_runs(self, recording: Recording, count: int) -> None:
        roots: list[RecordedStep] = recording.steps()
        assert [root.outline() for root in roots] == [self.tree] * count
        assert len({root.run_id for root in roots}) == count

    def _hooked(self) -> list[object]:
        return [inspect.getattr_static(owner, name) for owner, name in self.hooks()]

    def _overhead(self) -> float:
        start_s = time.process_time()
        self.succeed()
        without_s = time.process_time() - start_s
        with recorder(adapters=(self.adapter(),)):
            start_s = time.process_time()
            self.succeed()
            return (time.process_time() - start_s) / without_s
