"""What the envelopes of both encodings become: groups of unparsed spans, counted as they come."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from playhead_collector.wire.shapes import SCOPES_MAX, SPANS_MAX, TooLarge

ItemT = TypeVar("ItemT")


class Group(Struct, Generic[ItemT], gc=False, frozen=True):
    """The spans of one scope of one resource, all unparsed; an absent resource or scope is empty."""

    resource: bytes
    resource_schema_url: str
    scope: bytes
    scope_schema_url: str
    items: Sequence[ItemT]


class Counter:
    """Counts the parts of a request and stops at the bounds."""

    def __init__(self) -> None:
        """Start at zero."""
        self._scopes = 0
        self._items = 0

    def scopes(self, count: int) -> None:
        """Count resources and scopes; raises `TooLarge`."""
        self._scopes += count
        if self._scopes > SCOPES_MAX:
            raise TooLarge(f"more than {SCOPES_MAX} resources and scopes in one request")

    def items(self, count: int) -> None:
        """Count spans, log records or metrics; raises `TooLarge`."""
        self._items += count
        if self._items > SPANS_MAX:
            raise TooLarge(f"more than {SPANS_MAX} spans in one request")
