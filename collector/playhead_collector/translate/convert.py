"""Converters that the dialect tables name: one attribute value in, one column value out.

Each gives None where the value does not say what the column means; a wrong value is unknown, never
an error and never zero.
"""

import base64
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import msgspec

Json = Any
Converter = Callable[[Json], Json]

INT64_MAX: Final = 2**63 - 1
JSON_DEPTH_MAX: Final = 100  # deeper text is shown as text: encoders give up at about 200
NAMES_MAX: Final = 200  # of tools or alternatives in one list; 20 times what was ever seen
NAME_CHARS_MAX: Final = 200  # longer is content, not a name
PICKED_MAX: Final = 50  # destinations that one router named

# Providers as OpenTelemetry calls them, from the names that emitters use.
PROVIDER_WORDS: Final = {
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "aws": "aws.bedrock",
    "google": "gcp.gen_ai",
    "mistralai": "mistral_ai",
    "vertexai": "gcp.vertex_ai",
    "xai": "x_ai",
}
FRAMEWORKS: Final = frozenset(
    {"autogen", "crewai", "langchain", "langgraph", "microsoft.agent_framework", "strands-agents"}
)
FINISH_WORDS: Final = {
    "end_turn": "stop",
    "finishreason.stop": "stop",
    "finishreason.tool_calls": "tool_call",
    "tool-calls": "tool_call",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
}


def text(value: Json) -> str | None:
    """Return a string as it is, another scalar or structure as its JSON; None for nothing."""
    if isinstance(value, str):
        return value or None
    if value is None or value == [] or value == {}:
        return None
    if isinstance(value, bytes):
        return readable(value)
    return to_json(value)


def count(value: Json) -> int | None:
    """Return a number of things, None where it is negative, fractional or absurd."""
    number = integer(value)
    return number if number is not None and number >= 0 else None


def integer(value: Json) -> int | None:
    """Return a signed 64-bit integer from a number or its digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,19}", value):
            return None
        value = int(value)
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if isinstance(value, int) and abs(value) <= INT64_MAX else None


def number(value: Json) -> float | None:
    """Return a finite float."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    return None


def numbers(value: Json) -> list[float] | None:
    """Return a list of finite floats, None where anything else is among them."""
    found = [number(one) for one in as_list(value)]
    kept = [one for one in found if one is not None]
    return kept if kept and len(kept) == len(found) else None


def flag(value: Json) -> bool | None:
    """Return a boolean, also from its word."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def class_name(value: Json) -> str | None:
    """Return the last dotted segment of a class name, also from `<class 'a.b.C'>`."""
    name = text(value)
    if name is None:
        return None
    inside = re.fullmatch(r"<class '(.*)'>", name)
    return (inside[1] if inside else name).rsplit(".", 1)[-1][:NAME_CHARS_MAX] or None


def provider(value: Json) -> str | None:
    """Return a provider by its standard name; None where the emitter named a framework."""
    name = text(value)
    if name is None:
        return None
    name = re.sub(r"\.(chat|completion|embedding|responses)$", "", name.lower().strip('" '))
    return None if name in FRAMEWORKS else PROVIDER_WORDS.get(name, name)


def finish(value: Json) -> str | None:
    """Return why the model stopped, in one vocabulary; several choices joined by commas."""
    reasons = as_list(value)
    words = [FINISH_WORDS.get(str(one).lower(), str(one)) for one in reasons if one is not None]
    return ",".join(words) or None


def names(value: Json) -> str | None:
    """Return a JSON list of names."""
    return _name_list(one for one in as_list(value) if isinstance(one, str))


def tool_names(value: Json) -> str | None:
    """Return the names of offered tools, from any of the known shapes of a definition."""
    return _name_list(filter(None, map(tool_name, as_list(value))))


def tool_name(definition: Json) -> str | None:
    """Return the name in one tool definition."""
    stated = as_dict(definition)
    name = stated.get("name") or as_dict(stated.get("function")).get("name")
    return name if isinstance(name, str) else None


def called_names(value: Json) -> str | None:
    """Return the names of the tools that an answer asks for, from its `tool_call` parts."""
    found: list[str] = []
    for message in as_list(value):
        for part in as_list(as_dict(message).get("parts")):
            stated = as_dict(part)
            if stated.get("type") == "tool_call" and isinstance(stated.get("name"), str):
                found.append(stated["name"])
    return _name_list(found)


def picked(value: Json) -> str | None:
    """Return the bare name, or names, that a function gave back: what a router picks looks so."""
    value = parsed(value)
    if isinstance(value, dict):
        stated = as_dict(value)
        value = stated.get("outputs", stated.get("output"))
    chosen = as_list(value)
    if not 0 < len(chosen) <= PICKED_MAX:
        return None
    if not all(isinstance(one, str) and 0 < len(one) <= NAME_CHARS_MAX for one in chosen):
        return None
    return to_json(chosen)


def parsed(value: Json) -> Json:
    """Return what a string of JSON holds; anything else, or what is no JSON, as it is."""
    if isinstance(value, str) and value[:1] in _JSON_STARTS:
        try:
            found = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return value
        opened = value.count("[") + value.count("{")
        return value if opened > JSON_DEPTH_MAX and _depth(found) > JSON_DEPTH_MAX else found
    return value


def _depth(value: Json) -> int:
    """Return how deep lists and mappings are nested, without recursion."""
    deepest = 0
    stack: list[tuple[Json, int]] = [(value, 1)]
    while stack:
        one, depth = stack.pop()
        if isinstance(one, dict | list):
            deepest = max(deepest, depth)
            inner: list[Json] = (
                list(as_dict(one).values()) if isinstance(one, dict) else as_list(one)
            )
            stack.extend((each, depth + 1) for each in inner)
    return deepest


def as_list(value: Json) -> list[Json]:
    """Return a list, also from its JSON text; a single value becomes a list of one."""
    value = parsed(value)
    if value is None or value == "":
        return []
    return cast(list[Json], value) if isinstance(value, list) else [value]


def as_dict(value: Json) -> dict[str, Json]:
    """Return a mapping, also from its JSON text; anything else becomes an empty one."""
    value = parsed(value)
    return cast(dict[str, Json], value) if isinstance(value, dict) else {}


def readable(body: bytes) -> str:
    """Return bytes as text where they are UTF-8, else as `base64:` and their encoding."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(body).decode()


def to_json(value: Json) -> str:
    """Return compact JSON. Bytes become base64, what is not a number becomes null."""
    return msgspec.json.encode(value).decode()


def _name_list(found: Iterable[str]) -> str | None:
    kept = [name[:NAME_CHARS_MAX] for name in found][:NAMES_MAX]
    return to_json(kept) if kept else None


_JSON_STARTS: Final = frozenset('{["-0123456789tfn \n\r\t')
CONVERTERS: Final[dict[str, Converter]] = {
    "called_names": called_names,
    "class_name": class_name,
    "count": count,
    "finish": finish,
    "flag": flag,
    "integer": integer,
    "json": parsed,
    "list": as_list,
    "names": names,
    "number": number,
    "numbers": numbers,
    "picked": picked,
    "provider": provider,
    "raw": lambda value: value,
    "text": text,
    "tool_names": tool_names,
}
