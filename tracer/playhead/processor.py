"""What every record passes before it leaves: content switched off, secrets masked, values bounded.

Everything that can hold a text a user wrote goes through here, names and error messages included.
A value is never cut silently: one over the cap is replaced by its size and hash.
"""

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from playhead import semconv as names
from playhead.codec import JSON_ATTRIBUTES
from playhead.counters import Counters
from playhead.metadata import is_metadata
from playhead.otlp import Attributes
from playhead.redact import is_secret_name, mask_body, mask_text, may_hold_secret
from playhead.shield import shield

if TYPE_CHECKING:
    from playhead.settings import Redact

VALUE_BYTES_MAX: Final = 16 * 2**20  # replay needs values whole, so the cap is far up
RECORD_BYTES_MAX: Final = 40 * 2**20  # of all values: collectors accept no request beyond 64 MiB
STARTED_BYTES_MAX: Final = 64 * 2**10  # a started step is written twice: not with huge inputs

# What is said about a result must stay true when the result was cut.
_RESULTS: Final = (names.TOOL_RESULT, names.OUTPUT, names.BOUNDARY_RESULT)


class Processor:
    """Works on the attributes of one record, in place."""

    def __init__(
        self, *, counters: Counters, content: bool = True, redact: "Redact | None" = None
    ) -> None:
        """`content` false leaves prompts, results and state out; `redact` is the user's own rule."""
        self._counters = counters
        self._content = content
        self._redact = redact

    def process_span(
        self, attributes: Attributes, *, name: str, message: str | None
    ) -> tuple[str, str | None]:
        """Make `attributes` fit to leave, and return the span's name and error message likewise."""
        if not self._content:
            _drop_content(attributes)
            return self.mask(name), None
        attributes[_NAME] = name
        if message is not None:
            attributes[_MESSAGE] = message
        self.process(attributes)
        return attributes.pop(_NAME, "[dropped]"), attributes.pop(_MESSAGE, None)

    def process(self, attributes: Attributes) -> None:
        """Make `attributes` fit to leave."""
        if not self._content:
            _drop_content(attributes)
            return
        masked = self._mask_all(attributes)
        if self._redact is not None:
            self._ask_user(self._redact, attributes)
        truncated = _bound(attributes)
        if truncated or masked:
            attributes[names.CONTENT_STATE] = "truncated" if truncated else "redacted"

    def process_started(self, attributes: Attributes) -> None:
        """Make a started step's attributes fit to leave; large inputs come with its end."""
        if sum(_size(value) for value in attributes.values()) > STARTED_BYTES_MAX:
            _drop_content(attributes)
        self.process(attributes)

    def process_event(self, attributes: Attributes, body: str | None) -> str | None:
        """Make an event's attributes fit to leave, and return its body likewise."""
        if body is None:
            self.process(attributes)
            return None
        attributes[_BODY] = body
        self.process(attributes)
        return cast("str | None", attributes.pop(_BODY, None))

    def mask(self, text: str) -> str:
        """Return `text` without secrets."""
        masked = mask_text(text)
        if masked.found:
            self._counters.add("masked", masked.found)
        return masked.text

    def _mask_all(self, attributes: Attributes) -> int:
        count = self._mask_free(attributes)
        texts: list[str] = []
        for name, value in attributes.items():
            kind = type(cast("object", value))
            if kind is str:
                texts.append(value)
            elif kind is list and all(type(part) is str for part in value):
                texts.extend(value)
            elif kind not in _NUMBERS:
                count += self._mask_one(attributes, name)
        # One look at all texts together is cheaper than one at each.
        if may_hold_secret("\n".join(texts)):
            for name, value in attributes.items():
                if type(value) in _TEXTS and name not in _NEVER_SECRET:
                    count += self._mask_one(attributes, name)
        if count:
            self._counters.add("masked", count)
        return count

    def _mask_one(self, attributes: Attributes, name: str) -> int:
        masked = _mask_value(attributes[name])
        if masked.found:
            attributes[name] = masked.value
        return masked.found

    def _mask_free(self, attributes: Attributes) -> int:
        """Mask what the user named: names that hold secrets, and values that have a secret's name."""
        count = 0
        for name in [name for name in attributes.keys() - _STATED if not name.startswith(_OURS)]:
            value = attributes[name]
            if is_secret_name(name) and isinstance(value, str):
                attributes[name] = "[masked:named]"
                count += 1
            masked = mask_text(name)
            if masked.found:
                attributes[masked.text] = attributes.pop(name)
                count += masked.found
        return count

    def _ask_user(self, redact: "Redact", attributes: Attributes) -> None:
        """Let the user's own rule decide about each text and body; where it fails, nothing leaves."""
        for name, value in list(attributes.items()):
            if isinstance(value, str | bytes) and name not in _NEVER_SECRET:
                kept = self._kept(redact, _SHOWN.get(name, name), value)
                if kept is None:
                    del attributes[name]
                    attributes[names.CONTENT_STATE] = "redacted"
                else:
                    attributes[name] = kept

    def _kept(self, redact: "Redact", name: str, value: Any) -> Any:
        kept = None
        with shield("redact"):
            kept = redact(name, value)
            if not isinstance(kept, type(value) | None):
                kept = None
        if kept is None or kept != value:
            self._counters.add("masked")
        return kept


