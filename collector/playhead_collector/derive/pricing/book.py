"""The `PriceBook` protocol and the values that it takes and gives."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """Tokens of one physical model call. Input is the total with cached, output with reasoning."""

    tokens_input: int | None
    tokens_output: int | None
    tokens_cache_read: int | None = None
    tokens_cache_write: int | None = None
    tokens_reasoning: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """An amount in US dollars, exact to 12 decimals, and the entry that it was computed from."""

    usd: Decimal
    entry: str  # "<provider>/<model>" of the book, with the service tier where one applied


class PriceBook(Protocol):
    """Answers what a usage cost at its own moment."""

    version: str  # names the book and its edition; kept beside every amount

    def price(
        self,
        usage: Billed,
        model: str,
        *,
        provider: str | None,
        at_ns: int,
        service_tier: str | None = None,
    ) -> Price | None:
        """Return what the usage cost at `at_ns`, None where the book has no price: never zero."""
        ...
