"""The state of a run at a checkpoint, folded from the snapshots before it.

A snapshot is either the whole state or only the keys that changed; both say so.
"""

from collections.abc import Mapping
from typing import Any, Final

from playhead import semconv
from playhead_collector.answer.shapes import plain
from playhead_collector.store.content import ContentStore
from playhead_collector.store.store import Store
from playhead_collector.translate.convert import as_dict, as_list, parsed
from playhead_collector.views import StateChange
from playhead_collector.wire import LogEvent

Json = Any
State = dict[str, Json]
WHOLE: Final = "state"  # the one key of a state that is no mapping


def changes_at(row: Mapping[str, Any], store: Store, contents: ContentStore) -> list[StateChange]:
    """Return every key of the state at a checkpoint, with what it was at the one before."""
    before: State = {}
    after: State = {}
    places = store.query(
        "checkpoints_until",
        {"run_id": row["run_id"], "state_scope": row["state_scope"], "step_id": row["step_id"]},
    )
    for record_no, ordinal, content_hash in _since_full(places):
        event = contents.span(record_no, ordinal, content_hash)
        if isinstance(event, LogEvent):
            before, after = after, apply(after, event)
    return compare(before, after)


def apply(state: State, event: LogEvent) -> State:
    """Return the state after a snapshot."""
    body = plain(parsed(event.body))
    stated: State = {} if body is None else {WHOLE: body}
    if isinstance(body, dict):
        stated = as_dict(body)
    if event.attributes.get(semconv.STATE_FULL) is not False:
        return dict(stated)
    removed = set(as_list(event.attributes.get(semconv.STATE_REMOVED_KEYS)))
    return {key: value for key, value in {**state, **stated}.items() if key not in removed}


def compare(before: State, after: State) -> list[StateChange]:
    """Return the keys of both states, in the later one's order, those that went last."""
    changes: list[StateChange] = []
    for key, value in after.items():
        if key not in before:
            changes.append(StateChange(key=key, change="added", after=value))
        elif before[key] == value:
            changes.append(StateChange(key=key, change="same", before=value, after=value))
        else:
            changes.append(StateChange(key=key, change="changed", before=before[key], after=value))
    gone = [key for key in before if key not in after]
    return changes + [StateChange(key=key, change="removed", before=before[key]) for key in gone]


def _since_full(places: list[tuple[Any, ...]]) -> list[tuple[int, int, int]]:
    """Return the snapshots from the last whole state but one on: the one before is needed too."""
    whole = [number for number, place in enumerate(places) if place[3] is not False]
    if whole and whole[-1] == len(places) - 1:
        whole.pop()
    return [place[:3] for place in places[whole[-1] if whole else 0 :]]
