"""The search language of docs/reference/search.md, as a condition on table `run`.

SQL text comes from the tables below only; everything a person typed is a parameter.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from playhead_collector.read import QueryError

QUERY_CHARS_MAX: Final = 2_000  # longer is no question of a person
TERMS_MAX: Final = 50
TIME_NS_MAX: Final = 2**64 - 1  # the latest time that OTLP can say
VALUES_MAX: Final = 100  # alternatives of one term

TEXT_FIELDS: Final = {
    "workflow": "workflow",
    "project": "project",
    "service": "service",
    "framework": "framework",
    "user": "user_id",
    "thread": "conversation_id",
    "fingerprint": "fingerprint",
    "day": "day",
}
# What a run used: columns of `step`, and which of its rows are meant. Costs are grouped by the same.
USED_FIELDS: Final = {
    "model": (("model",), "(s.kind in ('model_call', 'embedding') or s.usage_scope = 'call')"),
    "tool": (("tool",), "s.kind in ('tool_call', 'handoff')"),
    "node": (("node",), "true"),
    "step": (("node", "name"), "true"),
}
NUMBER_FIELDS: Final = {
    "cost": "cost_usd",
    "steps": "steps",
    "calls": "model_calls",
    "tools": "tool_calls",
    "retries": "retries",
    "errors": "errors",
    "tokens": "(tokens_input + coalesce(tokens_output, 0))",
    "hour": "hour",
}
STATUSES: Final = ("running", "completed", "failed", "paused", "cancelled", "lost")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS_NS: Final = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
FIELDS: Final = tuple(
    sorted({*TEXT_FIELDS, *USED_FIELDS, *NUMBER_FIELDS}
    | {"status", "run", "error", "duration", "weekday", "tag.NAME"})
)  # fmt: skip
_TERM: Final = re.compile(r"(?P<field>[A-Za-z_]+(?:\.[^\s:<>=\"]+)?)(?P<op>:|>=|<=|>|<|=)")
_WORD: Final = re.compile(r"\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\",]+)")


@dataclass(slots=True)
class Condition:
    """A `where` clause on table `run`, and its parameters."""

    sql: str = "true"
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])

    def bind(self, value: Any) -> str:
        """Add a parameter and return its mark."""
        name = f"q{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def require(self, sql: str) -> None:
        """Add a clause that must hold too."""
        self.sql = sql if self.sql == "true" else f"{self.sql}\n  and {sql}"


def parse(
    q: str,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    condition: Condition | None = None,
) -> Condition:
    """Return the condition that a query states, limited to runs that started in a time range.

    Raises:
        QueryError: with the character at which it cannot be understood.
    """
    found = condition or Condition()
    if since_ns is not None:
        found.require(f"start_ns >= {found.bind(min(max(0, since_ns), TIME_NS_MAX))}")
    if until_ns is not None:
        found.require(f"start_ns < {found.bind(min(max(0, until_ns), TIME_NS_MAX))}")
    if len(q) > QUERY_CHARS_MAX:
        raise QueryError("the query is too long", position=QUERY_CHARS_MAX, hint="ask for less")
    at = terms = 0
    while at < len(q):
        if q[at].isspace():
            at += 1
            continue
        at = _term(q, at, found)
        terms += 1
        if terms > TERMS_MAX:
            raise QueryError("too many terms", position=at, hint=f"up to {TERMS_MAX}")
    return found


def quote(value: str) -> str:
    """Return a value as it is written in a query, so that it is found literally."""
    return '"' + value.replace('"', "*") + '"'


def _term(q: str, at: int, found: Condition) -> int:
    """Read one term at a position; return the position behind it."""
    start = at
    negated = q[at] == "-"
    if negated:
        at += 1
    term = _TERM.match(q, at)
    if term is None:
        word = _WORD.match(q, at)
        if word is None:
            hint = "close the quotation mark" if q[at : at + 1] == '"' else "a word or field:value"
            raise QueryError("a term is missing", position=at, hint=hint)
        text = word["quoted"] if word["quoted"] is not None else word["bare"]
        if text.lower() == "and" and not negated and word["quoted"] is None:
            return word.end()
        sql, at = _plain(text, found), word.end()
    else:
        values, at = _values(q, term.end())
        sql = _field(term["field"], term["op"], values, found, start=start)
    found.require(f"not coalesce({sql}, false)" if negated else sql)
    return at


def _values(q: str, at: int) -> tuple[list[tuple[str, bool, int]], int]:
    """Read `a,b,"c d"`; return each value, whether it was quoted, and where it stands."""
    values: list[tuple[str, bool, int]] = []
    while True:
        word = _WORD.match(q, at)
        if word is None:
            hint = "close the quotation mark" if q[at : at + 1] == '"' else "write what to look for"
            raise QueryError("a value is missing", position=at, hint=hint)
        quoted = word["quoted"] is not None
        values.append((word["quoted"] if quoted else word["bare"], quoted, at))
        at = word.end()
        if len(values) > VALUES_MAX:
            raise QueryError("too many values", position=at, hint=f"up to {VALUES_MAX}")
        if q[at : at + 1] != ",":
            return values, at
        at += 1


def _field(
    name: str,
    op: str,
    values: list[tuple[str, bool, int]],
    found: Condition,
    *,
    start: int,
) -> str:
    lowered = name.lower()
    number = lowered in NUMBER_FIELDS or lowered == "duration"
    if not number and op != ":":
        raise QueryError(
            f"{name!r} is not compared by size", position=start, hint=f"write {name}:value"
        )
    make = _maker(name, found, start=start)
    if not number:
        return _either([make(text, at) for text, _, at in values])
    column = "duration_ns" if lowered == "duration" else NUMBER_FIELDS[lowered]
    sign = "=" if op == ":" else op
    read = _duration if lowered == "duration" else _number
    marks = [found.bind(read(text, at)) for text, _, at in values]
    kind = "bigint" if lowered == "duration" else "decimal(38, 12)"
    return _either([f"{column} {sign} cast({mark} as {kind})" for mark in marks])


def _maker(name: str, found: Condition, *, start: int) -> Callable[[str, int], str]:
    """Return what turns one value of a field into a clause."""
    lowered = name.lower()
    if lowered.startswith("tag."):
        return lambda text, _: _tag(name[4:], text, found)
    if lowered in TEXT_FIELDS:
        return lambda text, _: _matches(TEXT_FIELDS[lowered], text, found)
    if lowered in USED_FIELDS:
        return lambda text, _: _used(lowered, text, found)
    if lowered in NUMBER_FIELDS or lowered == "duration":
        return lambda text, _: text
    if lowered == "run":
        return lambda text, _: f"starts_with(run_id, {found.bind(text.rstrip('*'))})"
    if lowered == "error":
        return lambda text, _: _error(text, found)
    if lowered == "status":
        return lambda text, at: f"status = {found.bind(_one_of(text, STATUSES, at))}"
    if lowered == "weekday":
        return lambda text, at: (
            f"weekday = {found.bind(WEEKDAYS.index(_one_of(text[:3], WEEKDAYS, at)))}"
        )
    hint = "one of " + ", ".join(FIELDS)
    raise QueryError(f"there is no field {name!r}", position=start, hint=hint)


def _either(clauses: list[str]) -> str:
    return clauses[0] if len(clauses) == 1 else "(" + " or ".join(clauses) + ")"


def _matches(column: str, text: str, found: Condition) -> str:
    if text == "*":
        return f"{column} is not null"
    if not text:
        return f"{column} is null"
    if "*" in text:
        return f"{column} ilike {found.bind(like(text))} escape '\\'"
    return f"{column} = {found.bind(text)}"


def like(text: str) -> str:
    """Return a pattern in which `*` matches anything and all else itself."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _used(field_name: str, text: str, found: Condition) -> str:
    columns, which = USED_FIELDS[field_name]
    clause = _either([_matches(f"s.{column}", text, found) for column in columns])
    return f"run_id in (select s.run_id from step s where {which} and {clause})"


