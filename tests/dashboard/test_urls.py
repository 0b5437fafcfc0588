"""Addresses: what is built is parsed again, and what is not understood is the default."""

from hypothesis import given
from hypothesis import strategies as st

from playhead_dashboard import urls

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Zs", "Cc"]), max_size=40)


def parsed(address: str) -> urls.Address:
    path, _, search = address.partition("?")
    return urls.parse(path, search)


def test_defaults_are_not_spelled_out() -> None:
    assert urls.overview_url() == "/"
    assert urls.runs_url(sort="-start", range="30d") == "/runs"
    assert urls.costs_url(by="workflow") == "/costs"


@given(WORDS, st.sampled_from(sorted(urls.RANGES)), st.sampled_from(urls.SORTS))
def test_a_built_address_says_the_same_when_parsed(q: str, range: str, sort: str) -> None:
    address = parsed(urls.runs_url(q=q, sort=f"-{sort}", range=range))
    assert (address.path, address.q, address.range, address.sort) == ("/runs", q, range, f"-{sort}")


@given(WORDS)
def test_any_run_id_has_an_address(run_id: str) -> None:
    assert parsed(urls.run_url(run_id)).run_id == (run_id or None)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_address_is_an_error(pathname: str, search: str) -> None:
    address = urls.parse(pathname, search)
    assert address.range in urls.RANGES
    assert address.by in urls.COST_BY
    assert address.sort.removeprefix("-") in urls.SORTS


def test_what_is_not_understood_is_the_default() -> None:
    address = urls.parse("/runs", "?range=7w&sort=-beauty&by=luck")
    assert (address.range, address.sort, address.by) == ("30d", "-start", "workflow")


def test_a_range_starts_before_now_and_all_time_nowhere() -> None:
    assert urls.parse("/", "?range=24h").since_ns(10 * urls.DAY_NS) == 9 * urls.DAY_NS
    assert urls.parse("/", "?range=all").since_ns(10 * urls.DAY_NS) is None
