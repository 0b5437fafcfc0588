# pyright: basic
"""Chat messages as prompt blocks: the form of OpenTelemetry's GenAI convention.

A message is `{"role", "parts"}`; a part is `{"type": "text" | "reasoning" | "tool_call" |
"tool_call_response" | "uri" | …}`. Foreign shapes are read, never imported.

Source:
    open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-input-messages.json, read 2026-11-22.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Part = dict[str, Any]
Block = dict[str, Any]  # {"role": str, "parts": list[Part]}

_ROLES: Final = {
    "human": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "HumanMessageChunk": "user",
    "SystemMessageChunk": "system",
    "ToolMessageChunk": "tool",
    "function": "tool",
}
# Blocks inside an answer that repeat what the message says in `tool_calls`.
_CALL_BLOCKS: Final = {
    "tool_use",
    "tool_call",
    "tool_call_chunk",
    "function_call",
    "input_json_delta",
}


def from_langchain(message: Any) -> Block:
    """Return one LangChain message as a block."""
    kind = str(message.type)
    role = getattr(message, "role", None) if kind == "chat" else _ROLES.get(kind, kind)
    if kind in ("tool", "ToolMessageChunk"):
        response: Part = {
            "type": "tool_call_response",
            "id": message.tool_call_id,
            "response": message.content,
        }
        if getattr(message, "status", "success") == "error":
            response["status"] = "error"
        return {"role": "tool", "parts": [response]}
    parts = [*_reasoning(message), *from_content(message.content), *_tool_calls(message)]
    return {"role": str(role or kind), "parts": parts}


def from_content(content: Any) -> list[Part]:
    """Return the parts of a message's content: a text, or a list of texts and typed blocks."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    if not isinstance(content, Iterable):
        return []
    return [part for block in content if (part := _from_block(block)) is not None]


def answer(message: Any, finish_reason: str | None) -> list[Block]:
    """Return a model's answer as a list of one block, with why it ended."""
    block = from_langchain(message)
    if finish_reason is not None:
        block["finish_reason"] = finish_reason
    return [block]


def tool_definitions(tools: Any) -> list[dict[str, Any]] | None:
    """Return the tools that a model was offered as `{"type", "name", "description", "parameters"}`."""
    if not isinstance(tools, list | tuple) or not tools:
        return None
    return [_tool(tool) for tool in tools if isinstance(tool, Mapping)]


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    inner = tool.get("function")
    if isinstance(inner, Mapping):  # OpenAI's chat completions
        return {"type": tool.get("type", "function"), **inner}
    said = dict(tool)  # OpenAI's responses, Anthropic
    said.setdefault("type", "function")
    if "input_schema" in said:
        said["parameters"] = said.pop("input_schema")
    return said


def _from_block(block: Any) -> Part | None:
    if isinstance(block, str):
        return {"type": "text", "content": block}
    if not isinstance(block, Mapping):
        return None
    kind = block.get("type")
    if kind in _CALL_BLOCKS:
        return None
    if kind in ("text", "output_text", "input_text"):
        return {"type": "text", "content": block.get("text", "")}
    if kind in ("thinking", "reasoning"):
        thought = block.get("thinking") or block.get("reasoning") or block.get("text") or ""
        return {"type": "reasoning", "content": thought or _summary(block)}
    if kind == "image_url":
        image = block.get("image_url")
        address = image.get("url") if isinstance(image, Mapping) else image
        return {"type": "uri", "modality": "image", "uri": address}
    return dict(block)


def _summary(block: Mapping[str, Any]) -> str:
    summary = block.get("summary")
    if not isinstance(summary, list):
        return ""
    return "\n".join(str(s.get("text", "")) for s in summary if isinstance(s, Mapping))


def _reasoning(message: Any) -> list[Part]:
    """Return reasoning that a provider sends beside the content."""
    extra = getattr(message, "additional_kwargs", None) or {}
    thought = extra.get("reasoning_content")
    return (
        [{"type": "reasoning", "content": thought}] if isinstance(thought, str) and thought else []
    )


def _tool_calls(message: Any) -> list[Part]:
    calls = [
        {"type": "tool_call", "id": c.get("id"), "name": c.get("name"), "arguments": c.get("args")}
        for c in getattr(message, "tool_calls", None) or ()
    ]
    # Arguments that were no JSON: kept as the text that the model wrote.
    broken = [
        {
            "type": "tool_call",
            "id": c.get("id"),
            "name": c.get("name"),
            "arguments": c.get("args"),
            "error": c.get("error") or "arguments are not valid JSON",
        }
        for c in getattr(message, "invalid_tool_calls", None) or ()
    ]
    return calls + broken
