"""Record AI agents: every prompt, tool output, decision, retry and state change."""

from playhead.counters import Stats
from playhead.errors import ConfigurationError, PlayheadError
from playhead.spans import boundary, decide, now, step, tool, workflow
from playhead.start import flush, init, shutdown, stats

__all__ = [
    "ConfigurationError",
    "PlayheadError",
    "Stats",
    "boundary",
    "decide",
    "flush",
    "init",
    "now",
    "shutdown",
    "stats",
    "step",
    "tool",
    "workflow",
]
