# pyright: basic
"""Host, origin, token and CSRF, over every route that the app has."""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import SecretStr
from tests.collector.served import JSON, Answer, Served, request, served, span

from playhead_collector.app import Server, StartError
from playhead_collector.read import Reader
from playhead_collector.receive.security import Door, host_name
from playhead_collector.settings import ServerSettings

TOKEN = "correct horse battery"
CSRF = {"x-playhead-csrf": "1"}
POLICY = "default-src 'self'; script-src 'self' 'sha256-abc'; frame-ancestors 'none'"


def mount(app: FastAPI, reader: Reader) -> str:
    """A page, a catch-all as Dash has one, and a route that changes something."""

    @app.post("/api/demo")
    async def demo() -> dict[str, int]:
        return {"done": 1}

    @app.post("/_dash-update-component")
    async def update() -> dict[str, int]:
        return {"updated": 1}

    @app.get("/{path:path}")
    async def page(path: str) -> HTMLResponse:
        return HTMLResponse("<p>page", headers={"access-control-allow-origin": "*"})

    return POLICY


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("door") / "data", mount=mount) as running:
        yield running


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("locked") / "data", mount=mount, token=TOKEN) as running:
        yield running


def routes(server: Served) -> list[tuple[str, str]]:
    """Every method and path of the app, with something in the place of parameters."""
    found: set[tuple[str, str]] = set()

    def collect(entries: Any) -> None:
        for route in entries:
            path = getattr(route, "path", None)
            if hasattr(route, "original_router"):  # how FastAPI 0.165 keeps an included router
                collect(route.original_router.routes)
            if path is None:
                continue
            filled = re.sub(r"\{[^}]*\}", "x", path)
            for method in getattr(route, "methods", None) or {"GET"}:
                found.add((method, filled))

    collect(server.server.app.routes)
    return sorted(found)


def send(server: Served, method: str, path: str, headers: dict[str, str]) -> Answer:
    body = b"{}" if method in ("POST", "PUT", "PATCH", "DELETE") else None
    return server.ask(method, path, body=body, headers={**JSON, **CSRF, **headers})


def test_the_app_has_the_routes_that_are_promised(server: Served) -> None:
    found = {path for _, path in routes(server)}
    assert {"/v1/traces", "/x/v1/logs", "/api/health", "/api/runs", "/api/openapi.json"} <= found
    assert {"/api/demo", "/_dash-update-component", "/x"} <= found
    assert len(found) > 20


def test_no_route_answers_for_a_foreign_host(server: Served) -> None:
    for method, path in routes(server):
        for host in ("evil.example", f"evil.example:{server.port}", "127.0.0.1.evil.example", ""):
            answer = send(server, method, path, {"host": host})
            assert answer.status == 403, (method, path, host)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:4318", "localhost"),
        ("localhost.:4318", "localhost"),
        ("127.0.0.1:1", "127.0.0.1"),
        ("[::1]:4318", "::1"),
        ("[::1]", "::1"),
        ("", None),
        ("user@localhost", None),
        ("localhost:port", None),
        ("localhost/path", None),
        ("localhost, evil.example", None),
        ("[::1", None),
    ],
)
def test_the_name_of_a_host_header(host: str, name: str | None) -> None:
    assert host_name(host) == name


def test_every_name_of_loopback_is_answered_for(server: Served) -> None:
    for host in ("localhost", f"127.0.0.1:{server.port}", "[::1]:9", "LocalHost:80"):
        assert server.ask("GET", "/api/health", headers={"host": host}).status == 200


