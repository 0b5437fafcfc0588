"""Dated prices: what did this usage cost at that moment?"""

from playhead_collector.derive.pricing.book import Billed, Price, PriceBook
from playhead_collector.derive.pricing.builtin import BuiltinBook

__all__ = ["Billed", "BuiltinBook", "Price", "PriceBook"]
