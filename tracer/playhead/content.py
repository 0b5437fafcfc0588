"""Values of the user's program as JSON text, taken at one moment, so that later changes do not show.

Never raises and never calls `__repr__` or `__str__` of a foreign class: what has no plain form
becomes `<unserialisable module.Class>`.
"""

import base64
import dataclasses
import json
import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID

from playhead.steps import JsonText

DEPTH_MAX = 32  # nesting deeper than a person can read
NODES_MAX = 1_000_000  # shared parts count each time: a small structure can be huge when written
COPIED_NODES_MAX = 200_000  # of a value that cannot be written as it is
INT_BITS_MAX = 4096  # larger integers are written in hex: decimal digits cost quadratic time

Plain = Callable[[Any], Any]
_TEXT_TYPES: Final = (UUID, Decimal)
_TIME_TYPES: Final = (date, time)  # datetime is a date
_CONTAINERS: Final = (dict, list, tuple)


class Writer:
    """Writes values as JSON text; `plain` says what an object that JSON does not know is made of."""

    def __init__(self, plain: Plain) -> None:
        """`plain` gets one object and returns its parts, one level deep."""
        self._plain = plain
        self._quick = _encoder(_refuse)

    def __call__(self, value: Any) -> JsonText:
        """Return `value` as JSON text. Cyclic, deep or odd values lose only what cannot be said."""
        try:
            parts = _Parts(self._plain)
            parts.take(value)
            try:
                return JsonText(self._quick.encode(value))  # no object that JSON does not know
            except _Refused:
                return JsonText(_encoder(parts).encode(value))
        except Exception:  # noqa: BLE001 - odd keys, cycles, NaN, depth, and whatever a property raises
            return JsonText(_encoder(self._plain).encode(_Copy(self._plain).of(value)))


def plain(value: Any) -> Any:
    """Return the parts of an object that JSON does not know, one level deep."""
    for kinds, form in _FORMS:
        if isinstance(value, kinds):
            return form(value)
    kind = _kind(value)
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, dict):  # pydantic
        return {name: getattr(value, name, None) for name in cast("dict[str, Any]", fields)}
    if dataclasses.is_dataclass(kind):
        return {f.name: getattr(value, f.name, None) for f in dataclasses.fields(kind)}
    return f"<unserialisable {class_name(kind)}>"


def class_name(kind: type) -> str:
    """Return module and name of a class, without the module for built-in ones."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _kind(value: Any) -> type[Any]:
    return cast("type[Any]", type(value))


def _path(value: "os.PathLike[Any]") -> str:
    return str(os.fspath(value))


def _ordered(values: Iterable[Any]) -> list[Any]:
    """Return a set in the same order in every process, as far as its members can be compared."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


_FORMS: Final[tuple[tuple[Any, Plain], ...]] = (
    (Enum, lambda v: v.value),
    (_TEXT_TYPES, str),
    (os.PathLike, _path),
    (_TIME_TYPES, lambda v: v.isoformat()),
    (timedelta, lambda v: v.total_seconds()),
    (bytes | bytearray | memoryview, lambda v: {"$bytes": base64.b64encode(v).decode()}),
    (Mapping, dict),
    ((set, frozenset), _ordered),
    (deque, list),
    (type, class_name),
    (BaseException, lambda v: {"error": class_name(_kind(v)), "args": list(v.args)}),
)


def _encoder(default: Plain) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), default=default, allow_nan=False
    )


class _Refused(Exception):
    """The value holds an object that JSON does not know."""


def _refuse(_: Any) -> Any:
    raise _Refused


class _TooMuch(Exception):
    """The value is larger than what is written whole."""


class _Parts:
    """`plain` with a bound on how much it and the value around it expand to."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._left = NODES_MAX

    def __call__(self, value: Any) -> Any:
        parts = self._plain(value)
        self.take(parts)
        return parts

    def take(self, value: Any) -> None:
        """Count what the encoder will write for `value`, before it does. Cycles never end: too much."""
        self._left -= 1
        if not isinstance(value, _CONTAINERS):
            return
        inside: list[Any] = [value]
        while inside:
            container = inside.pop()
            self._left -= len(container)
            if self._left < 0:
                raise _TooMuch
            parts = cast(
                "Iterable[Any]", container.values() if isinstance(container, dict) else container
            )
            for part in parts:
                if isinstance(part, _CONTAINERS) and part:
                    inside.append(part)


class _Copy:
    """Copies a value into plain JSON types within a depth and a number of nodes."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._left = COPIED_NODES_MAX
        self._inside: set[int] = set()

    def of(self, value: Any, depth: int = 0) -> Any:
        """Return the copy; a part that raises when looked at is the only one lost."""
        self._left -= 1
        try:
            return self._of(value, depth)
        except Exception:  # noqa: BLE001 - a foreign property or iterator raised
            return f"<unserialisable {class_name(_kind(value))}>"

    def _of(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int):
            return value if value.bit_length() <= INT_BITS_MAX else hex(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if self._left < 0 or depth > DEPTH_MAX:
            return f"<too much: {class_name(_kind(value))}>"
        if id(value) in self._inside:
            return f"<cycle: {class_name(_kind(value))}>"
        self._inside.add(id(value))
        try:
            return self._parts(value, depth)
        finally:
            self._inside.discard(id(value))

    def _parts(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            pairs = cast("dict[Any, Any]", value).items()
            return {_key(k): self.of(v, depth + 1) for k, v in pairs}
        if isinstance(value, list | tuple):
            return [self.of(v, depth + 1) for v in cast("list[Any]", value)]
        return self.of(self._plain(value), depth + 1)


def _key(key: Any) -> str:
    known = key is None or isinstance(key, str | int | float | bool)
    return str(key) if known else class_name(_kind(key))


to_json: Final = Writer(plain)
