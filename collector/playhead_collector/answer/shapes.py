"""Rows of the index as views, and the other way what a cursor stands for."""

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from playhead_collector.read import QueryError
from playhead_collector.translate.convert import as_dict, as_list, readable
from playhead_collector.views import Cost, RunView, StepView

Json = Any
Row = Mapping[str, Any]


def run_view(row: Row) -> RunView:
    """Return a row of `run` as its view."""
    return RunView.model_construct(
        **{name: row[name] for name in _RUN_PLAIN},
        cost=cost(row["cost_usd"], row["calls_unknown"]),
        models=msgspec.json.decode(row["models"]),
        tags=tags_in(row["tags"]),
    )


def step_view(row: Row) -> StepView:
    """Return a row of `step` as its view."""
    return StepView.model_construct(
        **{name: row[name] for name in _STEP_PLAIN},
        cost_usd=money(row["cost_usd"]),
        chosen=names_or_none(row["chosen"]),
        candidates=names_or_none(row["candidates"]),
    )


def cost(usd: Decimal | None, calls_unknown: int | None) -> Cost:
    """Return an amount with the number of its unknown parts."""
    return Cost.model_construct(usd=money(usd), calls_unknown=int(calls_unknown or 0))


def money(usd: Decimal | None) -> str | None:
    """Return US dollars as a plain decimal string without needless zeros."""
    if usd is None:
        return None
    text = format(usd, "f")
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def names_or_none(listed: str | None) -> list[str] | None:
    """Return the names of a list column, None where nothing was stated."""
    return msgspec.json.decode(listed) if listed else None


def tags_in(lines: str | None) -> dict[str, str]:
    """Return the tags of a run."""
    if not lines:
        return {}
    pairs = (line.partition("=") for line in lines.strip("\n").split("\n"))
    return {name: value for name, _, value in pairs}


def plain(value: Json) -> Json:
    """Return a wire value as JSON can carry it: bytes as text, all else as it is."""
    if isinstance(value, bytes):
        return readable(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in as_dict(value).items()}
    if isinstance(value, list):
        return [plain(inner) for inner in as_list(value)]
    return value


def encode_cursor(*parts: Json) -> str:
    """Return an opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, size: int) -> list[Json]:
    """Return what a cursor of ours holds.

    Raises:
        QueryError: it is none of ours.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Any])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        parts = []
    if len(parts) != size:
        raise QueryError("the cursor is not one of ours", position=0, hint="start without a cursor")
    return parts


_RUN_PLAIN = tuple(name for name in RunView.model_fields if name not in ("cost", "models", "tags"))
_STEP_PLAIN = tuple(
    name for name in StepView.model_fields if name not in ("cost_usd", "chosen", "candidates")
)
