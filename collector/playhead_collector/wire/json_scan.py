"""Looks at JSON before it is parsed, without making an object for each of its parts."""

import re
from typing import Final

_CHUNK_BYTES: Final = 2**20  # so that other threads get their turn, and pieces stay few
_EVERY_BYTE: Final = bytes(range(256))
_SURROGATE: Final = re.compile(
    rb"(\\\\)|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def outside_strings(body: bytes, kept: bytes) -> bytes:
    """Return only those bytes of a JSON text that are in `kept` and outside of its strings.

    Whatever is not JSON may count wrongly, but only behind the place where a parser stops.
    """
    dropped = _EVERY_BYTE.translate(None, kept + b'"')
    found: list[bytes] = []
    inside = 0
    at = 0
    while at < len(body):
        end = _chunk_end(body, at)
        unescaped = body[at:end].replace(b"\\\\", b"").replace(b'\\"', b"")
        marks = unescaped.translate(None, dropped)
        # Two quotes side by side cancel out: what follows is as much inside or outside as before.
        parts = marks.replace(b'""', b"").split(b'"')
        found += parts[inside::2]
        inside ^= (len(parts) - 1) & 1
        at = end
    return b"".join(found)


def _chunk_end(body: bytes, start: int) -> int:
    """Return where to cut so that no escape is cut in two."""
    end = min(start + _CHUNK_BYTES, len(body))
    backslashes = end - len(body[start:end].rstrip(b"\\")) - start
    return min(end + backslashes % 2, len(body))


def mend_surrogates(body: bytes) -> bytes:
    """Return the body with `\\ufffd` for each lone surrogate escape; the same object without any."""

    def mend(match: re.Match[bytes]) -> bytes:
        return match[0] if match[1] or match[2] else b"\\ufffd"

    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    mended = _SURROGATE.sub(mend, body)
    return body if mended == body else mended
