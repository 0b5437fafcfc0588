"""The content of one span or log event, read from the wire when somebody looks at it.

The same dialect tables say where it lies, so a better table shows old steps better at once. Text is
given as it was stated, byte for byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from playhead_collector.translate.convert import as_dict, as_list, parsed, text, tool_name
from playhead_collector.translate.quirks import flat_messages, flat_tools, last_stack
from playhead_collector.translate.tables import Dialect, find_dialect
from playhead_collector.wire import LogEvent, Span

Json = Any
Attributes = Mapping[str, Json]

FLAT_HEADS: Final = ("llm.input_messages.", "llm.output_messages.", "llm.tools.")
MASK: Final = "[masked:"
CUT: Final = "[truncated, "


@dataclass(slots=True)
class Content:
    """What a step said; None where it did not say it."""

    state: str
    system: list[Json] | None = None
    messages: list[Json] | None = None
    answer: list[Json] | None = None
    tools: list[Json] | None = None
    parameters: dict[str, Json] | None = None
    finish_reasons: list[str] | None = None
    first_chunk_ns: int | None = None
    input: Json = None
    output: Json = None
    decision: dict[str, Json] = field(default_factory=dict[str, Json])
    http: dict[str, Json] | None = None
    stack: str | None = None
    attributes: dict[str, Json] = field(default_factory=dict[str, Json])


def read_content(span: Span, beside: Sequence[LogEvent] = ()) -> Content:
    """Return what a span says, filled up from log events that carry its content."""
    table = find_dialect(span.scope.name, span.attributes)
    attributes = {**_attributes_beside(beside), **span.attributes}
    return _read(table, attributes, stack=last_stack(span), stated=span.attributes)


def read_event_content(event: LogEvent) -> Content:
    """Return what a log event of ours says: a started step or an interrupt; its body is its input."""
    table = find_dialect(event.scope.name, event.attributes)
    content = _read(table, event.attributes, stack=None, stated=event.attributes)
    if event.body is not None:
        content.input = parsed(event.body)
        content.state = state_of(content.input) or "captured"
    return content


def tool_choice(content: Content) -> dict[str, Json]:
    """Return the decision that a model call made among its tools, from what it said.

    The reason is the model's own text beside the calls, and None where it wrote none.
    """
    chosen: list[str] = []
    reasons: dict[str, list[str]] = {"reasoning": [], "text": []}
    for message in content.answer or []:
        for part in message.get("parts", ()):
            kind = part.get("type")
            if kind == "tool_call" and isinstance(part.get("name"), str):
                chosen.append(part["name"])
            elif kind in reasons and isinstance(part.get("content"), str) and part["content"]:
                reasons[kind].append(part["content"])
    source = next((kind for kind in ("reasoning", "text") if reasons[kind]), None)
    return {
        "type": "tool_choice",
        "chosen": chosen,
        "candidates": [name for one in content.tools or [] if (name := tool_name(one))],
        "candidates_source": "tools_offered",
        "reason": "\n".join(reasons[source]) if source else None,
        "reason_source": f"model_{source}" if source else "none",
        "inputs": None,
    }


def state_of(value: Json) -> str | None:
    """Return `truncated` or `redacted` where a value holds the marker that says so."""
    stack, found = [value], None
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            if one.startswith(CUT):
                return "truncated"
            if MASK in one:
                found = "redacted"
        elif isinstance(one, dict):
            stack.extend(as_dict(one).values())
        elif isinstance(one, list):
            stack.extend(as_list(one))
    return found


def _read(
    table: Dialect, attributes: Attributes, *, stack: str | None, stated: Attributes
) -> Content:
    messages = _messages(table.content_of("messages", attributes))
    answer = _messages(table.content_of("answer", attributes))
    first_chunk_s = table.content_of("first_chunk_s", attributes)
    content = Content(
        state="captured",
        system=_parts(table.content_of("system", attributes)),
        messages=messages or flat_messages(attributes, "input") or None,
        answer=answer or flat_messages(attributes, "output") or None,
        tools=as_list(table.content_of("tools", attributes)) or flat_tools(attributes) or None,
        parameters=_parameters(table, attributes),
        finish_reasons=[str(one) for one in table.content_of("finish_reasons", attributes) or ()]
        or None,
        first_chunk_ns=round(first_chunk_s * 1e9) if first_chunk_s is not None else None,
        input=table.content_of("input", attributes),
        output=table.content_of("output", attributes),
        decision=table.group_of("decision", attributes),
        http=table.group_of("http", attributes) or None,
        stack=stack,
        attributes=_rest(table, stated),
    )
    content.state = _state(table, attributes, content)
    return content


def _state(table: Dialect, attributes: Attributes, content: Content) -> str:
    stated = text(table.content_of("state", attributes))
    if stated:
        return stated
    said = [content.system, content.messages, content.answer, content.input, content.output]
    said += [content.decision.get("inputs"), content.http]
    if all(one is None for one in said):
        return "not_captured"
    return state_of(said) or "captured"


def _parameters(table: Dialect, attributes: Attributes) -> dict[str, Json] | None:
    found = table.group_of("parameters", attributes)
    return {**as_dict(found.pop("other", None)), **found} or None


def _messages(value: Json) -> list[Json] | None:
    """Return messages as roles with parts, from the current shape or the older {role, content}."""
    shaped: list[Json] = []
    for message in as_list(value):
        stated = as_dict(message) if isinstance(message, dict) else {"content": message}
        parts = stated.get("parts")
        if not isinstance(parts, list):
            parts = [{"type": "text", "content": stated.get("content")}]
        shaped.append({"role": str(stated.get("role") or "user"), "parts": _parts(parts) or []})
    return shaped or None


def _parts(value: Json) -> list[Json] | None:
    shaped: list[Json] = [
        part if isinstance(part, dict) else {"type": "text", "content": part}
        for part in as_list(value)
    ]
    return shaped or None


def _attributes_beside(beside: Sequence[LogEvent]) -> dict[str, Json]:
    gathered: dict[str, Json] = {}
    for event in beside:
        body = parsed(event.body)
        gathered |= body if isinstance(body, dict) else {}
        gathered |= event.attributes
    return gathered


def _rest(table: Dialect, stated: Attributes) -> dict[str, Json]:
    """Return the attributes that no content field holds, as sent."""
    shown = {source.attribute for sources in table.content.values() for source in sources}
    for group in table.groups.values():
        shown |= {source.attribute for sources in group.values() for source in sources}
    flat = FLAT_HEADS if table.name == "openinference" else ()
    return {
        key: value
        for key, value in stated.items()
        if key not in shown and not (flat and key.startswith(flat))
    }
