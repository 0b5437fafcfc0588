"""The tree of our exceptions.

PlayheadError
└── ConfigurationError    an argument or a setting that cannot be meant
"""


class PlayheadError(Exception):
    """Root of every exception that playhead raises on purpose."""


class ConfigurationError(PlayheadError):
    """An argument of `init` or a setting is wrong; the message says which and what to write."""
