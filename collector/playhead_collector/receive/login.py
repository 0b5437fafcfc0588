"""How a browser brings the token: once in an address, or in a small form."""

import urllib.parse
from typing import Final

from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope

LOGIN_PATH: Final = "/login"
_FORM_BYTES_MAX: Final = 4096

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>playhead</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { display: grid; place-items: center; min-height: 90vh; }
  form { display: grid; gap: .75rem; width: min(20rem, 90vw); }
  input, button { font: inherit; padding: .5rem .75rem; }
</style>
<form method="post" action="/login">
  <h1>playhead</h1>
  <label for="token">Token of this server</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button>Open</button>
  <p role="status">%s</p>
</form>
</html>
"""


async def read_login(scope: Scope, receive: Receive) -> str | None:
    """Return the token that a browser offers, by address or by form; None where it offers none."""
    if scope.get("method") == "GET":
        return _token(scope["query_string"])
    if scope.get("method") == "POST" and scope["path"] == LOGIN_PATH:
        form = b""
        while len(form) <= _FORM_BYTES_MAX:
            message = await receive()
            form += message.get("body", b"")
            if not message.get("more_body", False):
                return _token(form)
    return None


def login_form(*, wrong: bool) -> HTMLResponse:
    """Return the page that asks for the token."""
    said = "That is not the token." if wrong else "It was printed where the server was started."
    headers = {"cache-control": "no-store"}
    return HTMLResponse(_PAGE.replace("%s", said), status_code=401, headers=headers)


def _token(form: bytes) -> str | None:
    return dict(urllib.parse.parse_qsl(form.decode("latin-1"))).get("token")
