"""Results in a form from which replay makes the same object again, or the reason why there is none.

A closed list of types, each with both directions. Nothing is imported because a record names it:
dataclasses, enums and pydantic models are restored only as classes that the function's own
annotation names. Exceptions come back as a class that is loaded, else as `RecordedError`.
"""

import base64
import dataclasses
import functools
import math
import sys
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID

from playhead.content import class_name
from playhead.errors import PlayheadError
from playhead.steps import Json, Restorable

DEPTH_MAX: Final = 64  # of a result; deeper ones are no results but structures
NODES_MAX: Final = 200_000


class Unrestorable(Exception):
    """Says why a value has no restorable form; the message is for the person who looks at the run."""


class RecordedError(PlayheadError):
    """Stands for a recorded exception whose class is not loaded in this program."""

    def __init__(self, type_name: str, text: str) -> None:
        """`type_name` is the recorded class with its module."""
        super().__init__(f"{type_name}: {text}")
        self.type_name = type_name
        self.text = text


Classes = Mapping[str, type]


def restorable(value: object, *, classes: Classes | None = None) -> Restorable:
    """Return how replay gets `value` back. `classes` are those that `named_classes` found."""
    try:
        tagged = tag(value, classes=classes)
    except Unrestorable as why:
        return Restorable(state="unrestorable", reason=str(why))
    # Plain JSON needs no second copy: the step's output is it.
    return Restorable(state="restorable", result=None if _is_plain(value) else tagged)


def restorable_error(error: BaseException) -> Restorable:
    """Return how replay raises `error` again."""
    try:
        arguments = tag(error.args)
    except Unrestorable:
        arguments = None
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - a hostile __str__ of the user's exception
        text = ""
    stated = {"type": class_name(type(error)), "args": arguments, "text": text}
    return Restorable(state="restorable", result={"$error": stated})


def restore(boundary: Restorable, output: Json, *, classes: Classes | None = None) -> object:
    """Return the recorded result; `output` is the step's plain one. A recorded error is returned, too.

    Raises:
        Unrestorable: it was marked so when it was recorded, or its class is not to be had.
    """
    if boundary.state != "restorable":
        raise Unrestorable(boundary.reason or "marked so when it was recorded")
    if boundary.result is None:
        return output
    result: Any = boundary.result
    if isinstance(result, dict) and "$error" in result:
        return _restore_error(cast("dict[str, Any]", result["$error"]))
    return untag(result, classes=classes)


def tag(value: object, *, classes: Classes | None = None) -> Json:
    """Return `value` as JSON in which every type JSON does not have carries a tag.

    Raises:
        Unrestorable: a part of it is of no known type; cyclic, too deep or too large.
    """
    return _Tagger(classes or {}).of(value, 0)


def untag(value: Json, *, classes: Classes | None = None) -> Any:
    """Return what `tag` was given.

    Raises:
        Unrestorable: a tag is unknown, or names a class that is not in `classes`.
    """
    if isinstance(value, list):
        return [untag(part, classes=classes) for part in cast("list[Json]", value)]
    if not isinstance(value, dict):
        return value
    parts = cast("dict[str, Json]", value)
    tagged = [name for name in parts if name.startswith("$")]
    if not tagged:
        return {name: untag(part, classes=classes) for name, part in parts.items()}
    return _untag(tagged[0], parts[tagged[0]], classes or {})


def named_classes(function: Callable[..., Any]) -> Classes:
    """Return the dataclasses, enums and pydantic models that a function's result annotation names.

    Those in their fields are included. Empty when there is no annotation, or it cannot be read.
    """
    function = getattr(function, "__func__", function)
    try:
        return _named_classes(function)
    except TypeError:  # a callable that cannot be hashed
        return {}


def _is_plain(value: object) -> bool:
    """Whether JSON itself gives back an equal value of the same type."""
    if value is None or type(value) in (bool, int, str):
        return True
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is list:
        return all(map(_is_plain, cast("list[object]", value)))
    if type(value) is dict:
        pairs = cast("dict[object, object]", value).items()
        return all(type(k) is str and not k.startswith("$") and _is_plain(v) for k, v in pairs)
    return False


class _Tagger:
    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._names = {kind: name for name, kind in classes.items()}
        self._left = NODES_MAX

    def of(self, value: Any, depth: int) -> Json:
        self._left -= 1
        if depth > DEPTH_MAX or self._left < 0:
            raise Unrestorable("the result is cyclic, too deep or too large")
        kind = type(cast("object", value))
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            return value if _is_plain(value) else {"$float": repr(value)}
        if kind is list:
            return [self.of(part, depth + 1) for part in value]
        if kind is dict:
            return self._dict(value, depth)
        form = _FORMS.get(kind)
        if form is not None:
            name, encode, _ = form
            return {name: self.of(encode(value), depth + 1)}
        if kind in self._names:
            return self._named(value, self._names[kind], depth)
        raise Unrestorable(f"the result holds a {class_name(kind)}")

    def _dict(self, value: dict[Any, Any], depth: int) -> Json:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: self.of(part, depth + 1) for key, part in value.items()}
        pairs = [[self.of(k, depth + 1), self.of(v, depth + 1)] for k, v in value.items()]
        return {"$dict": pairs}

    def _named(self, value: Any, name: str, depth: int) -> Json:
        if isinstance(value, Enum):
            return {"$enum": [name, value.name]}
        parts = {field: getattr(value, field) for field in _fields(self._classes[name])}
        return {
            "$class": [name, {field: self.of(part, depth + 1) for field, part in parts.items()}]
        }


