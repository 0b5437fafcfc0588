# pyright: basic
"""LangChain's and LangGraph's own objects as content, and tool results as what replay can restore."""

import json
from typing import Any, Final

from playhead.content import Writer, class_name, plain
from playhead.steps import JsonText, Restorable

_MESSAGE_FIELDS: Final = ("name", "id", "tool_calls", "tool_call_id", "status", "artifact")
_PLAIN: Final = json.JSONEncoder(allow_nan=False)


def _plain(value: Any) -> Any:
    kind = type(value)
    module = kind.__module__
    if module.startswith("langchain_core.messages"):
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
    if _is_message(output):
        parts = {
            name: getattr(output, name) for name in ("content", "name", "tool_call_id", "status")
        }
        artifact = getattr(output, "artifact", None)
        if artifact is not None and not _is_plain(artifact):
            why = f"the artifact is a {class_name(type(artifact))}"
            return to_json(output.content), Restorable(state="unrestorable", reason=why)
        if artifact is not None:
            parts["artifact"] = artifact
        tagged = {"$type": "langchain_core.messages.ToolMessage", "fields": parts}
        return to_json(output.content), Restorable(state="restorable", result=to_json(tagged))
    if _is_plain(output):
        return to_json(output), Restorable(state="restorable")
    why = f"the result is a {class_name(type(output))}"
    return to_json(output), Restorable(state="unrestorable", reason=why)


def _is_message(value: Any) -> bool:
    return type(value).__name__ == "ToolMessage" and hasattr(value, "tool_call_id")


def _is_plain(value: Any) -> bool:
    """Whether JSON text gives back an equal value."""
    try:
        return bool(json.loads(_PLAIN.encode(value)) == value)
    except Exception:  # noqa: BLE001 - not JSON, or an object whose comparison raises
        return False
