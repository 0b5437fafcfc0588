"""Record AI agents: every prompt, tool output, decision, retry and state change."""

from playhead.counters import Stats
from playhead.errors import ConfigurationError, PlayheadError
from playhead.start import flush, init, shutdown, stats

__all__ = [
    "ConfigurationError",
    "PlayheadError",
    "Stats",
    "flush",
    "init",
    "shutdown",
    "stats",
]