# What is no attribute but goes the same way through, under names that no attribute has.
_BODY: Final = "\0body"
_MESSAGE: Final = "\0message"
_NAME: Final = "\0name"
_SHOWN: Final = {_BODY: "body", _MESSAGE: "error.message", _NAME: "span.name"}
_OURS: Final = ("playhead.", "gen_ai.", "http.", "exception.", "error.", "server.", "url.", "\0")
_STATED: Final = frozenset(v for k, v in vars(names).items() if k.isupper() and type(v) is str)
_TEXTS: Final = (str, list)
_NUMBERS: Final = (bool, int, float, type(None))
_NEVER_SECRET: Final = frozenset(
    {names.KIND, names.RUN_ID, names.CONTENT_STATE, names.REQUEST_HASH, names.GRAPH_HASH}
)


def too_large(value: str | bytes) -> str:
    """Return what stands in for a value over the cap."""
    import hashlib  # loads OpenSSL, and is needed for almost no program

    content = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
    return f"[truncated, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}]"


def _bound(attributes: Attributes) -> bool:
    """Replace values over the cap, then the largest ones while the record is over its own."""
    total = 0
    for value in attributes.values():
        if type(value) is str:
            total += len(value)
        elif type(value) not in _NUMBERS:
            total += _size(value)
    if total <= VALUE_BYTES_MAX:
        return False
    sizes = {name: _size(value) for name, value in attributes.items()}
    cut = False
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if sizes[name] <= VALUE_BYTES_MAX and total <= RECORD_BYTES_MAX:
            break
        value = attributes[name]
        attributes[name] = _stand_in(name, value)
        total -= sizes[name]
        cut = True
        if name in _RESULTS and attributes.get(names.BOUNDARY_STATE) == "restorable":
            attributes[names.BOUNDARY_STATE] = "unrestorable"
            attributes[names.BOUNDARY_REASON] = "the result is larger than what is kept"
    return cut


def _stand_in(name: str, value: Any) -> str | bytes:
    """Return what replaces a value that is too large, in the form that readers expect there."""
    if isinstance(value, bytes):
        return too_large(value).encode()
    said = too_large(value if isinstance(value, str) else json.dumps(value, default=repr))
    return json.dumps(said) if name in JSON_ATTRIBUTES or name == _BODY else said


def _size(value: Any) -> int:
    """Return about how many bytes a value takes; exact for texts and bodies, which can be large."""
    if type(value) in _NUMBERS:
        return 8
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(_size(part) for part in cast("list[Any]", value))
    if isinstance(value, dict):
        return sum(_size(part) for part in cast("dict[str, Any]", value).values())
    return 8


class _MaskedValue(NamedTuple):
    value: Any
    found: int


def _mask_value(value: Any) -> _MaskedValue:
    """Return a body, or a list or map of texts, without secrets."""
    if isinstance(value, str):
        return _MaskedValue(*mask_text(value))
    if isinstance(value, bytes):
        return _MaskedValue(*mask_body(value))
    if isinstance(value, list | tuple):
        parts = [_mask_value(part) for part in cast("list[Any]", value)]
        return _MaskedValue([part.value for part in parts], sum(part.found for part in parts))
    if isinstance(value, dict):
        pairs = {k: _mask_value(part) for k, part in cast("dict[str, Any]", value).items()}
        plain = {k: part.value for k, part in pairs.items()}
        return _MaskedValue(plain, sum(part.found for part in pairs.values()))
    return _MaskedValue(value, 0)


def _drop_content(attributes: Attributes) -> None:
    content = [name for name in attributes if not is_metadata(name)]
    for name in content:
        del attributes[name]
    if content:
        attributes[names.CONTENT_STATE] = "not_captured"
