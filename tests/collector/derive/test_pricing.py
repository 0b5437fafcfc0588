# pyright: basic, reportOptionalMemberAccess=false, reportOptionalIterable=false
# pyright: reportOptionalSubscript=false, reportOptionalOperand=false, reportArgumentType=false
"""What a usage cost at its own moment."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price

from playhead_collector.derive.pricing import Billed, BuiltinBook

BOOK = BuiltinBook()
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def ns(at):
    return int(at.timestamp()) * 10**9


def price(model, provider="openai", at=AT, service_tier=None, **usage):
    billed = Billed(**{"tokens_input": None, "tokens_output": None, **usage})
    found = BOOK.price(billed, model, provider=provider, at_ns=ns(at), service_tier=service_tier)
    return None if found is None else found.usd


def test_a_call_is_priced_at_its_own_date():
    usage = {"tokens_input": 1_000_000, "tokens_output": 0}
    assert price("o3", at=datetime(2025, 6, 9, 23, tzinfo=UTC), **usage) == 10
    assert price("o3", at=datetime(2025, 6, 10, 1, tzinfo=UTC), **usage) == 2


def test_cached_input_is_part_of_the_input():
    usage = {"tokens_input": 120, "tokens_output": 17, "tokens_cache_read": 64}
    # 56 at 0.15, 64 at 0.075, 17 at 0.6 dollars per million
    assert price("gpt-4o-mini", **usage) == Decimal("0.0000234")


def test_reasoning_is_part_of_the_output():
    whole = price("gpt-5.1", tokens_input=0, tokens_output=100, tokens_reasoning=60)
    assert whole == price("gpt-5.1", tokens_input=0, tokens_output=100)


@pytest.mark.parametrize(
    ("model", "provider", "theirs"),
    [
        ("gpt-4o-mini-2024-07-18", "openai", "openai"),
        ("claude-sonnet-4-5", "anthropic", "anthropic"),
        ("gemini-2.5-pro", "gcp.gen_ai", "google"),
        ("gpt-4o", "azure.ai.openai", "azure"),
        ("mistral-large-latest", "mistral_ai", "mistral"),
    ],
)
@pytest.mark.parametrize("tokens_input", [1_000, 300_000])
def test_our_flattened_rates_agree_with_the_library(model, provider, theirs, tokens_input):
    usage = Usage(input_tokens=tokens_input, output_tokens=321, cache_read_tokens=200)
    wanted = calc_price(usage, model, provider_id=theirs, genai_request_timestamp=AT).total_price
    found = price(
        model, provider, tokens_input=tokens_input, tokens_output=321, tokens_cache_read=200
    )
    assert abs(found - wanted) < Decimal("1e-12")


def test_a_service_tier_has_its_own_price():
    usage = {"tokens_input": 1_000_000, "tokens_output": 0}
    assert price("gpt-5.1", service_tier="flex", **usage) == price("gpt-5.1", **usage) / 2
    assert price("gpt-5.1", service_tier="default", **usage) == price("gpt-5.1", **usage)


@pytest.mark.parametrize(
    "unknown",
    [
        {"model": "nobody-made-this"},
        {"model": "llama3", "provider": "ollama"},
        {"model": "gpt-4o", "tokens_input": None, "tokens_output": None},
        {"model": "gpt-4o", "tokens_input": 10**10},
        {"model": "gpt-4o", "tokens_input": -1},
    ],
)
def test_what_has_no_price_is_unknown_and_never_zero(unknown):
    assert price(**{"tokens_input": 10, "tokens_output": 10, **unknown}) is None


def test_the_book_names_its_edition():
    assert BOOK.version.startswith("genai-prices ")
