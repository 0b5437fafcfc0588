"""The built-in price book: the dated prices of the `genai-prices` distribution, offline.

The library takes about 210 us per call, so its entry for one (provider, model, tier, day) is
flattened once into plain rates and kept; an amount is then a few exact multiplications.

Source:
    genai-prices 0.2.3, `ModelInfo.get_prices` and `calc_unit_price`.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from importlib.metadata import version as distribution_version
from typing import TYPE_CHECKING

from playhead_collector.derive.pricing.book import Billed, Price

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelPrice, TieredPrices

# OpenTelemetry's provider names, where the price data calls the same company something else.
PROVIDERS = {
    "aws.bedrock": "aws",
    "az.ai.inference": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
}
DEFAULT_TIERS = {"default", "standard", "auto"}  # asked for nothing special: the standard price
RATES_KEPT_MAX = 20_000  # (provider, model, tier, hour) entries; a year of 50 models is 18,250
TOKENS_MAX = 1_000_000_000  # more in one call is a broken sender, not a bill
CENT_FRACTION = Decimal("0.000000000001")  # 12 decimals: one token at 0.01 $/M is 0.00000001 $
MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars per million tokens; above a threshold of input tokens the tier's for all."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def at(self, tokens_input: int) -> Decimal:
        """Return the rate for a call with this many input tokens."""
        rate = self.base
        for start, price in self.tiers:
            if tokens_input > start:
                rate = price
        return rate


@dataclass(frozen=True, slots=True)
class Rates:
    """What one model costs on one day. A part without a rate of its own is billed as its whole."""

    entry: str
    input: Rate | None
    output: Rate | None
    cache_read: Rate | None
    cache_write: Rate | None
    reasoning: Rate | None
    request: Decimal  # per request, US dollars


class BuiltinBook:
    """Prices of public providers, as of the edition that is installed."""

    def __init__(self) -> None:
        """Know no rate yet; the data is read at the first question."""
        # Once: reading a distribution's metadata takes 1.5 ms.
        self.version = f"genai-prices {distribution_version('genai-prices')}"
        self._rates: dict[tuple[str | None, str, str | None, int], Rates | None] = {}
        self._lock = threading.Lock()

    def price(
        self,
        usage: Billed,
        model: str,
        *,
        provider: str | None,
        at_ns: int,
        service_tier: str | None = None,
    ) -> Price | None:
        """Return what the call cost by the prices of its own hour, None if there is no price."""
        tier = None if service_tier in DEFAULT_TIERS else service_tier
        rates = self._rates_of(provider, model, tier, at_ns)
        if rates is None:
            return None
        usd = amount(usage, rates)
        return None if usd is None else Price(usd=usd, entry=rates.entry)

    def _rates_of(
        self, provider: str | None, model: str, tier: str | None, at_ns: int
    ) -> Rates | None:
        key = (provider, model, tier, at_ns // 3_600_000_000_000)
        with self._lock:
            if key not in self._rates:
                if len(self._rates) >= RATES_KEPT_MAX:
                    self._rates.clear()
                self._rates[key] = self._look_up(provider, model, tier, at_ns)
            return self._rates[key]

    def _look_up(
        self, provider: str | None, model: str, tier: str | None, at_ns: int
    ) -> Rates | None:
        asked = PROVIDERS.get(provider, provider) if provider else None
        try:
            found, entry = self._snapshot.find_provider_model(model, None, asked, None)
        except LookupError:
            return None
        at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC)
        own = any(entry is one for one in found.models)
        context = {"service_tier": tier} if tier and own else None
        name = f"{found.id}/{entry.id}" + (f" ({tier})" if context else "")
        return flatten(entry.get_prices(at, context), name)

    @cached_property
    def _snapshot(self) -> "DataSnapshot":
        # Imported here: 0.5 s, and a server that has seen no model call yet need not pay it.
        from genai_prices.data_snapshot import get_snapshot

        return get_snapshot()


def flatten(price: "ModelPrice", entry: str) -> Rates | None:
    """Return the entry's text rates; None where the model is not billed by text tokens."""
    rates = Rates(
        entry=entry,
        input=_rate(price.input_mtok),
        output=_rate(price.output_mtok),
        cache_read=_rate(price.cache_read_mtok),
        cache_write=_rate(price.cache_write_mtok),
        reasoning=_rate(getattr(price, "output_reasoning_mtok", None)),
        request=_per_request(getattr(price, "requests_kcount", None)),
    )
    return None if rates.input is None and rates.output is None else rates


def amount(usage: Billed, rates: Rates) -> Decimal | None:
    """Return US dollars for the usage, None where a needed count or rate is unknown.

    Cached tokens are part of the input and reasoning is part of the output; each part is billed
    at its own rate where the book has one, and at the rate of its whole otherwise.
    """
    if usage.tokens_input is None and usage.tokens_output is None:
        return None
    counts = [usage.tokens_input, usage.tokens_output, usage.tokens_cache_read]
    counts += [usage.tokens_cache_write, usage.tokens_reasoning]
    if any(count is not None and not 0 <= count <= TOKENS_MAX for count in counts):
        return None
    given = usage.tokens_input or 0
    parts_input = [
        (usage.tokens_cache_read or 0, rates.cache_read or rates.input),
        (usage.tokens_cache_write or 0, rates.cache_write or rates.input),
    ]
    parts_output = [(usage.tokens_reasoning or 0, rates.reasoning or rates.output)]
    bill = [*parts_input, (max(0, given - sum(n for n, _ in parts_input)), rates.input)]
    rest = (usage.tokens_output or 0) - parts_output[0][0]
    bill += [*parts_output, (max(0, rest), rates.output)]
    total = rates.request
    for tokens, rate in bill:
        if tokens == 0:
            continue
        if rate is None:
            return None
        total += rate.at(given) * tokens / MILLION
    return total.quantize(CENT_FRACTION, rounding=ROUND_HALF_EVEN)


def _rate(price: "Decimal | TieredPrices | None") -> Rate | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return Rate(price)
    return Rate(price.base, tuple((tier.start, tier.price) for tier in price.tiers))


def _per_request(price: "Decimal | TieredPrices | None") -> Decimal:
    return price / 1000 if isinstance(price, Decimal) else Decimal(0)
