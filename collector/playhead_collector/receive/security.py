"""Who may come in: one middleware in front of every route, whoever made the route.

Loopback is no trust boundary: any web page in the user's browser can send requests there. So each
request must name us as its host (else DNS rebinding reads everything), must not come from another
origin, and must bring the token where one is set.
"""

import hashlib
import hmac
import ipaddress
import json
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playhead_collector.receive.answers import refused
from playhead_collector.receive.limits import OTHER_BODY_BYTES_MAX
from playhead_collector.receive.login import LOGIN_PATH, login_form, read_login

COOKIE: Final = "playhead_session"
CSRF_HEADER: Final = b"x-playhead-csrf"
DEFAULT_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_OWN_PAGES_ONLY: Final = "Open the dashboard at the server's own address; programs send no Origin."
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE_AGE_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in."""

    status: int
    code: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class Door:
    """The rules. `policy` is the Content-Security-Policy of every answer."""

    names: frozenset[str] = _LOOPBACK_NAMES
    token: str | None = field(default=None, repr=False)
    policy: str = DEFAULT_POLICY

    def judge(self, scope: Scope) -> Refusal | None:
        """Return why this request may not come in; None where it may."""
        headers = Headers(scope)
        host = headers.get(b"host")
        if not self._is_ours(host, scope):
            return Refusal(
                403,
                "foreign_host",
                f"This server does not answer for the host {host!r}.",
                "Use http://127.0.0.1 or http://localhost with its port.",
            )
        origin = headers.get(b"origin")
        if origin is not None and not _is_own_origin(origin, host or ""):
            message = f"Requests from {origin!r} are not answered."
            return Refusal(403, "foreign_origin", message, _OWN_PAGES_ONLY)
        if headers.get(b"sec-fetch-site") in ("cross-site", "same-site") and not _is_visit(
            scope, headers
        ):
            message = "Requests from other sites are not answered."
            return Refusal(403, "foreign_origin", message, _OWN_PAGES_ONLY)
        if self.token is not None and not self._has_token(headers):
            return Refusal(
                401,
                "token_missing",
                "This server wants a token.",
                "Send the header 'Authorization: Bearer TOKEN', or open /?token=TOKEN once.",
            )
        return _judge_change(scope, headers)

    def is_token(self, offered: str) -> bool:
        """Compare in constant time."""
        return self.token is not None and hmac.compare_digest(offered.encode(), self.token.encode())

    def cookie(self, scope: Scope) -> str:
        """Return the header that lets a browser in; it holds no token, only what proves it."""
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        return (
            f"{COOKIE}={self._proof()}; Path=/; Max-Age={_COOKIE_AGE_S}; "
            f"HttpOnly; SameSite=Strict{secure}"
        )

    def _proof(self) -> str:
        return hmac.new(
            (self.token or "").encode(), b"playhead session", hashlib.sha256
        ).hexdigest()

    def _has_token(self, headers: "Headers") -> bool:
        scheme, _, offered = (headers.get(b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(offered.strip()):
            return True
        try:
            cookies = SimpleCookie(headers.get(b"cookie") or "")
        except CookieError:
            return False
        session = cookies.get(COOKIE)
        return session is not None and hmac.compare_digest(
            session.value.encode(), self._proof().encode()
        )

    def _is_ours(self, host: str | None, scope: Scope) -> bool:
        """Tell whether a Host header names us: by a known name, or by the address it came in on.

        An address cannot be rebound, so the one that the connection has is safe to answer for.
        """
        name = host_name(host or "")
        if name is None:
            return False
        server = scope.get("server")
        return name in self.names or (server is not None and _same_address(name, server[0]))


class Headers:
    """The headers of a request. One that must be there once and is there twice counts as absent."""

    def __init__(self, scope: Scope) -> None:
        """Look at the headers of this request."""
        self._pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]

    def get(self, name: bytes) -> str | None:
        """Return the value of a header; None without one, empty where it comes more than once."""
        values = [value for key, value in self._pairs if key == name]
        if not values:
            return None
        return values[0].decode("latin-1").strip() if len(values) == 1 else ""


class SecurityMiddleware:
    """Judges every request before any route sees it, and dresses every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        """Stand in front of an app."""
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._door.judge(scope)
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        dressed = self._dress(send)
        if refusal is None:
            limited = receive if is_otlp(scope["path"]) else _Limited(receive)
            await self._app(scope, limited, dressed)
        elif refusal.code == "token_missing":
            await self._ask_for_token(scope, receive, dressed, refusal)
        else:
            await _answer(refusal, scope, receive, dressed)

    def _dress(self, send: Send) -> Send:
        ours = [
            (b"content-security-policy", self._door.policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]
        names = {name for name, _ in ours}

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
                allowed = [p for p in sent if not p[0].lower().startswith(b"access-control-")]
                message = {**message, "headers": [*allowed, *ours]}
            await send(message)

        return dressed

    async def _ask_for_token(
        self, scope: Scope, receive: Receive, send: Send, refusal: Refusal
    ) -> None:
        """Let a browser in that brings the token in its address or in our form; else ask for it."""
        offered = await read_login(scope, receive)
        if offered is not None and self._door.is_token(offered):
            await _redirect(_without_token(scope), self._door.cookie(scope), send)
        elif _wants_page(scope):
            response = login_form(wrong=offered is not None)
            await response(scope, receive, send)
        else:
            await _answer(refusal, scope, receive, send)


class _Limited:
    """Reads a body up to the bound of the routes that are not OTLP; what is beyond is cut off."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = OTHER_BODY_BYTES_MAX

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return message if self._left >= 0 else {"type": "http.disconnect"}


def is_otlp(path: str) -> bool:
    """Tell whether a path is one that senders of OTLP use."""
    return path.endswith(("/v1/traces", "/v1/logs", "/v1/metrics"))


def host_name(host: str) -> str | None:
    """Return the name in a Host header, lower-case and without its port; None where it is odd."""
    if not host or any(c in host for c in "/@?#\\ \t,"):
        return None
    try:
        parsed = urllib.parse.urlsplit(f"//{host}")
        _ = parsed.port  # raises where it is no number
    except ValueError:
        return None
    return (parsed.hostname or "").rstrip(".") or None


def is_loopback(name: str) -> bool:
    """Tell whether a name or address to bind to is this machine only."""
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _same_address(name: str, server: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(server)
    except ValueError:
        return False


def _is_own_origin(origin: str, host: str) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Tell whether somebody follows a link to a page, which other sites may offer."""
    return (
        scope.get("method") in _SAFE_METHODS
        and headers.get(b"sec-fetch-mode") == "navigate"
        and headers.get(b"sec-fetch-dest") == "document"
        and not scope["path"].startswith("/api/")
    )


def _judge_change(scope: Scope, headers: Headers) -> Refusal | None:
    """A form of another site can post, but neither JSON nor with a header of its own."""
    path = scope["path"]
    if scope.get("method", "GET") in _SAFE_METHODS or is_otlp(path):
        return None
    media_type = (headers.get(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return Refusal(415, "not_json", "Send the body as application/json.")
    if path.startswith("/api/") and not headers.get(CSRF_HEADER):
        return Refusal(403, "csrf_header_missing", "Send the header 'X-Playhead-CSRF: 1'.")
    announced = headers.get(b"content-length") or ""
    if announced.isdigit() and int(announced) > OTHER_BODY_BYTES_MAX:
        return Refusal(413, "too_large", f"A body may have {OTHER_BODY_BYTES_MAX} bytes.")
    return None


def error_body(code: str, message: str, hint: str = "") -> bytes:
    """Return the one shape that errors have under /api."""
    return json.dumps({"error": {"code": code, "message": message, "hint": hint or None}}).encode()


async def _answer(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    if is_otlp(scope["path"]):
        sent = Headers(scope).get(b"content-type") or ""
        encoding = "protobuf" if "protobuf" in sent else "json"
        await refused(refusal.status, refusal.message, encoding)(scope, receive, send)
        return
    body = error_body(refusal.code, refusal.message, refusal.hint)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="playhead"'))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _redirect(location: str, cookie: str, send: Send) -> None:
    headers = [
        (b"location", location.encode()),
        (b"set-cookie", cookie.encode()),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _wants_page(scope: Scope) -> bool:
    accepts = Headers(scope).get(b"accept") or ""
    path = scope["path"]
    return "text/html" in accepts and not path.startswith("/api/") and not is_otlp(path)


def _without_token(scope: Scope) -> str:
    """Return the address that was asked for, without the token; always one of ours."""
    if scope["path"] == LOGIN_PATH:
        return "/"
    query = urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"))
    rest = urllib.parse.urlencode([(key, value) for key, value in query if key != "token"])
    path = "/" + urllib.parse.quote(scope["path"].lstrip("/"))  # "//host" would leave
    return path + (f"?{rest}" if rest else "")
