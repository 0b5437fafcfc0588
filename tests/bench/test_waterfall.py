# pyright: basic
"""The Run page at 10,000 steps in Chromium: interactive, select, step, collapse, search, scrub.

Times are from the act to the second animation frame after it, when its result is on the screen;
"interactive" is from the start of the navigation, with the scripts in the browser's cache. Only
counts and ratios can fail; milliseconds are read on a quiet machine (`make bench`).
"""

import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page
from tests.dashboard.conftest import serving, watch
from tests.dashboard.fixtures_runs import big, story
from tests.dashboard.run_server import BookReader, run_app

pytestmark = [pytest.mark.browser, pytest.mark.bench]

REPEATS = 15
LOADS = 5
NODES_MAX = 2_000
# 10,000 steps are some 230 times the small run. A cost that grows with the run would be far
# above this; one that grows with the window alone is near 1.
RATIO_MAX = 12.0

ACTS = {
    # The act, and what must be true before the clock stops.
    "select a row": """(i) => {
        const rows = [...document.querySelectorAll('.rx-row')].filter(r => r.style.display !== 'none')
            .sort((a, b) => a.line - b.line);
        const row = rows[4 + (i % 12)], box = row.getBoundingClientRect();
        row.dispatchEvent(new PointerEvent('pointerdown',
            { bubbles: true, button: 0, clientX: box.left + 40, clientY: box.top + 4 }));
    }""",
    "select, content read": "(i) => {}",
    "step": "(i) => press('ArrowRight')",
    "next error": "(i) => press('e')",
    "collapse all": "(i) => press('[')",
    "expand all": "(i) => press(']')",
    "search": """(i) => {
        const input = document.querySelector('.rx-search input');
        input.value = ['kind:tool_call status:error', 'dur>1s', 'query', ''][i % 4];
        input.dispatchEvent(new Event('input', { bubbles: true }));
    }""",
    "critical path": "(i) => press('x')",
    "compress idle": "(i) => press('c')",
    "jump to the end": "(i) => press(i % 2 ? 'Home' : 'End')",
}
ACTS["select, content read"] = ACTS["select a row"]

MEASURE = """async ([act, repeats, whole]) => {
    const press = (key) => document.querySelector('.rx-scroll').dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const frame = () => new Promise(r => requestAnimationFrame(r));
    const body = document.querySelector('.rx-insp-body');
    const times = [];
    for (let i = 0; i < repeats; i++) {
        const began = performance.now();
        act.call(null, i, press);
        while (whole && body.getAttribute('aria-busy') === 'true') await frame();
        await frame();
        await frame();
        times.push(performance.now() - began);
        await new Promise(r => setTimeout(r, 60));
    }
    return times;
}"""


@dataclass
class Timed:
    """Milliseconds of one act."""

    act: str
    times_ms: list[float]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.times_ms)

    @property
    def p90_ms(self) -> float:
        return sorted(self.times_ms)[int(len(self.times_ms) * 0.9)]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    books = {book.run_id: book for book in (story(), big(10_000))}
    with serving(run_app(BookReader(books=books))) as address:
        yield address


def load(page: Page, address: str) -> float:
    """Open a run and return the milliseconds until it can be used."""
    page.goto(address)
    page.wait_for_selector('.rx[data-ready="1"]')
    return page.evaluate("performance.getEntriesByName('playhead:ready')[0].startTime")


def measure(page: Page, act: str) -> Timed:
    script = MEASURE.replace("act.call(null, i, press)", f"({ACTS[act]})(i)")
    whole = act == "select, content read"
    return Timed(act, page.evaluate(script, [None, REPEATS, whole]))


def run_all(page: Page, address: str) -> list[Timed]:
    load(page, address)
    loads = Timed("interactive, warm", [load(page, address) for _ in range(LOADS)])
    page.keyboard.press("Home")
    page.wait_for_selector(".rx-insp-body[aria-busy=false]")
    return [loads, *(measure(page, act) for act in ACTS)]


def test_the_run_page_is_as_fast_with_ten_thousand_steps(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    watched = watch(context, base)
    small = run_all(watched.page, base + "/runs/story")
    large = run_all(watched.page, base + "/runs/big")
    nodes = watched.page.evaluate("document.querySelectorAll('*').length")
    version = browser.version
    context.close()
    print_table(small, large, nodes, version)
    assert watched.unexpected() == []
    assert nodes <= NODES_MAX
    for few, many in zip(small[1:], large[1:], strict=True):
        assert many.median_ms < RATIO_MAX * few.median_ms, few.act


def print_table(small: list[Timed], large: list[Timed], nodes: int, version: str) -> None:
    load_1, cpus = os.getloadavg()[0], os.cpu_count()
    print(f"\nRun page, Chromium {version}, {cpus} CPUs, load {load_1:.1f}")
    print(f"{'ms':<24}{'n':>4}{'44 steps':>12}{'90 %':>8}{'10,000 steps':>15}{'90 %':>8}")
    for few, many in zip(small, large, strict=True):
        print(
            f"{few.act:<24}{len(many.times_ms):>4}{few.median_ms:>12.0f}{few.p90_ms:>8.0f}"
            f"{many.median_ms:>15.0f}{many.p90_ms:>8.0f}"
        )
    print(f"elements on the page: {nodes}")
