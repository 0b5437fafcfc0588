# pyright: basic
"""Results come back as the same objects, or say why they cannot."""

import json
import math
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from playhead.boundary import (
    RecordedError,
    Unrestorable,
    named_classes,
    restorable,
    restorable_error,
    restore,
    tag,
    untag,
)
from playhead.steps import Restorable

hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(hashable, inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$bytes", "$x", "a"]), inner)
        | st.sets(hashable, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down; -0.0 is not 0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            same(k, l) and same(v, w) for (k, v), (l, w) in zip(a.items(), b.items(), strict=True)
        )
    if isinstance(a, set | frozenset):
        # Members matched one by one: the order of a set says nothing, the zone of a time does.
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    if isinstance(a, datetime | time):
        # Equal times may be in different zones, which shows when one calculates with them.
        return repr(a) == repr(b) and type(a.tzinfo) is type(b.tzinfo)
    return a == b


@given(value=values)
@settings(max_examples=300, deadline=None)
def test_what_is_tagged_comes_back_the_same(value: Any) -> None:
    assert same(untag(json.loads(json.dumps(tag(value)))), value)


@given(value=values)
@settings(max_examples=300, deadline=None)
def test_a_result_comes_back_from_its_record(value: Any) -> None:
    kept = restorable(value)
    assert kept.state == "restorable"
    plain = value if kept.result is None else "not looked at"
    assert same(restore(kept, plain), value)


class Color(Enum):
    RED = "r"


@dataclass
class Inner:
    when: datetime
    tags: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Outer:
    inner: Inner
    color: Color


class Model(BaseModel):
    price: Decimal
    inner: Inner


def test_classes_named_by_the_annotation_are_restored() -> None:
    def find() -> list[Outer] | Model | None: ...

    classes = named_classes(find)
    assert set(classes.values()) == {Outer, Inner, Color, Model}
    inner = Inner(datetime(2026, 11, 22), {"a"})
    for value in ([Outer(inner, Color.RED)], Model(price=Decimal("1.50"), inner=inner)):
        stored = json.loads(json.dumps(tag(value, classes=classes)))
        assert untag(stored, classes=classes) == value
        with pytest.raises(Unrestorable, match="is not named by the function's annotation"):
            untag(stored)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "the result holds a object"),
        ({"a": [Inner(datetime(2026, 1, 1))]}, "the result holds a tests"),
        (Color.RED, "the result holds a tests"),
        (type("Text", (str,), {})("x"), "the result holds a "),
        ((i for i in ()), "the result holds a generator"),
    ],
)
def test_what_has_no_restorable_form_says_why(value: Any, reason: str) -> None:
    kept = restorable(value)
    assert kept.state == "unrestorable"
    assert kept.reason is not None
    assert kept.reason.startswith(reason) or "test_boundary" in kept.reason
    with pytest.raises(Unrestorable):
        restore(kept, None)


def test_a_cycle_has_no_restorable_form() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert restorable(cycle) == Restorable(
        state="unrestorable", reason="the result is cyclic, too deep or too large"
    )


def test_a_time_keeps_its_zone_and_not_only_its_offset() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    after = untag(json.loads(json.dumps(tag(before))))
    assert after.tzinfo is before.tzinfo
    # The clocks change that night: with a fixed offset this would be an hour off.
    tomorrow = after + timedelta(days=1)
    assert tomorrow.utcoffset() == timedelta(hours=1)
    named = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2), "SUMMER"))
    assert untag(tag(named)).tzname() == "SUMMER"


def test_a_time_in_a_zone_of_the_users_own_says_that_it_cannot_be_restored() -> None:
    class Own(tzinfo):
        def utcoffset(self, moment: datetime | None) -> timedelta:
            return timedelta(hours=1)

    kept = restorable(datetime(2026, 1, 1, tzinfo=Own()))
    assert kept.state == "unrestorable"
    unknown = {"$datetime": ["2026-01-01T00:00:00", 0, ["zone", "Mars/Olympus"]]}
    with pytest.raises(Unrestorable, match="does not know the time zone"):
        untag(unknown)


def test_an_unknown_tag_is_refused_and_nothing_is_imported() -> None:
    for stored in ({"$module": "os"}, {"$class": ["os.system", {}]}, {"$enum": ["x.Y", "A"]}):
        with pytest.raises(Unrestorable):
            untag(stored)


def test_an_exception_comes_back_as_its_class_when_that_is_loaded() -> None:
    try:
        raise KeyError("order", 7)
    except KeyError as error:
        kept = restorable_error(error)
    raised = restore(kept, None)
    assert type(raised) is KeyError
    assert raised.args == ("order", 7)
    gone = Restorable(
        state="restorable",
        result={"$error": {"type": "gone.GoneError", "args": None, "text": "not here"}},
    )
    stand_in = restore(gone, None)
    assert isinstance(stand_in, RecordedError)
    assert str(stand_in) == "gone.GoneError: not here"


def test_no_exception_record_gives_anything_but_an_exception() -> None:
    for name in ("os.system", "builtins.eval", "builtins.SystemExit", "subprocess.Popen"):
        stated = {"type": name, "args": tag(("x",)), "text": "x"}
        kept = Restorable(state="restorable", result={"$error": stated})
        assert isinstance(restore(kept, None), RecordedError)


@pytest.mark.parametrize(
    "value",
    [b"", (), frozenset(), time(1, 2, fold=1), date(2026, 1, 1), timedelta(days=-1), UUID(int=0)],
)
def test_empty_and_odd_values_come_back(value: Any) -> None:
    assert same(untag(tag(value)), value)
