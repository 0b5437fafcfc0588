# pyright: basic
"""The Run page in every state a run can be in, and against what a run may contain."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Route, expect
from tests.dashboard import fixtures_runs as runs
from tests.dashboard.conftest import Watched, serving
from tests.dashboard.fixtures_outline import Book
from tests.dashboard.fixtures_runs import HOSTILE_NAMES
from tests.dashboard.run_page import RunPage
from tests.dashboard.run_server import BookReader, run_app

pytestmark = pytest.mark.browser
Open = Callable[..., RunPage]


@pytest.fixture(scope="module")
def reader() -> BookReader:
    made = [runs.story(), runs.deep(), runs.hostile(), runs.empty(), runs.one_step(), runs.lost(),
            runs.failing(), runs.big(10_000)]  # fmt: skip
    first = Book("first-state", workflow="first")
    root = first.step("workflow", "first", at=0, ms=9)
    for superstep in (-1, 0):
        first.step("checkpoint", f"checkpoint {superstep}", at=superstep + 2, ms=0, under=root)
    return BookReader(books={book.run_id: book for book in [*made, first]})


@pytest.fixture(scope="module")
def base(reader: BookReader) -> Iterator[str]:
    with serving(run_app(reader)) as address:
        yield address


@pytest.fixture
def open_run(base: str, watched: Callable[..., Watched]) -> Open:
    def opened(address: str, **more: object) -> RunPage:
        return RunPage(watched(base, **more).open(address)).ready()

    return opened


def test_the_checkpoint_before_the_input_has_a_name_that_can_be_found(open_run: Open) -> None:
    run = open_run("/runs/first-state")
    assert run.rows() == ["first", "initial checkpoint", "checkpoint 0"]
    assert run.search("name:initial") == "1 match"
    run.click("initial checkpoint")
    assert "duration" not in run.page.locator(".rx-cells").inner_text()  # it has none


def test_a_run_without_steps_says_so(open_run: Open) -> None:
    run = open_run("/runs/empty")
    assert (
        "its first step will show up here by itself" in run.page.locator(".rx-cover").inner_text()
    )
    assert "nothing-yet" in run.page.locator(".rx-strip").inner_text()


def test_a_run_of_one_step_can_be_played(open_run: Open) -> None:
    run = open_run("/runs/one")
    run.press("ArrowRight")
    assert run.place() == "1 / 1"
    assert "done" in run.inspector()
    run.press(" ", "ArrowLeft", "ArrowRight", "End", "Home")
    assert run.place() == "1 / 1"


def test_five_thousand_levels_can_be_walked(open_run: Open) -> None:
    run = open_run("/runs/deep")
    run.press("End")
    assert run.selected() == "level 4999"
    assert run.row("level 4999").get_attribute("aria-level") == "5000"
    box = run.row("level 4999").locator(".rx-name").bounding_box()
    assert box is not None and box["width"] > 30
    run.press("x")
    assert run.page.locator(".rx-row.critical").count() > 20
    run.press("[")
    assert run.rows() == ["level 0", "level 1"]
    run.press("]", "End")
    assert run.selected() == "level 4999"


def test_names_cannot_become_markup_reorder_or_flood(open_run: Open) -> None:
    run = open_run("/runs/hostile?tab=prompt")
    title = run.page.title()
    shown = run.rows()
    assert shown[1] == HOSTILE_NAMES[0]
    assert shown[2] == HOSTILE_NAMES[1]
    assert shown[3] == "invoice ⟨RLO⟩gpj.exe"
    assert shown[4] == "bell ⟨BEL⟩ escape ⟨ESC⟩[31m zero ⟨NUL⟩"
    assert len(shown[5]) == 300
    assert shown[8] == "(no name)"
    run.press("Home")
    for _ in HOSTILE_NAMES:
        run.press("ArrowRight")
        for tab in ("Overview", "Output", "Attributes", "Raw"):
            run.tab(tab)
        run.press("ArrowRight", "ArrowLeft")
    run.press("End", "ArrowLeft")
    run.tab("Prompt")
    said = run.page.locator(".rx-message > .rx-block > .rx-text").all_text_contents()
    assert said[0] == HOSTILE_NAMES[0]
    assert said[4] == HOSTILE_NAMES[4]
    run.tab("Output")
    assert run.page.locator(".rx-text").first.evaluate("e => e.textContent.length") == 64 * 1024
    run.page.get_by_role("button", name="Show all").click()
    assert run.page.locator(".rx-text").first.evaluate("e => e.textContent.length") == 200_000
    assert run.page.title() == title
    assert run.page.locator(".rx img, .rx script, .rx b b").count() == 0
    assert run.search("<img") != "no match"


def test_a_lost_run_says_what_is_missing(open_run: Open) -> None:
    run = open_run("/runs/lost")
    banners = run.page.locator(".rx-banner").all_inner_texts()
    assert "last sign of life was 2.50 s after the start" in banners[0]
    assert "sender's limits: 3 attributes" in banners[1]
    assert "Without their parent, shown at the top level: 1 step" in banners[2]
    lost = run.row("chat gpt-5")
    assert lost.locator(".rx-dur").inner_text() == "lost"
    assert "repeating-linear-gradient" in lost.locator(".rx-bar").evaluate(
        "e => getComputedStyle(e).backgroundImage"
    )
    orphan = run.row("orphan")
    assert orphan.locator(".rx-dur").inner_text() == "unknown"
    assert "parent never arrived" in orphan.inner_text()
    run.page.get_by_role("button", name="Go to the step").click()
    run.settled()
    assert run.selected() == "orphan"
    assert "Content was not captured" in run.inspector()
    run.click("chat gpt-5")
    cells = run.page.locator(".rx-cells").inner_text()
    assert "unknown → unknown" in cells
    assert run.sums()[0] == "cost unknown"


def test_a_failed_run_leads_to_its_cause(open_run: Open) -> None:
    run = open_run("/runs/failed")
    banner = run.page.locator(".rx-banner.error")
    assert "KeyError in refund: 'order_id'" in banner.inner_text()
    banner.get_by_role("button", name="Go to the step").click()
    run.settled()
    assert run.selected() == "refund"
    assert "Content was cut" in run.inspector()
    run.page.get_by_text("Stack trace").click()
    assert "KeyError: 'order_id'" in run.page.locator(".rx-error details .rx-text").inner_text()
    run.page.locator(".rx-step-link", has_text="retry of").click()
    run.settled()
    assert run.selected() == "refund-triage"
    run.click("look up order")
    assert "Secrets were masked" in run.inspector()


def test_a_run_that_mostly_waited_opens_with_its_idle_time_compressed(
    open_run: Open, reader: BookReader
) -> None:
    book = runs.one_step("waited")
    for at in (2_000, 3 * 24 * 3_600_000):
        book.step("workflow", "single", at=at, ms=900)
    reader.books["waited"] = book
    run = open_run("/runs/waited")
    compress = run.page.get_by_role("button", name="Compress idle")
    assert compress.get_attribute("aria-pressed") == "true"
    assert "3d 0h idle, compressed" in (
        run.page.locator(".rx-grid b").last.get_attribute("title") or ""
    )
    widths = run.page.locator(".rx-bar:visible").evaluate_all("all => all.map(e => e.clientWidth)")
    assert min(widths[1:]) > 40
    run.press("c")
    assert "view=-compress" in run.address()


def test_what_arrives_is_drawn_and_the_reader_is_not_disturbed(
    open_run: Open, reader: BookReader
) -> None:
    book = runs.running("live")
    reader.books["live"] = book
    run = open_run("/runs/live")
    live = run.page.locator(".rx-live")
    expect(live).to_have_text("Live")
    assert run.row("chat gpt-5").locator(".rx-dur").inner_text() == "running"
    run.click("search")
    run.press("Enter")
    root = book.roots[0]
    node = book.step("node", "publish", at=3000, ms=40, under=root)
    book.step("tool_call", "send", at=3010, ms=20, under=node, output="sent")
    reader.tell(book)
    expect(run.page.get_by_text("publish", exact=True)).to_be_visible()
    assert run.rows() == ["slow-research", "search", "synthesise", "chat gpt-5", "publish", "send"]
    assert run.selected() == "search"
    for step in book.steps.values():
        if step.status == "running":
            step.status, step.duration_ms = "ok", 3100 - step.start_ms
    call = next(s for s in book.steps.values() if s.kind == "model_call")
    call.content["answer"] = [runs.text("assistant", "The summary.")]
    book.status = "completed"
    run.click("chat gpt-5")
    assert "The summary." in run.inspector() or "Answer" not in run.inspector()
    reader.tell(book)
    expect(run.page.locator(".rx-strip .rx-pill")).to_contain_text("completed")
    expect(run.page.locator(".rx-insp-body")).to_contain_text("The summary.")
    assert run.selected() == "chat gpt-5"
    expect(live).to_have_text("")


def test_a_broken_stream_shows_that_the_page_is_stale(
    base: str, reader: BookReader, watched: Callable[..., Watched]
) -> None:
    reader.books["stale"] = runs.running("stale")
    page = watched(base)
    page.allow("Failed to load resource")
    page.page.route("**/api/runs/stale/events", lambda route: route.abort())
    run = RunPage(page.open("/runs/stale")).ready()
    expect(run.page.locator(".rx-live")).to_contain_text("Stale since")
    page.page.unroute("**/api/runs/stale/events")
    expect(run.page.locator(".rx-live")).to_have_text("Live", timeout=15_000)


def test_a_step_that_cannot_be_read_can_be_tried_again(
    base: str, watched: Callable[..., Watched]
) -> None:
    page = watched(base)
    page.allow("503")
    run = RunPage(page.open("/runs/story")).ready()

    def refuse(route: Route) -> None:
        body = '{"error": {"code": "busy", "message": "the index is being made again"}}'
        route.fulfill(status=503, body=body, content_type="application/json")

    page.page.route("**/api/steps/*", refuse)
    run.click("plan")
    assert "could not be read: the index is being made again." in run.inspector()
    page.page.unroute("**/api/steps/*")
    run.page.get_by_role("button", name="Try again").click()
    expect(run.page.locator(".rx-insp-body")).to_contain_text("Output")
    assert "fetch credit agreement" in run.inspector()


def test_an_outline_that_cannot_be_read_can_be_tried_again(
    base: str, watched: Callable[..., Watched]
) -> None:
    page = watched(base)
    page.allow("Failed to load resource")
    page.page.route("**/outline", lambda route: route.abort())
    page.open("/runs/story")
    expect(page.page.get_by_role("alert")).to_contain_text("The run could not be read")
    page.page.unroute("**/outline")
    page.page.get_by_role("button", name="Try again").click()
    run = RunPage(page.page).ready()
    assert run.rows()[0] == "compliance-review"


def test_a_run_that_is_not_known_is_a_page_of_its_own(
    base: str, watched: Callable[..., Watched]
) -> None:
    page = watched(base).open("/runs/nobody-knows-me")
    assert "This run is not known" in page.locator("#page").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "address",
    [
        "/runs/story",
        "/runs/story?q=kind:model_call&view=replay&tab=prompt",
        "/runs/failed",
        "/runs/lost",
        "/runs/hostile",
        "/runs/empty",
        "/runs/big",
    ],
)
def test_axe_finds_nothing(
    base: str, watched: Callable[..., Watched], address: str, theme: str
) -> None:
    page = watched(base, theme=theme)
    run = RunPage(page.open(address)).ready()
    if "empty" not in address:
        run.press("End", "ArrowLeft")
    if "story" in address:
        run.click("draft") if "q=" not in address else run.press("n", "n")
    assert page.axe() == []


@pytest.mark.parametrize("width", [1440, 720, 390])
def test_the_page_fits_its_window(open_run: Open, width: int) -> None:
    run = open_run("/runs/story", width=width)
    run.press("End", "ArrowLeft")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert run.evaluate(overflow) == 0
    place = run.page.locator(".rx-left").bounding_box()
    inspector = run.page.locator(".rx-insp").bounding_box()
    assert place is not None and inspector is not None
    assert (inspector["x"] >= place["x"] + place["width"] - 8) == (width > 900)
    assert run.page.locator(".rx-replay").is_visible()
