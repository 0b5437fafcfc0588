# pyright: basic
"""The dashboard on its server, without a browser: routes, bundles, policy, callbacks, faults."""

import gzip
import inspect
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.collector.served import Served
from tests.dashboard.memory_reader import NOW_NS, MemoryReader, make_run
from tests.dashboard.test_panels import drawn

from playhead_collector.read import QueryError
from playhead_dashboard.app import content_security_policy, create_app, draw
from playhead_dashboard.bundles import IMMUTABLE
from playhead_dashboard.pages import PAGES
from playhead_dashboard.urls import Address

PAGE_BYTES_MAX = 1_100_000  # gzip, without the chart library
PATHS = ["/", "/runs", "/costs", "/failures"]


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    create_app(MemoryReader([make_run(i) for i in range(300)]), app, clock=lambda: NOW_NS)
    with TestClient(app) as client:
        yield client


def test_every_server_callback_is_async() -> None:
    dash = create_app(MemoryReader(), FastAPI())
    callbacks = {name: entry.get("callback") for name, entry in dash.callback_map.items()}
    server_side = {name: function for name, function in callbacks.items() if function is not None}
    assert len(server_side) >= 4
    assert [
        n for n, function in server_side.items() if not inspect.iscoroutinefunction(function)
    ] == []


def test_the_policy_has_one_hash_and_no_eval() -> None:
    policy = content_security_policy(create_app(MemoryReader(), FastAPI()))
    assert re.search(r"script-src 'self' 'sha256-[A-Za-z0-9+/=]+'(;|$)", policy)
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", [*PATHS, "/runs/abc", "/nowhere"])
def test_a_cold_deep_link_has_language_scripts_and_nothing_foreign(
    client: TestClient, path: str
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    assert "dash_renderer" in page.text
    assert "/assets/boot.js" in page.text
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page.text)
    assert [attributes for attributes in inline if "json" not in attributes] == [
        ' id="_dash-renderer" type="application/javascript"'
    ]


def test_no_page_opens_a_websocket(client: TestClient) -> None:
    assert "websocket" not in client.get("/").text


def test_bundles_are_compressed_once_and_kept_for_ever(client: TestClient) -> None:
    sources = re.findall(r'src="([^"]+)"', client.get("/").text)
    assert len(sources) > 10
    for source in sources:
        first, second = client.get(source), client.get(source)
        assert first.status_code == 200
        assert first.headers["cache-control"].encode() == IMMUTABLE
        assert first.content == second.content


def test_a_bundle_that_is_not_there_is_not_found(client: TestClient) -> None:
    for path in ("/_dash-component-suites/dash/nope.js", "/assets/nope.js"):
        assert client.get(path).status_code == 404


def test_who_takes_no_gzip_gets_the_plain_file(client: TestClient) -> None:
    source = re.findall(r'src="([^"]*dash_renderer[^"]*)"', client.get("/").text)[0]
    plain = client.get(source, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = client.get(source, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content


def test_a_page_weighs_less_than_eleven_hundred_kilobytes(client: TestClient) -> None:
    page = client.get("/runs").text
    sources = [*re.findall(r'src="([^"]+)"', page), *re.findall(r'href="(/[^"]+\.css[^"]*)"', page)]
    # The grid's second half is loaded when the first grid is drawn.
    suite = next(s for s in sources if "dash_ag_grid/dash_ag_grid" in s)
    second = suite.replace("dash_ag_grid.v", "async-community.v").replace(".min.js", ".js")
    bytes_of = {s: len(gzip.compress(client.get(s).content, 6)) for s in [*sources, second]}
    total = sum(bytes_of.values())
    print(f"page weight {total:,} bytes gzip in {len(bytes_of)} files")
    assert not any("plotly.min" in s for s in sources)
    assert total < PAGE_BYTES_MAX


class Failing(MemoryReader):
    """A reader whose store is gone."""

    def __getattribute__(self, name: str):
        if name in ("overview", "costs", "failures", "find_run", "run", "runs"):
            raise OSError("the index cannot be read: <b>disk</b>")
        return super().__getattribute__(name)


@pytest.mark.parametrize("path", ["/", "/costs", "/failures", "/runs/abc"])
def test_a_reader_that_fails_gives_a_page_that_says_so(path: str) -> None:
    page = drawn(draw(Failing(), Address(path=path), NOW_NS).body)
    assert "This page could not be read" in page
    assert "OSError: the index cannot be read" in page
    assert "data-retry" in page


def test_a_search_that_is_not_understood_is_said_on_the_page() -> None:
    class Strict(MemoryReader):
        def costs(self, *args: object, **more: object):
            raise QueryError("There is no field 'sta'.", position=0, hint="Did you mean status?")

    page = drawn(draw(Strict(), Address(path="/costs", params={"q": "sta:x"}), NOW_NS).body)
    assert "Did you mean status?" in page


def test_an_address_that_means_nothing_says_so() -> None:
    assert "There is no page" in drawn(draw(MemoryReader(), Address(path="/x"), NOW_NS).body)


def test_every_page_of_the_rail_has_a_key_of_its_own() -> None:
    keys = [page.key for page in PAGES if page.key]
    assert sorted(keys) == ["c", "f", "o", "r"]


def test_foreign_hosts_and_origins_get_no_page_and_no_answer(demo_server: Served) -> None:
    for path in ("/", "/runs", "/assets/shell.js", "/_dash-layout", "/_dash-dependencies"):
        assert demo_server.ask("GET", path, headers={"host": "evil.example"}).status == 403
    foreign = {"origin": "http://evil.example", "content-type": "application/json"}
    update = demo_server.ask("POST", "/_dash-update-component", body=b"{}", headers=foreign)
    assert update.status == 403


def test_unknown_api_routes_are_no_pages(demo_server: Served) -> None:
    answer = demo_server.ask("GET", "/api/nope")
    assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")