def _untag(name: str, content: Json, classes: Classes) -> Any:
    for tag_name, _, decode in _FORMS.values():
        if tag_name == name:
            return decode(untag(content, classes=classes))
    if name == "$float":
        return float(content)
    if name == "$dict":
        return {untag(k, classes=classes): untag(v, classes=classes) for k, v in content}
    if name in ("$enum", "$class"):
        kind = classes.get(content[0])
        if kind is None:
            raise Unrestorable(f"the class {content[0]} is not named by the function's annotation")
        if name == "$enum":
            return cast("type[Enum]", kind)[content[1]]
        return _make(kind, {k: untag(v, classes=classes) for k, v in content[1].items()})
    raise Unrestorable(f"unknown tag {name}")


def _make(kind: Any, parts: dict[str, Any]) -> Any:
    """Return an instance with the recorded fields; constructors and validators are not run again."""
    if hasattr(kind, "model_construct"):
        return kind.model_construct(**parts)
    made = kind.__new__(kind)
    for field, part in parts.items():
        object.__setattr__(made, field, part)
    return made


def _fields(kind: Any) -> list[str]:
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return list(cast("dict[str, Any]", getattr(kind, "model_fields", {})))


@functools.lru_cache(maxsize=1024)
def _named_classes(function: Callable[..., Any]) -> Classes:
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # noqa: BLE001 - a name in an annotation that cannot be resolved
        return {}
    found: dict[str, type] = {}
    _collect(hints.get("return"), found)
    return types.MappingProxyType(found)


def _collect(annotation: Any, found: dict[str, type]) -> None:
    for part in typing.get_args(annotation):
        _collect(part, found)
    if not isinstance(annotation, type):
        return
    kind = cast("type[Any]", annotation)
    is_model = isinstance(getattr(kind, "model_fields", None), dict)
    if not (dataclasses.is_dataclass(kind) or is_model or issubclass(kind, Enum)):
        return
    if kind in found.values():
        return
    found[class_name(kind)] = kind
    try:
        hints = typing.get_type_hints(kind)
    except Exception:  # noqa: BLE001 - as above; this class is known, those of its fields are not
        return
    for hint in hints.values():
        _collect(hint, found)


def _restore_error(stated: dict[str, Any]) -> BaseException:
    module, _, name = str(stated["type"]).rpartition(".")
    kind: Any = sys.modules.get(module or "builtins")
    for part in name.split("."):
        kind = getattr(kind, part, None)
    text = str(stated["text"])
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or stated["args"] is None:
        return RecordedError(str(stated["type"]), text)
    error = kind.__new__(kind)
    error.args = untag(stated["args"])
    return error


_Form = tuple[str, Callable[[Any], Any], Callable[[Any], Any]]
_FORMS: Final[dict[type, _Form]] = {
    bytes: ("$bytes", lambda v: base64.b64encode(v).decode("ascii"), base64.b64decode),
    tuple: ("$tuple", list, tuple),
    set: ("$set", list, set),
    frozenset: ("$frozenset", list, frozenset),
    datetime: ("$datetime", lambda v: _clock_parts(v), lambda v: _with_clock(datetime, v)),
    date: ("$date", date.isoformat, date.fromisoformat),
    time: ("$time", lambda v: _clock_parts(v), lambda v: _with_clock(time, v)),
    timedelta: (
        "$timedelta",
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda v: timedelta(*v),
    ),
    Decimal: ("$decimal", str, Decimal),
    UUID: ("$uuid", str, UUID),
    complex: ("$complex", lambda v: [v.real, v.imag], lambda v: complex(*v)),
}


def _clock_parts(value: Any) -> list[Any]:
    """Return wall time, fold, and the zone itself: its offset alone is wrong after a clock change."""
    return [value.replace(tzinfo=None).isoformat(), value.fold, _zone_parts(value.tzinfo)]


def _with_clock(kind: Any, parts: list[Any]) -> Any:
    text, fold, zone = parts
    return kind.fromisoformat(text).replace(fold=fold, tzinfo=_zone(zone))


def _zone_parts(zone: Any) -> list[Any] | None:
    if zone is None:
        return None
    if type(zone) is timezone:
        return [
            "offset",
            *cast("Any", zone).__getinitargs__(),
        ]  # the offset, and the name where it has one
    zoneinfo = sys.modules.get("zoneinfo")
    if zoneinfo is not None and type(zone) is zoneinfo.ZoneInfo and zone.key:
        return ["zone", zone.key]
    raise Unrestorable(f"the result holds a time in a {class_name(cast('type[Any]', type(zone)))}")


def _zone(parts: list[Any] | None) -> tzinfo | None:
    if parts is None:
        return None
    if parts[0] == "offset":
        return timezone(*parts[1:])
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(parts[1])
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unrestorable(f"this machine does not know the time zone {parts[1]!r}") from error
