"""The cost ledger: one row per model call that is billed, and why it costs what it costs."""

from decimal import Decimal

from playhead_collector.derive.pricing import Billed, PriceBook
from playhead_collector.derive.refine import Draft
from playhead_collector.derive.rows import LedgerRow


def bill(drafts: list[Draft], run_id: str, book: PriceBook) -> list[LedgerRow]:
    """Return the ledger of a run, in tree order; without an amount where nobody knows it."""
    return [_price(draft, run_id, book) for draft in drafts if draft.billed]


def total(rows: list[LedgerRow]) -> tuple[str | None, int]:
    """Return the sum of the known amounts, None where there is none, and the unknown ones."""
    known = [Decimal(row.usd) for row in rows if row.usd is not None]
    return (str(sum(known)) if known else None), len(rows) - len(known)


def _price(draft: Draft, run_id: str, book: PriceBook) -> LedgerRow:
    record = draft.record
    usage = Billed(
        tokens_input=record.tokens_input,
        tokens_output=record.tokens_output,
        tokens_cache_read=record.tokens_cache_read,
        tokens_cache_write=record.tokens_cache_write,
        tokens_reasoning=record.tokens_reasoning,
    )
    price = None
    if draft.usage_scope == "call":
        # The served name first: an alias may have moved since, the served model has not.
        for model in dict.fromkeys((record.model_served, record.model_requested)):
            if model and price is None:
                price = book.price(
                    usage,
                    model,
                    provider=record.provider,
                    at_ns=record.start_ns,
                    service_tier=record.service_tier,
                )
    known = "book" if price else "unknown_model"
    return LedgerRow(
        run_id=run_id,
        step_id=draft.step_id,
        start_ns=record.start_ns,
        provider=record.provider,
        model=record.model_served or record.model_requested,
        tokens_input=record.tokens_input,
        tokens_output=record.tokens_output,
        tokens_cache_read=record.tokens_cache_read,
        tokens_cache_write=record.tokens_cache_write,
        tokens_reasoning=record.tokens_reasoning,
        usd=str(price.usd) if price else None,
        provenance=known if draft.usage_scope == "call" else "unknown_usage",
        entry=price.entry if price else None,
        book=book.version,
    )
