"""Undoes a request's compression, in steps, so that a bomb never becomes larger than its bound."""

import zlib
from typing import Final

_STEP_BYTES: Final = 256 * 1024
_GZIP, _ZLIB, _RAW = 31, 15, -15  # window bits: the same window, with other headers


class InflateError(ValueError):
    """The body is not what its content encoding says."""


class InflatesTooFar(ValueError):
    """The body is larger than allowed once inflated."""


def inflate(body: bytes, coding: str, *, bytes_max: int) -> bytes:
    """Return the body as it was before compression.

    Args:
        body: what was sent.
        coding: `identity`, `gzip` (several members are allowed) or `deflate` (with or without its
            zlib header, since senders disagree on what the word means).
        bytes_max: how large the result may be.

    Raises:
        InflateError: it is damaged, or cut off.
        InflatesTooFar: it would be larger than `bytes_max`.
    """
    if coding == "identity":
        if len(body) > bytes_max:
            raise InflatesTooFar(f"{len(body)} bytes; at most {bytes_max} are accepted")
        return body
    if coding == "gzip":
        return _members(body, _GZIP, bytes_max)
    try:
        return _members(body, _ZLIB, bytes_max)
    except InflateError:
        return _members(body, _RAW, bytes_max)


def _members(body: bytes, window_bits: int, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:
        member = zlib.decompressobj(wbits=window_bits)
        while not member.eof:
            try:
                part = member.decompress(rest, _STEP_BYTES)
            except zlib.error as problem:
                raise InflateError(f"cannot inflate: {problem}") from None
            rest = member.unconsumed_tail
            size += len(part)
            if size > bytes_max:
                raise InflatesTooFar(f"inflates to more than {bytes_max} bytes")
            parts.append(part)
            if not part and not rest and not member.eof:
                raise InflateError("cannot inflate: the body is cut off")
        rest = member.unused_data
    return b"".join(parts)
