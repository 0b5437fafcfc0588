# pyright: basic
"""The Run page in a real browser: waterfall, inspector, replay, search, address."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from tests.dashboard.conftest import Watched, serving
from tests.dashboard.fixtures_outline import Book
from tests.dashboard.fixtures_runs import QUESTION, big, story
from tests.dashboard.run_page import RunPage
from tests.dashboard.run_server import BookReader, run_app

pytestmark = pytest.mark.browser
STORY = story()
BIG = big(10_000)
Open = Callable[..., RunPage]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(run_app(BookReader(books={b.run_id: b for b in (STORY, BIG)}))) as address:
        yield address


@pytest.fixture
def open_run(base: str, watched: Callable[..., Watched]) -> Open:
    def opened(address: str = "/runs/story", **more: object) -> RunPage:
        return RunPage(watched(base, **more).open(address)).ready()

    return opened


def names_in_order(book: Book) -> list[str]:
    return [step.name for step, _ in book.in_tree_order()]


def test_rows_are_the_tree_in_order(open_run: Open) -> None:
    run = open_run()
    assert run.rows() == names_in_order(STORY)[: len(run.rows())]
    assert len(run.rows()) > 20
    tree = run.page.get_by_role("treegrid", name="Steps of the run")
    assert tree.get_attribute("aria-rowcount") == str(len(STORY.steps))
    chat = run.row("chat gpt-5-mini")
    assert chat.get_attribute("aria-level") == "3"
    assert chat.get_attribute("aria-expanded") == "true"
    assert "model call, chat gpt-5-mini, ok" in (chat.get_attribute("aria-label") or "")


def test_the_head_says_what_is_unknown(open_run: Open) -> None:
    run = open_run()
    strip = run.page.locator(".rx-strip").inner_text()
    assert "completed" in strip
    assert "≥ $0.1230, 2 unknown" in strip
    assert "50.1k" in strip


def test_attempts_failures_and_choices_show_on_their_rows(open_run: Open) -> None:
    run = open_run()
    attempts = run.page.locator(".rx-badge:visible").all_inner_texts()
    assert sorted(attempts) == ["1/3", "2/3", "3/3"]
    assert "→ web_search" in run.row("choose_tool").inner_text()
    assert "RateLimitError: 429" in run.row("fetch_filings", 1).inner_text()
    assert run.row("fetch_filings", 1).locator(".rx-row-status").is_visible()


def test_a_collapsed_row_hides_its_children_and_shows_that_they_failed(open_run: Open) -> None:
    run = open_run()
    run.click("compliance-review")
    run.press("Enter")
    assert run.rows() == ["compliance-review"]
    root = run.row("compliance-review")
    assert root.get_attribute("aria-expanded") == "false"
    assert "fails-inside" in (root.get_attribute("class") or "")
    run.press("Enter")
    assert len(run.rows()) > 20
    run.press("[")
    assert run.rows() == [s.name for s, depth in STORY.in_tree_order() if depth <= 1]
    run.press("]")
    assert run.rows()[:4] == names_in_order(STORY)[:4]


def test_the_inspector_shows_a_model_call_as_stated(open_run: Open) -> None:
    run = open_run()
    run.click("chat gpt-5-mini", 1)
    cells = run.page.locator(".rx-cells").inner_text()
    assert "1,480 → 96" in cells
    assert "$0.0047" in cells
    assert "248 ms" in cells
    run.tab("Prompt")
    step = next(s for s in STORY.steps.values() if s.facts.get("tokens_input") == 1480)
    stated = [part["content"] for part in step.content["system"]]
    stated += [part["content"] for message in step.content["messages"] for part in message.parts]
    shown = run.page.locator(".rx-message .rx-text").all_text_contents()
    assert shown == stated
    roles = run.page.locator(".rx-message > header b").all_text_contents()
    assert roles == ["system", "user", "user"]
    run.tab("Output")
    cards = run.page.locator(".rx-card header b").all_text_contents()
    assert cards == ["fetch_filings", "vector_lookup"]
    assert "call_2" in run.inspector()


def test_the_inspector_shows_a_tool_call_as_stated(open_run: Open) -> None:
    run = open_run()
    run.click("python_exec")
    code = next(s for s in STORY.steps.values() if s.name == "python_exec").content["input"]["code"]
    assert run.page.locator(".rx-string").first.text_content() == code
    assert run.page.locator(".rx-text").text_content() == "3.6257"


def test_the_inspector_shows_what_was_chosen_why_and_what_came_of_it(open_run: Open) -> None:
    run = open_run()
    run.click("choose_tool")
    options = run.page.locator(".rx-options li").all_inner_texts()
    assert [option.split("\n")[0] for option in options] == [
        "fetch_filings",
        "web_search",
        "vector_lookup",
    ]
    chosen = run.page.locator(".rx-options li.chosen").inner_text()
    assert "web_search" in chosen
    assert "0.66" in chosen
    assert "chosen" in chosen
    assert "web_search is the declared fallback." in run.inspector()
    assert "examples/research_graph.py:88" in run.inspector()
    run.page.get_by_role("button", name="web_search").click()
    run.settled()
    assert run.selected() == "web_search"
    assert "Chosen by" in run.inspector()
    run.click("route")
    assert "No reason was stated." in run.inspector()


def test_the_inspector_shows_a_failed_attempt_on_the_wire(open_run: Open) -> None:
    run = open_run("/runs/story?q=http:429")
    run.press("n")
    shown = run.inspector()
    assert "https://api.openai.com/v1/chat/completions" in shown
    assert "429" in shown
    assert "retry after 2 s" in shown
    assert "x-request-id" in shown


def test_the_state_follows_the_playhead(open_run: Open) -> None:
    run = open_run("/runs/story?tab=state")
    run.press("e", "e", "e")
    assert run.selected() == "research"
    assert "State after superstep 3" in run.inspector()
    assert "findings" in run.page.locator(".rx-change.is-added").inner_text()
    run.press("End")
    assert run.selected() == "checkpoint"
    changed = run.page.locator(".rx-change.is-changed").inner_text()
    assert "verdict" in changed
    assert "PASS" in run.page.locator(".rx-change ins").inner_text()


def test_replay_moves_everything_together(open_run: Open) -> None:
    run = open_run()
    run.press("Home")
    assert run.place() == f"1 / {len(STORY.steps)}"
    assert run.sums() == ("$0", "0 tok")
    run.press("ArrowRight", "ArrowRight")
    assert run.selected() == "chat gpt-5-mini"
    assert run.sums() == ("$0.0052", "1452 tok")
    assert QUESTION in run.inspector()
    assert run.page.locator(".rx-node.active text").first.text_content() == "plan"
    assert run.page.locator(".rx-row.future").count() > 15
    assert run.page.get_by_role("slider").get_attribute("aria-valuenow") == "3"
    run.press("ArrowRight", "ArrowRight", ".", ".", ",")
    assert run.place().startswith("6 /")
    assert run.page.locator(".rx-node.active text").first.text_content() == "research"
    run.press("End")
    assert run.sums() == ("≥ $0.1230", "50.1k tok")
    assert run.page.locator(".rx-row.future").count() == 0
    run.press("Escape")
    assert run.page.locator(".rx-row.future").count() == 0


def test_play_steps_by_itself_until_the_end_and_pauses(open_run: Open) -> None:
    run = open_run()
    run.page.get_by_role("button", name="4 times speed").click()
    run.press("Home", " ")
    expect(run.page.locator(".rx-place")).to_have_text(re.compile(r"^([6-9]|[1-3]\d) /"))
    run.press(" ")
    stopped = run.place()
    run.page.wait_for_timeout(300)
    assert run.place() == stopped
    assert run.page.get_by_role("button", name="Play", exact=True).is_visible()


def test_a_short_run_is_played_at_a_pace_that_can_be_read(open_run: Open) -> None:
    run = open_run()
    run.evaluate(
        """() => {
            const real = window.setTimeout;
            window.waits = [];
            window.setTimeout = (call, ms, ...more) => {
                window.waits.push(ms);
                return real(call, ms, ...more);
            };
        }"""
    )
    run.press("Home", " ")
    expect(run.page.locator(".rx-place")).to_have_text(re.compile(r"^[4-9] /"))
    run.press(" ")
    waits = run.evaluate("window.waits")
    assert 15_000 / len(STORY.steps) in waits
    assert 120 not in waits


def test_the_graph_shows_where_the_playhead_is_at_every_step(open_run: Open) -> None:
    run = open_run(width=1200)
    run.press("Home")
    seen = 0
    for _ in range(len(STORY.steps) - 1):
        run.press("ArrowRight")
        inside = run.evaluate(
            """() => {
                const node = document.querySelector('.rx-node.active rect');
                if (!node) return null;
                const box = node.getBoundingClientRect();
                const frame = document.querySelector('.rx-graph-scroll').getBoundingClientRect();
                return box.left >= frame.left && box.right <= frame.right;
            }"""
        )
        assert inside is not False
        seen += inside is True
    assert seen > 10


def test_dragging_the_scrubber_moves_the_playhead(open_run: Open) -> None:
    run = open_run()
    box = run.page.locator(".rx-scrub").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    run.page.mouse.move(box["x"] + 10, middle)
    run.page.mouse.down()
    run.page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    run.page.mouse.up()
    run.settled()
    assert abs(int(run.place().split()[0]) - len(STORY.steps) // 2) <= 1


def test_search_counts_steps_through_and_dims(open_run: Open) -> None:
    run = open_run()
    assert run.search("kind:tool_call") == "6 matches"
    assert run.page.locator(".rx-row.match:visible").count() >= 5
    assert run.search("kind:tool_call status:error") == "2 matches"
    assert run.search("dur>6s") == "3 matches"
    assert run.search("cost>0.02 model:claude*") == "2 matches"
    assert run.search("-kind:checkpoint synergy") == "no match"
    assert run.search("attempt>=2 kind:node") == "2 matches"
    assert run.search("ratelimit") == "4 matches"
    assert run.search("cost>abc") == "abc is no number for cost"
    assert run.search("colour:red") == "no field colour"
    run.search("kind:decision")
    run.page.keyboard.press("Enter")
    run.page.keyboard.press("Enter")
    run.settled()
    assert run.page.locator(".rx-found").inner_text() == "2 of 6"
    assert run.selected() == "should_continue"
    run.page.keyboard.press("Escape")
    expect(run.page.locator(".rx-row.dim")).to_have_count(0)


def test_a_number_of_the_header_finds_its_steps(open_run: Open) -> None:
    run = open_run()
    for fact, words, kind in (
        ("tool calls", "kind:tool_call", "tool call"),
        ("errors", "status:error", ""),
        ("model calls", "kind:model_call", "model call"),
    ):
        button = run.page.get_by_role("button", name=fact).and_(run.page.locator(".rx-fact"))
        stated = int(button.locator("b").inner_text())
        button.click()
        assert f"q={words}" in run.address()
        assert run.page.locator(".rx-found").inner_text() == f"{stated} matches"
        matches = run.page.locator(".rx-row.match:visible")
        assert all(kind in (r.get_attribute("aria-label") or "") for r in matches.all())
    run.press("n")  # the keyboard is with the waterfall again
    assert run.selected() == "chat gpt-5-mini"
    run.page.locator(".fact-model-calls").click()
    assert "q=" not in run.address()


def test_only_matches_keeps_the_way_to_them(open_run: Open) -> None:
    run = open_run("/runs/story?q=kind:interrupt&view=only")
    assert run.rows() == ["compliance-review", "approve the finding"]
    assert "only" in run.address()


def test_a_link_to_a_step_selects_and_shows_it(open_run: Open) -> None:
    steps = [step for step, _ in STORY.in_tree_order()]
    last = next(s for s in reversed(steps) if s.name == "should_continue")
    run = open_run(f"/runs/story?step={last.step_id}&view=compress+replay&tab=attributes")
    run.settled()
    assert run.selected() == "should_continue"
    assert run.row("should_continue", 1).is_visible()
    assert last.step_id in run.inspector()
    assert run.page.locator(".rx-row.future").count() == 1
    compress = run.page.get_by_role("button", name="Compress idle")
    assert compress.get_attribute("aria-pressed") == "true"


def test_the_address_holds_the_view_and_back_leaves_the_page(
    base: str, watched: Callable[..., Watched]
) -> None:
    run = RunPage(watched(base).open("/runs"))
    run.page.evaluate("playheadShell.go('/runs/story')")
    run.ready()
    run.click("route")
    run.search("kind:tool_call")
    run.page.get_by_role("button", name="Critical path").click()
    run.tab("Raw")
    step = next(s for s in STORY.steps.values() if s.name == "route")
    assert run.address() == f"?step={step.step_id}&q=kind:tool_call&view=critical&tab=raw"
    run.page.go_back()
    run.page.wait_for_selector(".rx", state="detached")
    assert run.page.url.endswith("/runs")
    run.page.go_forward()
    run.ready()
    assert run.selected() == "route"


def test_the_address_holds_what_is_closed(open_run: Open) -> None:
    run = open_run()
    whole = run.rows()
    run.click("chat gpt-5-mini")
    run.press("Enter")
    closed = run.rows()
    assert closed != whole
    address = run.address()
    assert "&closed=" in address
    again = open_run(f"/runs/story{address}")
    again.settled()
    assert again.rows() == closed
    again.press("[")
    assert "closed=all" in again.address()
    rows = again.rows()
    assert open_run("/runs/story?closed=all").rows() == rows
    again.press("]")
    assert "closed" not in again.address()


def test_zoom_by_wheel_minimap_and_keys(open_run: Open) -> None:
    run = open_run()
    run.click("compliance-review")
    run.press("w", "w", "w")
    assert "view=z0-" in run.address()
    run.press("0")
    assert "view" not in run.address()
    box = run.page.locator(".rx-mini").bounding_box()
    assert box is not None
    run.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    run.page.mouse.down()
    run.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 20, steps=3)
    run.page.mouse.up()
    low, high = run.address().removeprefix("?step=").split("view=z")[1].split("-")
    assert (round(float(low)), round(float(high))) == (50, 75)
    run.page.locator(".rx-mini").dblclick(position={"x": 5, "y": 5})
    assert "view" not in run.address()


def test_compressed_gaps_are_marked(open_run: Open) -> None:
    run = open_run()
    assert run.page.locator(".rx-grid b").count() == 0
    run.press("c")
    gaps = run.page.locator(".rx-grid b")
    assert gaps.count() >= 3
    assert "idle, compressed" in (gaps.first.get_attribute("title") or "")
    run.press("c")
    assert run.page.locator(".rx-grid b").count() == 0


def test_the_graph_counts_visits_and_dashes_what_was_never_taken(open_run: Open) -> None:
    run = open_run()
    run.press("End")
    edges = run.page.evaluate(
        """() => [...document.querySelectorAll('.rx-edge')].map(e =>
            [e.querySelector('title').textContent, e.classList.contains('never')])"""
    )
    assert dict(edges) == {
        "__start__ → plan: taken 1×": False,
        "plan → research: taken 1×": False,
        "research → extract (conditional): taken 1×": False,
        "research → compute (conditional): taken 1×": False,
        "extract → research (conditional): taken 1×": False,
        "extract → compute (conditional): declared, never taken": True,
        "compute → draft (conditional): taken 1×": False,
        "compute → research (conditional): declared, never taken": True,
        "draft → review: taken 2×": False,
        "review → draft (conditional): taken 1×": False,
        "review → __end__ (conditional): taken 1×": False,
    }
    visits = run.page.locator(".rx-visits").all_text_contents()
    assert visits == ["2", "2", "2"]


def test_ten_thousand_steps_stay_a_small_page(open_run: Open) -> None:
    run = open_run("/runs/big")
    follow = run.page.get_by_role("button", name="Follow rows")
    assert follow.get_attribute("aria-pressed") == "true"
    run.press("End", "e", "e")
    assert run.page.evaluate("document.querySelectorAll('*').length") <= 2_000
    shown = run.inspector()
    assert "RateLimitError" in shown
    assert "44" in run.search("status:error kind:tool_call")
    run.page.keyboard.press("Enter")
    run.settled()
    assert run.page.evaluate("document.querySelectorAll('*').length") <= 2_000