def _tag(name: str, text: str, found: Condition) -> str:
    if "*" in text:
        pattern = f"%\n{like(name.replace('*', ' '))}={like(text)}\n%"
        return f"tags ilike {found.bind(pattern)} escape '\\'"
    return f"contains(tags, {found.bind(chr(10) + name + '=' + text + chr(10))})"


def _error(text: str, found: Condition) -> str:
    if text == "*":
        return "error_type is not null"
    pattern = found.bind(like(f"*{text}*"))
    return f"(error_type ilike {pattern} escape '\\' or error_message ilike {pattern} escape '\\')"


def _plain(text: str, found: Condition) -> str:
    pattern = found.bind(like(f"*{text}*"))
    columns = ("run_id", "workflow", "error_type", "error_message", "conversation_id")
    return "(" + " or ".join(f"{column} ilike {pattern} escape '\\'" for column in columns) + ")"


def _one_of(text: str, words: tuple[str, ...], at: int) -> str:
    if text.lower() not in words:
        raise QueryError(f"{text!r} is not known", position=at, hint="one of " + ", ".join(words))
    return text.lower()


def _number(text: str, at: int) -> str:
    try:
        value = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**18:
        raise QueryError(f"{text!r} is not a number", position=at, hint="like 10 or 0.5")
    return format(value, "f")


def _duration(text: str, at: int) -> int:
    parts = re.fullmatch(r"(\d{1,12}(?:\.\d{1,9})?)(ns|us|ms|s|m|h)", text.lower())
    if parts is None:
        raise QueryError(
            f"{text!r} is not a duration", position=at, hint="like 500ms, 2s, 1.5m or 1h"
        )
    return min(int(Decimal(parts[1]) * UNITS_NS[parts[2]]), 2**63 - 1)
