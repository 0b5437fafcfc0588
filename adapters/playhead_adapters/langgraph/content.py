# pyright: basic
"""LangChain's and LangGraph's own objects as content, and tool results as what replay can restore."""

from typing import Any, Final

from playhead.boundary import Unrestorable, restorable, tag
from playhead.content import Writer, plain
from playhead.steps import Json, JsonText, Restorable

_MESSAGE_FIELDS: Final = ("name", "id", "tool_calls", "tool_call_id", "status", "artifact")


def _plain(value: Any) -> Any:
    kind = type(value)
    module = kind.__module__
    if _is_message(value):
        said = {"type": value.type, "content": value.content}
        for name in _MESSAGE_FIELDS:
            found = getattr(value, name, None)
            if found and found != "success":
                said[name] = found
        return said
    if module == "langgraph.types":
        if kind.__name__ == "Send":
            return {"node": value.node, "arg": value.arg}
        if kind.__name__ == "Command":
            parts = {name: getattr(value, name) for name in ("goto", "update", "resume", "graph")}
            return {name: part for name, part in parts.items() if part not in (None, (), [])}
    return plain(value)


to_json: Final = Writer(_plain)


def tool_output(output: Any) -> tuple[JsonText, Restorable]:
    """Return a tool's result as content, and the form from which replay makes the object again."""
    content = to_json(output.content if _is_message(output) else output)
    if not _is_own(output) and not isinstance(output, list | tuple):
        return content, restorable(output)
    try:
        return content, Restorable(state="restorable", result=_tagged(output))
    except Unrestorable as why:
        return content, Restorable(state="unrestorable", reason=str(why))


def _tagged(value: Any) -> Json:
    """Return a result with tags for the framework's own objects, all other types as `tag` has them.

    `$message` is [type, fields], `$send` is [node, argument], `$command` its fields.
    """
    if _is_message(value):
        return {"$message": [value.type, tag(value.model_dump())]}
    if _is_own(value) and type(value).__name__ == "Send":
        return {"$send": [value.node, _tagged(value.arg)]}
    if _is_own(value) and type(value).__name__ == "Command":
        parts = ("graph", "update", "resume", "goto")
        return {"$command": {name: _tagged(getattr(value, name)) for name in parts}}
    if type(value) is list:
        return [_tagged(part) for part in value]
    if type(value) is dict and all(type(k) is str and not k.startswith("$") for k in value):
        return {key: _tagged(part) for key, part in value.items()}
    return tag(value)


def _is_own(value: Any) -> bool:
    return type(value).__module__ == "langgraph.types" or _is_message(value)


def _is_message(value: Any) -> bool:
    return type(value).__module__.startswith("langchain_core.messages")
