"""The tree of a run's steps: orphans and cycles included, never recursive."""

from dataclasses import dataclass

from playhead_collector.derive.states import Key, State


@dataclass(slots=True)
class Place:
    """One step in tree order."""

    state: State
    parent: int  # row number, -1 for a root
    depth: int
    detached: bool


def plant(states: dict[Key, State], elsewhere: frozenset[Key] = frozenset()) -> list[Place]:
    """Return the steps in tree order: a parent before its children, siblings by start.

    A step whose parent is in `elsewhere` (another run of the same trace) is a root. One whose
    parent never arrived is a detached root, and so is the earliest step of a cycle.
    """
    children: dict[Key, list[Key]] = {}
    roots: list[tuple[Key, bool]] = []
    for key, state in states.items():
        parent = _parent_key(state)
        if parent is not None and parent in states and parent != key:
            children.setdefault(parent, []).append(key)
        else:
            lost = parent is not None and parent not in elsewhere
            roots.append((key, lost))
    places: list[Place] = []
    seen: set[Key] = set()
    roots.sort(key=lambda root: _order(states[root[0]]))
    _walk(states, children, roots, places, seen)
    unreached = sorted(
        (key for key in states if key not in seen), key=lambda key: _order(states[key])
    )
    for key in unreached:
        if key not in seen:
            entry = _entry_of_cycle(states, key)
            _walk(states, children, [(entry, True)], places, seen)
    return places


def _walk(
    states: dict[Key, State],
    children: dict[Key, list[Key]],
    roots: list[tuple[Key, bool]],
    places: list[Place],
    seen: set[Key],
) -> None:
    stack = [(key, -1, 0, lost) for key, lost in reversed(roots)]
    while stack:
        key, parent, depth, lost = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        row = len(places)
        places.append(Place(states[key], parent, depth, lost))
        below = children.get(key)
        if below:
            below.sort(key=lambda child: _order(states[child]), reverse=True)
            stack.extend((child, row, depth + 1, False) for child in below)


def _entry_of_cycle(states: dict[Key, State], start: Key) -> Key:
    """Return the earliest step of the cycle that `start` leads up to."""
    path: dict[Key, None] = {}
    key = start
    while key not in path:
        path[key] = None
        parent = _parent_key(states[key])
        assert parent is not None  # a step without a parent is a root and was walked
        key = parent
    walked = list(path)
    return min(walked[walked.index(key) :], key=lambda one: _order(states[one]))


def _parent_key(state: State) -> Key | None:
    parent = state.record.parent_id
    return (state.record.trace_id, parent) if parent else None


def _order(state: State) -> tuple[int, str, str]:
    return state.record.start_ns, state.record.trace_id, state.record.row_id
