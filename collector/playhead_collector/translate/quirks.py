"""The few facts that a dialect table cannot say, one small function each.

A quirk sees one record only: what needs its relatives is derived later.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from playhead_collector.translate.convert import (
    as_dict,
    as_list,
    class_name,
    parsed,
    to_json,
    tool_name,
)
from playhead_collector.wire import Event, Span

Json = Any
Facts = dict[str, Json]

MESSAGE_CHARS_MAX: Final = 2_000  # of an error; the whole text stays in the log
INTERRUPTS: Final = ("GraphInterrupt", "NodeInterrupt", "ApprovalRequired", "CallDeferred")
CONTROL_FLOW: Final = frozenset(
    {"ParentCommand", "GraphBubbleUp", "GeneratorExit", "StopIteration"}
)
CANCELLED: Final = frozenset({"CancelledError", "Cancelled"})
MESSAGE_HEAD: Final = re.compile(r"llm\.(input|output)_messages\.(\d{1,5})\.message\.(.+)")
CALL_HEAD: Final = re.compile(r"tool_calls\.(\d{1,5})\.tool_call\.(.+)")
TOOL_HEAD: Final = re.compile(r"llm\.tools\.(\d{1,5})\.tool\.json_schema")


def read_outcome(span: Span, facts: Facts) -> None:
    """Set outcome, error type and message from status, attributes and exception events.

    An interrupt is control flow: LangGraph raises it, and carriers report it as OK, as an error
    or only as an exception event.
    """
    raised = _last_exception(span)
    kind = facts.get("error_type") or class_name(raised.get("exception.type"))
    message = raised.get("exception.message") or span.status_message or ""
    message = message.split("Traceback", 1)[0] if isinstance(message, str) else ""
    haystack = f"{kind or ''} {message[:200]}"
    stated = facts.get("outcome")
    failed = span.status_code == 2 or (
        facts.get("error_type") is not None and span.status_code != 1
    )
    facts["error_type"] = facts["error_message"] = None
    if stated in ("interrupted", "cancelled"):
        facts["outcome"] = stated
    elif any(name in haystack for name in INTERRUPTS):
        facts["outcome"] = "interrupted"
    elif failed and kind in CONTROL_FLOW:
        facts["outcome"] = "ok"
    elif failed:
        facts["outcome"] = "cancelled" if kind in CANCELLED else "error"
        facts["error_type"] = kind or "_OTHER"
        facts["error_message"] = message[:MESSAGE_CHARS_MAX] or None
    else:
        facts["outcome"] = "ok"


def last_stack(span: Span) -> str | None:
    """Return the stack trace of the last exception, from its event or its attribute."""
    stack = _last_exception(span).get("exception.stacktrace")
    stack = stack or span.attributes.get("exception.stacktrace")
    return stack if isinstance(stack, str) else None


def drop_repeated_model(span: Span, facts: Facts) -> None:
    """OpenInference names one model: the served one, where another attribute says what was asked."""
    sources = ("llm.invocation_parameters", "embedding.invocation_parameters")
    asked = any("model" in as_dict(span.attributes.get(source)) for source in sources)
    if asked and facts.get("model_served") == facts.get("model_requested"):
        facts.pop("model_served", None)


def gather_flat_tools(span: Span, facts: Facts) -> None:
    """OpenInference numbers the offered and the called tools, one attribute each."""
    if "llm.token_count.total" not in span.attributes and facts.get("kind") != "model_call":
        return
    offered = [name for one in flat_tools(span.attributes) if (name := tool_name(one))]
    called: list[str] = []
    for message in flat_messages(span.attributes, "output"):
        called += [part["name"] for part in message["parts"] if part["type"] == "tool_call"]
    if offered:
        facts["tools_offered"] = to_json(offered)
    if called:
        facts["tools_called"] = to_json(called)


def flat_tools(attributes: Mapping[str, Json]) -> list[Json]:
    """Return OpenInference's numbered tool definitions, in order."""
    found = {
        int(hit[1]): value for key, value in attributes.items() if (hit := TOOL_HEAD.fullmatch(key))
    }
    return [parsed(found[index]) for index in sorted(found)]


def flat_messages(attributes: Mapping[str, Json], side: str) -> list[Json]:
    """Return OpenInference's numbered messages as OpenTelemetry's: a role and its parts."""
    gathered: dict[int, dict[str, Json]] = {}
    for key, value in attributes.items():
        hit = MESSAGE_HEAD.fullmatch(key)
        if hit and hit[1] == side:
            gathered.setdefault(int(hit[2]), {})[hit[3]] = value
    return [_message(gathered[index]) for index in sorted(gathered)]


def _message(fields: dict[str, Json]) -> Json:
    role = fields.get("role") or "user"
    parts: list[Json] = []
    content = fields.get("content")
    if role == "tool":
        parts.append(
            {"type": "tool_call_response", "id": fields.get("tool_call_id"), "result": content}
        )
    elif content not in (None, ""):
        parts.append({"type": "text", "content": content})
    calls: dict[int, dict[str, Json]] = {}
    for key, value in fields.items():
        if hit := CALL_HEAD.fullmatch(key):
            calls.setdefault(int(hit[1]), {})[hit[2]] = value
        elif key.startswith("contents.") and key.endswith(".text"):
            parts.append({"type": "text", "content": value})
    for index in sorted(calls):
        call = calls[index]
        arguments = parsed(call.get("function.arguments"))
        name = call.get("function.name")
        part = {
            "type": "tool_call",
            "id": call.get("id"),
            "name": str(name),
            "arguments": arguments,
        }
        parts.append(part)
    return {"role": str(role), "parts": parts}


def one_attempt_per_request(span: Span, facts: Facts) -> None:
    """A plain span is an HTTP attempt where a client made the request."""
    asked = "http.request.method" in span.attributes or "http.method" in span.attributes
    if asked and span.kind == 3:
        facts["kind"], facts["kind_word"] = "http_attempt", None


def name_foreign_root(span: Span, facts: Facts) -> None:
    """A root chain of LangGraph is the workflow; its span name is the workflow's name."""
    metadata = as_dict(span.attributes.get("metadata"))
    if span.parent_id is None and facts["kind"] == "node" and "graph_node" not in facts:
        facts["kind"] = "workflow"
    if "langgraph" in str(metadata.get("ls_integration", "")):
        facts["framework"] = "langgraph"


def keep_transfer(span: Span, facts: Facts) -> None:
    """A tool call that hands over to another agent is a hand-off."""
    target = span.attributes.get("gen_ai.transfer.target.name")
    if facts["kind"] == "tool_call" and target is not None:
        facts["kind"] = "handoff"
        facts["decision_type"] = "handoff"
        facts["chosen"] = to_json([str(one) for one in as_list(target)])


def _last_exception(span: Span) -> dict[str, Json]:
    for event in reversed(span.events):
        if event.name == "exception":
            return _texts(event)
    return {}


def _texts(event: Event) -> dict[str, Json]:
    return {key: value for key, value in event.attributes.items() if isinstance(value, str)}


Quirk = Callable[[Span, Facts], None]
QUIRKS: Final[dict[str, tuple[Quirk, ...]]] = {
    "native": (keep_transfer,),
    "otel": (one_attempt_per_request,),
    "otel-genai": (keep_transfer,),
    "openinference": (drop_repeated_model, gather_flat_tools, name_foreign_root),
}
