"""A run as columns for the waterfall, straight from its rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from playhead_collector.answer.shapes import money
from playhead_collector.translate.convert import as_dict
from playhead_collector.views import Outline, RunView

Json = Any


def build_outline(
    run: RunView, rows: Sequence[tuple[Any, ...]], *, version: int, graph: str | None
) -> Outline:
    """Return the outline of rows in tree order, whose columns are those of `outline_rows.sql`."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * 19
    (step_id, parent, depth, detached, kind, name, status, start_ns, duration_ns, node, model,
     attempt, step_index, tokens_input, tokens_output, cost_usd, provenance, http_status,
     details) = columns  # fmt: skip
    kinds, names, statuses, models, nodes = map(number, (kind, name, status, model, node))
    return Outline.model_construct(
        run=run,
        version=version,
        kind_names=kinds[0],
        name_names=names[0],
        status_names=statuses[0],
        model_names=models[0],
        node_names=nodes[0],
        step_id=list(step_id),
        parent=list(parent),
        depth=list(depth),
        kind=kinds[1],
        name=names[1],
        status=statuses[1],
        start_ns=[start - run.start_ns for start in start_ns],
        duration_ns=list(duration_ns),
        node=nodes[1],
        model=models[1],
        attempt=list(attempt),
        step_index=list(step_index),
        tokens_input=list(tokens_input),
        tokens_output=list(tokens_output),
        cost_usd=list(map(money, cost_usd)),
        billed=[row for row, stated in enumerate(provenance) if stated],
        http_status=list(http_status),
        detached=[row for row, flag in enumerate(detached) if flag],
        details={row: msgspec.json.decode(text) for row, text in enumerate(details) if text},
        graph=read_graph(graph),
    )


def number(words: Iterable[str | None]) -> tuple[list[str], list[int]]:
    """Return the distinct words, and each word's number among them; -1 for none."""
    known: dict[str, int] = {}
    numbers = [-1 if word is None else known.setdefault(word, len(known)) for word in words]
    return list(known), numbers


def read_graph(graph: str | None) -> dict[str, Json] | None:
    """Return the graph that the sender stated, None where it is not one."""
    if not graph:
        return None
    try:
        stated = msgspec.json.decode(graph)
    except msgspec.DecodeError:
        return None
    found = as_dict(stated)
    whole = isinstance(found.get("nodes"), list) and isinstance(found.get("edges"), list)
    return found if whole else None
