"""Numbers in words: the same everywhere, and never more precise than they are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_collector.views import Cost
from playhead_dashboard.panels import format

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (None, "unknown"),
        (0, "0 ms"),
        (740_000, "0.7 ms"),
        (412_000_000, "412 ms"),
        (4_230_000_000, "4.2 s"),
        (171_000_000_000, "2m 51s"),
        (11_040_000_000_000, "3h 04m"),
        (2 * DAY_NS + 5 * 3_600 * 10**9, "2d 5h"),
        (-412_000_000, "−412 ms"),
    ],
)
def test_durations_say_the_two_units_that_matter(ns: int | None, words: str) -> None:
    assert format.duration(ns) == words


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        (None, "unknown"),
        ("0", "$0"),
        ("0.000319350000", "$0.000319"),
        ("0.0213", "$0.0213"),
        ("3.4100", "$3.41"),
        ("81946.2", "$81,946"),
    ],
)
def test_money_has_the_digits_that_say_something(usd: str | None, words: str) -> None:
    assert format.money(usd) == words


def test_a_sum_with_unknown_parts_is_a_lower_bound() -> None:
    assert format.cost(Cost(usd="1.5", calls_unknown=3)) == "≥ $1.50"
    assert format.cost_note(Cost(usd="1.5", calls_unknown=3)) == "3 calls without a known price"


def test_no_known_price_is_unknown_and_no_call_costs_nothing() -> None:
    assert format.cost(Cost(usd=None, calls_unknown=1)) == "unknown"
    assert format.cost(Cost(usd=None)) == "$0"
    assert format.cost_note(Cost(usd="0.2")) == ""


def test_nothing_of_nothing_is_no_percentage() -> None:
    assert [format.share(0, 0), format.share(0, 9), format.share(1, 30), format.share(1, 2)] == [
        "–",
        "0%",
        "3.3%",
        "50%",
    ]


def test_control_and_direction_characters_become_visible() -> None:
    assert format.visible("a\x1b[31mb\u202ec\nd\x00") == "a␛[31mb\ufffdc␊d␀"
    assert format.visible(None) == ""
    assert format.visible("x" * 900) == "x" * 499 + "…"


def test_times_are_distances_with_an_end() -> None:
    now = 1_795_000_000 * 10**9
    past = [5, 42, 180, 7_200, 5 * 86_400, 100 * 86_400]
    words = [format.ago(now - s * 10**9, now) for s in past]
    assert words == ["just now", "42 s ago", "3 min ago", "2 h ago", "5 d ago", "2026-08-10"]


@given(st.integers(min_value=-(2**63), max_value=2**64))
def test_any_integer_is_some_time(ns: int) -> None:
    assert format.instant(ns)
    assert format.ago(ns, 1_795_000_000 * 10**9)
    assert format.duration(ns)
    assert format.compact(abs(ns))
