# pyright: basic
"""The Runs page in a real browser: search, order, live arrival, huge lists, hostile texts, faults."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from tests.collector.served import Served
from tests.dashboard.conftest import Watched, serving
from tests.dashboard.memory_reader import NOW_NS, MemoryReader, make_run
from tests.dashboard.memory_server import memory_app

from playhead_collector.read import Reader
from playhead_dashboard.app import content_security_policy, create_app

pytestmark = pytest.mark.browser
Open = Callable[..., Watched]
Serve = Callable[..., Served]
HUGE = 100_000
HOSTILE = [
    "<img src=x onerror=\"console.error('owned')\">",
    "<script>console.error('owned')</script>",
    "javascript:console.error('owned')",
    "=cmd|' /C calc'!A0",
    "a\u202egpj.exe",
    "\x1b[31mred\x1b[0m",
    "x" * 5_000,
    "{{7*7}} ${7*7} %{x}",
]


def span(index: int, *, name: str = "refund", start_ns: int | None = None, **error: str) -> Any:
    """One ended workflow as OTLP/JSON."""
    start = time.time_ns() if start_ns is None else start_ns
    told: dict[str, str] = {"playhead.kind": "workflow", "playhead.run.id": f"{index:032x}"}
    told |= {"playhead.step.name": name, "gen_ai.workflow.name": name}
    if error:
        told |= {"error.type": error["type"]}
    return {
        "traceId": f"{index + 1:032x}",
        "spanId": f"{index + 1:016x}",
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 10**9),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in told.items()],
        "status": {"code": 2, "message": error["message"]} if error else {"code": 1},
    }


def send(server: Served, *spans: Any) -> None:
    answer = server.post({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]})
    assert answer.status == 200


def rows(page: Page) -> list[list[str]]:
    """The visible rows, top to bottom, cell by cell."""
    page.wait_for_selector("#runs-grid .ag-center-cols-container .ag-row .status")
    found = page.evaluate(
        "[...document.querySelectorAll('#runs-grid .ag-center-cols-container .ag-row')]"
        ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
        ".map(row => [...row.querySelectorAll('.ag-cell')].map(cell => cell.innerText))"
    )
    return found


@pytest.fixture(scope="module")
def huge() -> Iterator[str]:
    """A dashboard over a hundred thousand runs."""
    reader = MemoryReader([make_run(i, days=4_000 / HUGE * 27) for i in range(HUGE)])
    with serving(memory_app(reader)) as address:
        yield address


def test_a_click_on_a_header_orders_all_runs(demo_server: Served, watched: Open) -> None:
    page = watched(demo_server.server.address).open("/runs")
    rows(page)
    page.get_by_role("columnheader", name="Cost").click()
    page.wait_for_url("**/runs?sort=-cost")
    page.wait_for_function(
        "document.querySelector('[col-id=cost][aria-sort]').getAttribute('aria-sort')==='descending'"
    )
    dearest = demo_server.ask("GET", "/api/runs?sort=-cost&limit=5").json()["items"]
    expect(page.locator("#runs-grid [row-index='0'] [col-id=short_id]")).to_have_text(
        dearest[0]["run_id"][:10]
    )
    page.go_back()
    newest = demo_server.ask("GET", "/api/runs?limit=1").json()["items"][0]
    expect(page.locator("#runs-grid [row-index='0'] [col-id=short_id]")).to_have_text(
        newest["run_id"][:10]
    )


def test_an_address_brings_its_search_and_order(demo_server: Served, watched: Open) -> None:
    page = watched(demo_server.server.address).open("/runs?q=status%3Afailed&sort=duration")
    assert {row[0] for row in rows(page)} == {"failed"}
    expect(page.get_by_label("Search runs")).to_have_value("status:failed")
    expect(page.locator("[col-id=duration][aria-sort]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#runs-pills [aria-current]")).to_contain_text("Failed")


def test_what_is_typed_filters_and_lies_in_the_address(demo_server: Served, watched: Open) -> None:
    page = watched(demo_server.server.address).open("/runs")
    rows(page)
    page.keyboard.press("/")
    page.keyboard.type("error:Recursion")
    page.wait_for_url(re.compile("q=error%3ARecursion"))
    expect(page.locator("#runs-grid [row-index='0'] [col-id=errors]")).to_contain_text(
        "GraphRecursionError"
    )
    page.get_by_role("link", name="All").click()


def test_a_search_that_breaks_is_shown_at_its_character(demo_server: Served, watched: Open) -> None:
    page = watched(demo_server.server.address).open("/runs?q=status%3Afailed%20sta%3Ax")
    place = page.locator(".query-place")
    expect(place).to_be_visible()
    line, marker = place.inner_text().split("\n")
    assert line[marker.index("^") :].startswith("sta")
    page.get_by_label("Search runs").fill("status:failed")
    page.get_by_label("Search runs").press("Enter")
    expect(place).to_be_hidden()
    assert {row[0] for row in rows(page)} == {"failed"}


def test_no_match_says_so_and_leads_out(demo_server: Served, watched: Open) -> None:
    page = watched(demo_server.server.address).open("/runs?q=workflow%3Anobody")
    page.get_by_role("link", name="Without the search").click()
    rows(page)


def test_a_row_opens_its_run_by_mouse_and_by_keyboard(demo_server: Served, watched: Open) -> None:
    watch = watched(demo_server.server.address)
    page = watch.open("/runs")
    rows(page)
    page.locator("#runs-grid [row-index='1'] [col-id=steps]").click()
    page.wait_for_url("**/runs/*")
    watch.settled()
    page.go_back()
    rows(page)
    page.locator("#runs-grid [row-index='0'] [col-id=status]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    watch.settled()


def test_new_runs_are_announced_and_nothing_jumps(own_server: Serve, watched: Open) -> None:
    server = own_server()
    send(server, *[span(i, start_ns=time.time_ns() - (i + 60) * 10**9) for i in range(4)])
    wait_for_runs(server, 4)
    watch = watched(server.server.address)
    page = watch.open("/runs")
    expect(page.locator("#runs-count")).to_have_text("4 runs")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    first = rows(page)[0][2]
    send(server, *[span(i, name="late") for i in range(10, 13)])
    button = page.get_by_role("button", name="3 new runs")
    expect(button).to_be_visible()
    assert rows(page)[0][2] == first
    button.click()
    expect(page.locator("#runs-count")).to_have_text("7 runs")
    expect(page.locator("#runs-grid [row-index='0'] [col-id=workflow]")).to_have_text("late")
    expect(button).to_be_hidden()


def test_the_overview_counts_what_arrives(own_server: Serve, watched: Open) -> None:
    server = own_server()
    page = watched(server.server.address).open("/")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    send(server, span(1))
    expect(page.get_by_role("link", name="Runs 1 ")).to_be_visible()


def test_the_button_of_the_empty_page_loads_the_demo(own_server: Serve, watched: Open) -> None:
    server = own_server()
    page = watched(server.server.address).open("/")
    with page.expect_response("**/api/demo", timeout=60_000) as loaded:
        page.get_by_role("button", name="Load demo runs").click()
    expect(page.get_by_role("heading", name="Is everything well?")).to_be_visible(timeout=60_000)
    assert loaded.value.ok


def test_hostile_texts_are_texts(own_server: Serve, watched: Open) -> None:
    server = own_server()
    send(
        server,
        *[span(i, name=text, type=text[:200], message=text) for i, text in enumerate(HOSTILE)],
    )
    wait_for_runs(server, len(HOSTILE))
    watch = watched(server.server.address)
    for path in ("/", "/costs", "/failures"):
        watch.open(path)
        assert watch.axe() == []
    page = watch.open("/runs")
    shown = [row[1] for row in rows(page)]
    assert "'=cmd|' /C calc'!A0" in shown
    assert HOSTILE[0] in shown
    assert page.locator("#runs-grid img, #runs-grid script").count() == 0


def test_a_hundred_thousand_runs_scroll_and_stay_small(huge: str, watched: Open) -> None:
    page = watched(huge).open("/runs?range=all")
    expect(page.locator("#runs-count")).to_have_text("100,000 runs")
    for row in (100, 200, 300):
        page.evaluate(f"dash_ag_grid.getApi('runs-grid').ensureIndexVisible({row})")
        page.wait_for_selector(f"#runs-grid [row-index='{row}'] .status")
    assert page.evaluate("document.querySelectorAll('#runs-grid .ag-row *').length") < 2_000


@pytest.mark.parametrize("path", ["/?range=all", "/costs?range=all", "/failures?range=all"])
def test_pages_over_a_hundred_thousand_runs_stay_small(huge: str, watched: Open, path: str) -> None:
    page = watched(huge).open(path)
    page.wait_for_selector(".card")
    assert page.evaluate("document.querySelectorAll('#page *').length") < 2_500


class Broken(MemoryReader):
    """A reader that fails until it is mended."""

    mended = False

    def __getattribute__(self, name: str) -> Any:
        questions = ("overview", "runs", "costs", "failures")
        if name in questions and not object.__getattribute__(self, "mended"):
            raise OSError("the index cannot be read")
        return super().__getattribute__(name)


def broken_mount(reader: Broken) -> Callable[[FastAPI, Reader], str]:
    return lambda app, _: content_security_policy(create_app(reader, app, clock=lambda: NOW_NS))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/runs", "/costs", "/failures"])
def test_a_store_that_fails_is_said_and_tried_again(
    own_server: Serve, watched: Open, path: str, theme: str
) -> None:
    reader = Broken([make_run(i) for i in range(50)])
    server = own_server(broken_mount(reader))
    watch = watched(server.server.address, theme=theme)
    page = watch.open(path)
    expect(page.get_by_role("heading", name="This page could not be read")).to_be_visible()
    expect(page.get_by_text("OSError: the index cannot be read")).to_be_visible()
    assert watch.axe() == []
    reader.mended = True
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="This page could not be read")).to_be_hidden()
    page.wait_for_selector(".card, #runs-grid .status")


def wait_for_runs(server: Served, runs: int) -> None:
    deadline = time.monotonic() + 20
    while server.ask("GET", "/api/health").json()["runs"] != runs:
        assert time.monotonic() < deadline
        time.sleep(0.05)
