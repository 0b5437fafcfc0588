"""The rules that remove secrets: from text, from JSON text, and from bodies without moving a byte.

A cheap look for telling fragments decides whether the rules run at all, so that clean text, which
is nearly all of it, costs a few microseconds per kilobyte. Masking twice changes nothing more.

Source:
    formats of keys: the providers' documentation and GitHub's secret scanning patterns, read
    2026-11-22; names of secrets: Sentry's default scrubbing list, and those of model providers.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

DEPTH_MAX: Final = 64  # of JSON inside JSON; content itself is written no deeper than 32


class Masked(NamedTuple):
    """A text without secrets, and how many were taken out."""

    text: str
    found: int


class MaskedBody(NamedTuple):
    """A body without secrets, as long as it was, and how many were taken out."""

    body: bytes
    found: int


def may_hold_secret(text: str) -> bool:
    """Whether any rule could change `text`; false for nearly all text, true for some clean ones."""
    for letter, fragment in _MARKS:
        # One letter is found at memory speed; a longer fragment costs half a microsecond per kB.
        if letter in text and fragment in text:
            return True
    if _AFTER_DASH.search(text) and any(fragment in text for fragment in _DASHED):
        return True
    if _AFTER_UNDERSCORE.search(text) and any(fragment in text for fragment in _UNDERSCORED):
        return True
    lower = text.lower()
    for word, before in _WORDS:
        if word in lower and _is_named(lower, word, before):
            return True
    return False


def mask_text(text: str) -> Masked:
    """Return `text` with each secret replaced by `[masked:<rule>]`; JSON text stays JSON text."""
    if not may_hold_secret(text):
        return Masked(text, 0)
    walk = _Walk()
    if text[:1] in ("{", "[", '"'):
        try:
            tree = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            masked = walk.value(tree, 0)
            return Masked(_dumps(masked) if walk.found else text, walk.found)
    return Masked(walk.text(text), walk.found)


def mask_body(body: bytes) -> MaskedBody:
    """Return `body` with each secret overwritten in place, so that offsets into it stay true."""
    text = body.decode("latin-1")
    if not may_hold_secret(text):
        return MaskedBody(body, 0)
    walk = _Walk(mark=_mark_in_place)
    return MaskedBody(walk.text(text).encode("latin-1"), walk.found)


def prepare() -> None:
    """Compile the rules now, e.g. in the background, and not at the first text that may need them."""
    _compiled()


def is_secret_name(name: str) -> bool:
    """Whether a value of this name is a secret, e.g. `api_key` or `Set-Cookie`."""
    return _NAME_ONLY.fullmatch(name) is not None


# How the name of a secret ends; what stands before, e.g. OPENAI_, does not matter.
_NAME: Final = (
    r"(?:api[_\-]?keys?|passwords?|passwd|passphrase|secrets?|pwd"
    r"|(?:private|secret|access|account|signing|encryption)[_\-]?keys?|credentials?"
    r"|authorization|cookies?|(?<![a-z0-9])auth"
    r"|(?:access|refresh|auth|api|id|bearer|session|security|csrf|xsrf|secret)[_\-]?tokens?)"
)
_NAME_ONLY: Final = re.compile(r"[a-z0-9_.\-]{0,60}" + _NAME, re.IGNORECASE)
# `token` alone is also what a tokenizer calls its pieces: only a long value without spaces counts.
_TOKEN: Final = re.compile(r"[^\s]{12,}")
_BEFORE: Final = r"(?<![A-Za-z0-9])"
_MARKED: Final = re.compile(r"\[masked:[a-z_]+\]?\**|\*+")  # by an earlier rule, or an earlier pass


class _Rule(NamedTuple):
    name: str
    pattern: str  # the last group is the secret; text around it stays


_RULES: Final = (
    _Rule(
        "private_key",
        r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\,:]*"
        r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?)",
    ),
    _Rule("anthropic_key", _BEFORE + r"(sk-ant-[A-Za-z0-9_\-]{16,})"),
    _Rule("openai_key", _BEFORE + r"(sk-[A-Za-z0-9_\-]{16,})"),
    _Rule("google_key", r"(AIza[0-9A-Za-z_\-]{35})"),
    _Rule("google_token", r"(ya29\.[0-9A-Za-z_\-]{20,})"),
    _Rule("aws_key", r"(?<![A-Z0-9])((?:AKIA|ASIA)[0-9A-Z]{16})(?![A-Z0-9])"),
    _Rule("github_token", r"(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    _Rule("gitlab_token", r"(glpat-[A-Za-z0-9_\-]{16,})"),
    _Rule("slack_token", r"(xox[abeoprs]-[A-Za-z0-9\-]{8,}|xapp-[A-Za-z0-9\-]{8,})"),
    _Rule("stripe_key", r"([sr]k_(?:live|test)_[A-Za-z0-9]{16,})"),
    _Rule("groq_key", r"(gsk_[A-Za-z0-9]{20,})"),
    _Rule("xai_key", _BEFORE + r"(xai-[A-Za-z0-9]{20,})"),
    _Rule("huggingface_token", _BEFORE + r"(hf_[A-Za-z0-9]{20,})"),
    _Rule("jwt", r"(?<![\w\-])(eyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*)"),
    _Rule("bearer", r"(?i:bearer)(?:\s|%20){1,8}([A-Za-z0-9._~+/\-]{8,}=*)"),
    _Rule("url_password", r"://[^\s/:@\"'\\]{0,256}:([^\s/@\"'\\]+)@"),
    # "name": "value", 'name': 'value', \"name\": \"value\": up to the quote that opened it.
    _Rule(
        "named",
        rf"(?i){_NAME}(?:\\*[\"']\s{{0,8}}[:=,]|\s{{0,8}}[:=])\s{{0,8}}(\\*[\"'])"
        r"((?:(?!\1)(?:\\.|[^\\])){1,8192})(?=\1)",
    ),
    # name=value, name: value, NAME = 'value
    _Rule(
        "named",
        rf"(?i){_NAME}\s{{0,8}}[=:]\s{{0,8}}\\*[\"']?(?:(?:basic|bearer|digest|token)\s+)?"
        r"(?!(?:basic|bearer|digest|token)\s)([^\s\"'\\&,;<>{}\[\]()*]{4,})",
    ),
    _Rule("named", rf"(?i){_BEFORE}token=([^\s\"'\\&,;<>{{}}\[\]()*]{{8,}})"),
)  # fmt: skip
# What a text must contain for a rule to change it: (a rare letter of it, the fragment) …
_MARKS: Final = (
    ("J", "eyJ"),
    ("z", "AIza"),
    ("9", "ya29."),
    ("K", "AKIA"),
    ("K", "PRIVATE KEY-----"),
    ("I", "ASIA"),
    ("@", "://"),
    ("$", '"$bytes"'),
    ("%", "earer%20"),
)
# … or the beginning of a provider's key with a long run behind it …
_AFTER_DASH: Final = re.compile(r"-[A-Za-z0-9_]{8}")
_DASHED: Final = ("sk-", "glpat-", "xox", "xapp-", "xai-")
_AFTER_UNDERSCORE: Final = re.compile(r"_[A-Za-z0-9]{16}")
_UNDERSCORED: Final = (
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "k_live_", "k_test_", "gsk_", "hf_",
)  # fmt: skip
# … or, in lower case, a word that names secrets, behind one of these (none: anywhere).
_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("key", ("api", "private", "secret", "access", "account", "signing", "encryption")),
    (
        "token",
        ("access", "refresh", "auth", "api", "id", "bearer", "session", "security", "csrf", "xsrf",
         "secret", '"', "'", "?", "&", " ", "\n"),
    ),
    ("secret", ()),
    ("passw", ()),
    ("passphrase", ()),
    ("credential", ()),
    ("auth", ()),
    ("cookie", ()),
    ("bearer ", ()),
    ("pwd", ()),
)  # fmt: skip
_BEFORE_CHARS_MAX: Final = 12  # the longest of the words before, with a separator


def _is_named(lower: str, word: str, before: tuple[str, ...]) -> bool:
    if not before:
        return True
    at = lower.find(word)
    while at >= 0:
        if lower[max(0, at - _BEFORE_CHARS_MAX) : at].rstrip("_-").endswith(before):
            return True
        at = lower.find(word, at + len(word))
    return False


@lru_cache(maxsize=1)
def _compiled() -> list[tuple[str, re.Pattern[str]]]:
    # Not when the module is loaded: that would be a tenth of what `import playhead` costs.
    return [(rule.name, re.compile(rule.pattern)) for rule in _RULES]


def _mark(rule: str, secret: str) -> str:
    return f"[masked:{rule}]"


def _mark_in_place(rule: str, secret: str) -> str:
    mark = f"[masked:{rule}]"
    return mark.ljust(len(secret), "*") if len(mark) <= len(secret) else "*" * len(secret)


class _Walk:
    """One masking: goes through a value and counts what it takes out."""

    def __init__(self, mark: Callable[[str, str], str] = _mark) -> None:
        self._mark = mark
        self.found = 0

    def text(self, text: str) -> str:
        for name, pattern in _compiled():
            text = pattern.sub(lambda match, name=name: self._replace(name, match), text)
        return text

    def value(self, value: Any, depth: int) -> Any:
        """Return a JSON value without secrets; JSON inside its texts is looked into as well."""
        if isinstance(value, str):
            return self._inner(value, depth) if may_hold_secret(value) else value
        if depth > DEPTH_MAX and isinstance(value, dict | list):
            return self.text(_dumps(value))  # so deep that it is only looked at as text
        if isinstance(value, dict):
            return self._object(cast("dict[str, Any]", value), depth)
        if isinstance(value, list):
            return self._list(cast("list[Any]", value), depth)
        return value

    def _replace(self, rule: str, match: re.Match[str]) -> str:
        start, end = match.span(match.lastindex or 0)
        at = match.start()
        whole = match[0]
        if _MARKED.fullmatch(whole, start - at, end - at):
            return whole
        self.found += 1
        return (
            whole[: start - at] + self._mark(rule, whole[start - at : end - at]) + whole[end - at :]
        )

    def _inner(self, text: str, depth: int) -> str:
        if text[:1] in ("{", "[") and depth < DEPTH_MAX:
            try:
                tree = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                before = self.found
                masked = self.value(tree, depth + 1)
                return _dumps(masked) if self.found > before else text
        return self.text(text)

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        if set(value) == {"$bytes"} and isinstance(value["$bytes"], str):
            return {"$bytes": self._base64(value["$bytes"])}
        masked: dict[str, Any] = {}
        named = value.get("name", value.get("key"))
        for name, part in value.items():
            if is_secret_name(name) or (name == "token" and _is_token(part)):
                masked[name] = self._all(part, depth)
            elif name == "value" and isinstance(named, str) and is_secret_name(named):
                masked[name] = self._all(part, depth)  # {"name": "Authorization", "value": …}
            else:
                masked[self.text(name) if may_hold_secret(name) else name] = self.value(
                    part, depth + 1
                )
        return masked

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        if len(value) == 2 and isinstance(value[0], str) and is_secret_name(value[0]):
            return [value[0], self._all(value[1], depth)]  # ["authorization", …]
        return [self.value(part, depth + 1) for part in value]

    def _all(self, value: Any, depth: int) -> Any:
        """Mask every text and number of a value that has a secret's name."""
        if isinstance(value, str):
            if not value or value.startswith("[masked:"):
                return value
            self.found += 1
            return self._mark("named", value)
        if isinstance(value, dict):
            return {k: self._all(v, depth + 1) for k, v in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [self._all(part, depth + 1) for part in cast("list[Any]", value)]
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.found += 1
            return self._mark("named", "")
        return value

    def _base64(self, text: str) -> str:
        try:
            masked = mask_body(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            return self.text(text)
        self.found += masked.found
        return base64.b64encode(masked.body).decode("ascii") if masked.found else text


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
