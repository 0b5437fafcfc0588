# pyright: basic
"""Decisions of a graph: conditional edges, `Command(goto=…)` and `Send`, with what was not chosen."""

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin, get_type_hints

from playhead import semconv as names
from playhead.semconv import AlternativesSource
from playhead.steps import Decision, JsonText
from playhead_adapters.langgraph.content import to_json
from playhead_adapters.langgraph.graphs import GraphRun, maker

FRAMEWORK = "langgraph"


def of_branch(graph: GraphRun, node: str, branch: Any, result: Any, seen: Any) -> Decision:
    """Return what a conditional edge decided. `seen` is the state that the path function got."""
    labels = list(result) if isinstance(result, list | tuple) else [result]
    chosen = [_target(branch.ends, label) for label in labels]
    sends = [{"node": label.node, "arg": label.arg} for label in labels if _is_send(label)]
    known = graph.declared.branches.get((node, id(branch)))
    if known is None:
        known = (_name(branch.path, node), *maker(branch.path), *_alternatives(branch))
        graph.declared.branches[node, id(branch)] = known
    name, made_by, declared_at, candidates, source = known
    return Decision(
        name=name,
        framework=FRAMEWORK,
        input=seen if isinstance(seen, JsonText) else to_json(seen),
        output=_said(labels, chosen, sends),
        type="send" if sends and len(sends) == len(labels) else "branch",
        chosen=tuple(chosen),
        candidates=candidates,
        candidates_source=source,
        maker=made_by,
        declared_at=declared_at,
    )


def _said(labels: list[Any], chosen: list[str], sends: list[Any]) -> JsonText | None:
    """Return what a path function returned, where that is more than the places themselves."""
    if sends:
        return to_json({"sends": sends})
    return None if labels == chosen else to_json({"labels": labels})


def of_output(graph: GraphRun, node: str, output: Any, seen: JsonText | None) -> Decision | None:
    """Return where a node's result sends the graph, or `None` when it leaves that to the edges."""
    commands = [part for part in _each(output) if _is_command(part)]
    targets: list[Any] = [output] if _is_send(output) else []
    for command in commands:
        goto = command.goto
        targets += [goto] if isinstance(goto, str) or _is_send(goto) else list(goto)
    if not targets:
        return None
    made_by, declared_at = graph.declared.maker(graph.function(node))
    ends = graph.ends(node)
    sends = [{"node": target.node, "arg": target.arg} for target in targets if _is_send(target)]
    parent = any(command.graph is not None for command in commands)
    return Decision(
        name=node,
        framework=FRAMEWORK,
        input=seen,
        output=to_json({"sends": sends}) if sends else None,
        type="send" if len(sends) == len(targets) else "command",
        chosen=tuple(target.node if _is_send(target) else str(target) for target in targets),
        candidates=() if parent else ends,
        candidates_source="ends" if ends and not parent else "unknown",
        maker=made_by,
        declared_at=declared_at,
        attributes={names.DECISION_GRAPH: "parent"} if parent else {},
    )


def _each(output: Any) -> Iterable[Any]:
    return output if isinstance(output, list | tuple) else (output,)


def _is_send(value: Any) -> bool:
    return type(value).__name__ == "Send" and hasattr(value, "node")


def _is_command(value: Any) -> bool:
    return type(value).__name__ == "Command" and hasattr(value, "goto")


def _target(ends: Any, label: Any) -> str:
    if _is_send(label):
        return str(label.node)
    return str(ends[label] if ends and label in ends else label)


def _name(path: Any, node: str) -> str:
    """Return what the router is called; an unnamed one after the node that it follows."""
    function = getattr(path, "func", None) or getattr(path, "afunc", None)
    name = getattr(path, "name", None) or type(path).__name__
    if function is not None and getattr(function, "__name__", "<lambda>") == "<lambda>":
        return f"edge after {node}"
    return str(name)


def _alternatives(branch: Any) -> tuple[tuple[str, ...], AlternativesSource]:
    if not branch.ends:
        return (), "unknown"
    ends = tuple(dict.fromkeys(str(end) for end in branch.ends.values()))
    return ends, "literal" if _says_literal(branch) else "path_map"


def _says_literal(branch: Any) -> bool:
    """Whether the alternatives are the `Literal` that the path function says it returns."""
    function = getattr(branch.path, "func", None) or getattr(branch.path, "afunc", None)
    try:
        returns = get_type_hints(function).get("return")
    except (TypeError, NameError, AttributeError):  # no function, or a name only known elsewhere
        return False
    return get_origin(returns) is Literal and set(get_args(returns)) == set(branch.ends)