def test_two_host_headers_are_refused(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("GET", "/api/health", skip_host=True)
    connection.putheader("host", "127.0.0.1")
    connection.putheader("host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status in (400, 403)
    connection.close()


def test_no_route_answers_another_origin(server: Served) -> None:
    own = f"http://127.0.0.1:{server.port}"
    for method, path in routes(server):
        for origin in ("http://evil.example", "null", f"http://localhost:{server.port}",
                       "http://127.0.0.1:1", f"{own}.evil.example", f"evil://127.0.0.1:{server.port}"):  # fmt: skip
            answer = send(server, method, path, {"origin": origin})
            assert answer.status == 403, (method, path, origin)


def test_own_origin_and_no_origin_are_let_in(server: Served) -> None:
    own = {"origin": f"http://127.0.0.1:{server.port}"}
    for headers in ({}, own):
        assert server.ask("GET", "/api/health", headers=headers).status == 200
        assert server.post(request(span()), **headers).status == 200
        assert send(server, "POST", "/api/demo", headers).json() == {"done": 1}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_to_pages_and_nothing_else(server: Served, site: str) -> None:
    visit = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    framed = {**visit, "sec-fetch-dest": "iframe"}
    image = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
    assert server.ask("GET", "/runs/abc", headers=visit).status == 200
    assert server.ask("GET", "/api/runs", headers=visit).status == 403
    assert server.ask("GET", "/runs/abc", headers=framed).status == 403
    assert server.ask("GET", "/api/runs", headers=image).status == 403
    assert server.ask("GET", "/api/runs", headers={"sec-fetch-site": "same-origin"}).status == 200
    assert server.ask("GET", "/", headers={"sec-fetch-site": "none"}).status == 200


def test_a_change_needs_json_and_our_header(server: Served) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    text = {"content-type": "text/plain"}
    assert server.ask("POST", "/api/demo", body=b"{}", headers=JSON).status == 403
    assert server.ask("POST", "/api/demo", body=b"a=b", headers={**form, **CSRF}).status == 415
    assert server.ask("POST", "/api/demo", body=b"{}", headers={**text, **CSRF}).status == 415
    assert server.ask("POST", "/api/demo", body=b"{}", headers={**JSON, **CSRF}).status == 200
    assert server.ask("POST", "/_dash-update-component", body=b"{}", headers=text).status == 415
    assert server.ask("POST", "/_dash-update-component", body=b"{}", headers=JSON).status == 200


def test_a_large_body_is_refused_where_it_is_not_otlp(server: Served) -> None:
    answer = server.ask("POST", "/api/demo", body=b" " * (9 * 2**20), headers={**JSON, **CSRF})
    assert (answer.status, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path", ["/", "/api/health", "/api/nope", "/v1/traces", "/nope", "/api/openapi.json"]
)
def test_every_answer_wears_the_headers_that_protect_it(server: Served, path: str) -> None:
    for headers in ({}, {"host": "evil.example"}):
        answer = server.ask("GET", path, headers=headers)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "server" not in answer.headers


def test_a_preflight_gets_no_permission(server: Served) -> None:
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = server.ask("OPTIONS", "/v1/traces", headers=asked)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/api", "/api/nope", "/api/runs/x/nope", "/v1", "/v1/profiles", "/v1/nope"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_route_of_the_api_is_a_404_of_the_one_shape(
    server: Served, method: str, path: str
) -> None:
    answer = send(server, method, path, {})
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["error"]["code"] == "not_found"
    assert set(answer.json()["error"]) == {"code", "message", "hint"}


def test_other_errors_of_the_api_have_the_one_shape_too(server: Served) -> None:
    for path, status in (
        ("/api/runs?limit=many", 400),
        ("/api/runs?q=nope:1", 400),
        ("/api/runs/nope", 404),
        ("/api/steps/nope", 404),
        ("/api/costs?by=moon", 400),
    ):
        answer = server.ask("GET", path)
        assert answer.status == status, path
        error = answer.json()["error"]
        assert {"code", "message", "hint"} <= set(error) and error["hint"], path
    assert server.ask("GET", "/v1/traces").headers["allow"] == "POST"
    foreign = server.ask("GET", "/api/health", headers={"origin": "http://evil.example"})
    assert (foreign.status, bool(foreign.json()["error"]["hint"])) == (403, True)


# --- with a token --------------------------------------------------------------------------------


def test_no_route_answers_without_the_token(locked: Served) -> None:
    wrong: list[dict[str, str]] = [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer"},
        {"cookie": f"playhead_session={TOKEN}"},
        {"cookie": "playhead_session="},
        {"cookie": "a;=;playhead_session"},
    ]
    for method, path in routes(locked):
        for headers in wrong:
            assert send(locked, method, path, headers).status == 401, (method, path, headers)


def test_the_token_opens_every_door(locked: Served) -> None:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert locked.ask("GET", "/api/health", headers=bearer).json()["name"] == "playhead"
    assert locked.post(request(span()), **bearer).status == 200
    assert locked.ask("GET", "/runs", headers=bearer).status == 200


def test_otlp_without_the_token_gets_a_status_in_its_encoding(locked: Served) -> None:
    answer = locked.post(request(span()))
    assert (answer.status, answer.json()["code"]) == (401, 16)
    answer = locked.ask(
        "POST", "/v1/traces", body=b"", headers={"content-type": "application/x-protobuf"}
    )
    assert (answer.status, answer.body[:2]) == (401, b"\x08\x10")


def cookie_of(answer: Answer) -> str:
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    return cookie.partition(";")[0]


def test_a_browser_brings_the_token_in_the_address_once(locked: Served) -> None:
    query = "token=correct+horse+battery"
    answer = locked.ask("GET", f"/runs?q=a%20b&{query}&sort=cost")
    assert (answer.status, answer.headers["location"]) == (303, "/runs?q=a+b&sort=cost")
    cookie = cookie_of(answer)
    assert locked.ask("GET", "/runs", headers={"cookie": f"a=b; {cookie}"}).status == 200
    assert locked.ask("GET", f"//evil.example/?{query}").headers["location"] == "/evil.example/"
    assert locked.ask("GET", "/?token=wrong").status == 401


def test_a_browser_is_asked_for_the_token_by_a_form(locked: Served) -> None:
    answer = locked.ask("GET", "/runs", headers={"accept": "text/html"})
    assert (answer.status, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert b'<input id="token" name="token" type="password"' in answer.body
    assert b"<script" not in answer.body
    form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    wrong = locked.ask("POST", "/login", body=b"token=wrong", headers=form)
    assert (wrong.status, b"That is not the token." in wrong.body) == (401, True)
    right = locked.ask("POST", "/login", body=b"token=correct+horse+battery", headers=form)
    assert (right.status, right.headers["location"]) == (303, "/")
    assert locked.ask("GET", "/", headers={"cookie": cookie_of(right)}).status == 200
    foreign = {**form, "origin": "http://evil.example"}
    answer = locked.ask("POST", "/login", body=b"token=correct+horse+battery", headers=foreign)
    assert answer.status == 403


def test_the_api_is_never_answered_by_the_form(locked: Served) -> None:
    answer = locked.ask("GET", "/api/runs", headers={"accept": "text/html"})
    assert (answer.status, answer.json()["error"]["code"]) == (401, "token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_cookie_of_another_token_is_worth_nothing(locked: Served) -> None:
    other = Door(token="another token").cookie({"type": "http"}).partition(";")[0]
    assert locked.ask("GET", "/", headers={"cookie": other}).status == 401


def test_beyond_loopback_it_does_not_start_without_a_token(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(StartError, match="PLAYHEAD_TOKEN="):
            Server(ServerSettings(host=host, port=0, data=tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_beyond_loopback_it_answers_for_the_address_it_is_reached_at(tmp_path: Path) -> None:
    with served(tmp_path / "data", host="0.0.0.0", token=TOKEN) as server:
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert server.server.address == f"http://127.0.0.1:{server.port}"
        assert server.ask("GET", "/api/health", headers=bearer).status == 200
        assert server.ask("GET", "/api/health").status == 401
        foreign = {**bearer, "host": "192.0.2.7"}
        assert server.ask("GET", "/api/health", headers=foreign).status == 403


def test_the_token_is_in_no_settings_text() -> None:
    settings = ServerSettings(token=SecretStr(TOKEN), data=Path("/nonexistent"))
    assert TOKEN not in f"{settings!r}{settings}{Door(token=TOKEN)!r}"
    assert TOKEN not in json.dumps(settings.model_dump(mode="json"))
