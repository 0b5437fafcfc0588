# pyright: basic
"""Every page in a real browser, on the real store: filled, empty, narrow, in both themes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.collector.served import Served
from tests.dashboard.conftest import Watched

pytestmark = pytest.mark.browser
Open = Callable[..., Watched]
PATHS = ["/", "/runs", "/costs", "/costs?by=model", "/failures", "/nowhere"]


def base_of(server: Served) -> str:
    return server.server.address


def ready(page: Watched, path: str) -> None:
    """Wait for what a page fetches after it is drawn."""
    if path == "/runs":
        page.page.wait_for_selector("#runs-grid .ag-row, #runs-error .state")
    if path.startswith("/costs"):
        page.page.wait_for_selector(".chart .js-plotly-plot .main-svg, .state")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(demo_server: Served, watched: Open, path: str, theme: str) -> None:
    page = watched(base_of(demo_server), theme=theme)
    page.open(path)
    ready(page, path)
    assert page.page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.axe() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/runs", "/costs", "/failures"])
def test_axe_finds_nothing_where_nothing_is(
    empty_server: Served, watched: Open, path: str, theme: str
) -> None:
    page = watched(base_of(empty_server), theme=theme)
    page.open(path)
    ready(page, path)
    assert page.axe() == []


@pytest.mark.parametrize("path", ["/", "/runs", "/costs", "/failures"])
@pytest.mark.parametrize("width", [390, 800])
def test_narrow_windows_do_not_scroll_sideways(
    demo_server: Served, watched: Open, path: str, width: int
) -> None:
    page = watched(base_of(demo_server), width=width)
    page.open(path)
    ready(page, path)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.axe() == []


def test_the_empty_page_says_the_one_line_and_copies_it(
    empty_server: Served, watched: Open
) -> None:
    page = watched(base_of(empty_server))
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.open("/")
    expect(page.page.get_by_text("pip install playhead", exact=True)).to_be_visible()
    expect(page.page.get_by_text("http/protobuf")).to_be_visible()
    page.page.get_by_role("button", name="Copy import playhead; playhead.init()").click()
    expect(page.page.locator(".copy[data-copied]")).to_be_visible()
    copied = page.page.evaluate("navigator.clipboard.readText()")
    assert copied == "import playhead; playhead.init()"


def test_the_cards_open_the_runs_that_they_count(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    card = page.page.locator(".card", has_text="Failure rate")
    failed = card.locator(".card-note").inner_text().split(" ")[0]
    card.click()
    expect(page.page.locator("#runs-count")).to_have_text(f"{failed} runs")
    assert "q=status%3Afailed" in page.page.url


def test_the_newest_failure_opens_at_the_step_that_failed(
    demo_server: Served, watched: Open
) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    page.page.locator(".panel", has_text="Newest failures").locator("li a").first.click()
    page.page.wait_for_url("**/runs/*?step=*")
    page.settled()


def test_keys_go_to_pages_and_back_works(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    for key, path in (("f", "/failures"), ("c", "/costs"), ("r", "/runs"), ("o", "/")):
        page.page.keyboard.press("g")
        page.page.keyboard.press(key)
        page.page.wait_for_url(f"**{path}")
        page.settled()
        expect(page.page.locator("nav.rail [aria-current=page]")).to_have_attribute("href", path)
    page.page.go_back()
    page.page.wait_for_url("**/runs")


def test_help_opens_with_a_key_and_closes_with_escape(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    page.page.keyboard.press("?")
    dialog = page.page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    assert page.axe() == []
    page.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_theme_is_kept_and_never_flashes(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server), theme="light")
    page.open("/costs")
    page.page.wait_for_selector(".js-plotly-plot .main-svg")
    tick = "getComputedStyle(document.querySelector('.xtick text')).fill"
    light = page.page.evaluate(tick)
    page.page.get_by_role("button", name="Switch between light and dark").click()
    page.page.wait_for_function(f"{tick} !== {light!r}")
    page.page.add_init_script(
        "window.firstTheme = null; new MutationObserver((_, self) => {"
        " if (document.body) { window.firstTheme = document.documentElement.dataset.theme;"
        " self.disconnect(); } }).observe(document, {childList: true, subtree: true})"
    )
    page.page.reload()
    page.settled()
    assert page.page.evaluate("window.firstTheme") == "dark"


def test_the_range_is_in_the_address_and_comes_along(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    page.page.get_by_label("Time range").select_option("all")
    page.page.wait_for_url("**/?range=all")
    page.page.get_by_role("link", name="Costs").first.click()
    page.page.wait_for_url("**/costs?range=all")
    page.settled()
    expect(page.page.get_by_label("Time range")).to_have_value("all")


def test_every_group_of_costs_opens_its_runs(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/costs?by=model")
    row = page.page.locator("tbody tr").first
    runs = row.locator("td").last.inner_text()
    row.get_by_role("link").first.click()
    expect(page.page.locator("#runs-count")).to_have_text(f"{runs} runs")


def test_a_bar_of_the_chart_opens_the_runs_of_its_day(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/costs")
    page.page.wait_for_selector("#chart-spend .bars .point path")
    box = page.page.locator("#chart-spend .bars .point path").nth(3).bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2)
    page.page.wait_for_selector("#chart-spend .hoverlayer .hovertext")
    page.page.mouse.down()
    page.page.mouse.up()
    page.page.wait_for_url("**/runs?*day%3A*")
    page.page.wait_for_selector("#runs-grid .ag-row")


def test_the_friday_afternoon_is_found_and_opens_its_runs(
    demo_server: Served, watched: Open
) -> None:
    page = watched(base_of(demo_server))
    page.open("/failures?range=all")
    expect(page.page.locator(".callout")).to_contain_text("Friday 15:00–16:00 UTC")
    callout = page.page.locator(".callout").inner_text()
    said = re.search(r"Cause: OpenAIRateLimitError at synthesise. Spent: (\$[\d.]*\d)", callout)
    assert said is not None
    row = page.page.locator("table:not(.heat) tr", has_text="OpenAIRateLimitError").inner_text()
    assert said[1] in row
    cell = page.page.locator(".heat a.heat-peak")
    label = cell.get_attribute("aria-label") or ""
    failed = label.split(": ")[1].split(" ")[0]
    cell.click()
    expect(page.page.locator("#runs-count")).to_have_text(f"{failed} runs")


def test_the_heat_map_is_walked_with_arrow_keys(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/failures?range=all")
    first = page.page.locator(".heat a[tabindex='0']")
    first.focus()
    before = first.get_attribute("aria-label")
    page.page.keyboard.press("ArrowRight")
    after = page.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert after and after != before
    assert page.page.locator(".heat a[tabindex='0']").count() == 1


def test_the_live_dot_says_that_it_listens(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    expect(page.page.locator("#live-state")).to_have_attribute("data-state", "live")


def test_the_skip_link_leads_to_the_page(demo_server: Served, watched: Open) -> None:
    page = watched(base_of(demo_server))
    page.open("/")
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.page.keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.id") == "main"
