"""Every knob of the tracer: argument, else environment, else default.

Wrong arguments raise; a wrong environment never does, it is reported and the default holds.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import urlsplit

from playhead.errors import ConfigurationError
from playhead.shield import warn_once

Capture = Literal["auto", "all", "metadata"]
Redact = Callable[[str, Any], Any]
DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4318"
CONTENT_VARIABLE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_NO_CONTENT: Final = ("no_content", "false", "0")
_YES: Final = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True, kw_only=True)
class TracerSettings:
    """What `init` was told, by arguments and environment."""

    project: str | None = None
    """Name under which runs are filed (`PLAYHEAD_PROJECT`); the service's name when absent."""

    endpoint: str = DEFAULT_ENDPOINT
    """Address of the collector (`PLAYHEAD_ENDPOINT`)."""

    capture: Capture = "auto"
    """Whether prompts and results are recorded and sent (`PLAYHEAD_CAPTURE`)."""

    adapters: tuple[str, ...] | None = None
    """Names of the adapters to use; `None` is every one whose framework is imported."""

    redact: Redact | None = None
    """Called with each attribute's name and value after the built-in rules; gives what to keep."""

    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attached to every step of the program."""

    spool_dir: Path = Path()
    """Folder of the write-ahead spool (`PLAYHEAD_SPOOL_DIR`)."""

    token: str | None = field(default=None, repr=False)
    """Sent as a bearer token to the collector (`PLAYHEAD_TOKEN`)."""

    disabled: bool = False
    """Record nothing (`PLAYHEAD_DISABLED=1`)."""

    named: bool = False
    """Whether the endpoint was named, and not merely assumed."""

    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where each value came from: argument, environment or default. For `playhead doctor`."""


def read_settings(
    *,
    project: str | None = None,
    endpoint: str | None = None,
    capture: str | None = None,
    adapters: str | Sequence[str] | None = None,
    redact: Redact | None = None,
    tags: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> TracerSettings:
    """Return the settings in force.

    Raises:
        ConfigurationError: an argument cannot be meant. The environment never raises.
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {
        "project": _text("project", project),
        "endpoint": None if endpoint is None else _checked("endpoint", endpoint, check_endpoint),
        "capture": None if capture is None else _checked("capture", capture, check_capture),
        "adapters": _adapters(adapters),
        "redact": _callable(redact),
        "tags": _tags(tags),
    }
    origins = {name: "argument" for name, value in values.items() if value is not None}
    for name, value in _from_environment(env).items():
        if values.get(name) is None:
            values[name] = value
            origins[name] = "environment"
    values = {name: value for name, value in values.items() if value is not None}
    values.setdefault("spool_dir", default_spool_dir(env))
    for setting in fields(TracerSettings):
        origins.setdefault(setting.name, "default")
    named = origins["endpoint"] != "default"
    return TracerSettings(**values, named=named, origins=origins)


def default_spool_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return where spools lie when `PLAYHEAD_SPOOL_DIR` does not say otherwise."""
    env = os.environ if environ is None else environ
    named = env.get("PLAYHEAD_SPOOL_DIR")
    if named:
        return Path(named)
    state = env.get("XDG_STATE_HOME")
    return (Path(state) if state else _home() / ".local" / "state") / "playhead" / "spool"


def check_endpoint(value: str) -> str:
    """Return the address without a trailing slash.

    Raises:
        ConfigurationError: it is not http(s)://host[:port][/path].
    """
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    else:
        valid = valid and not (parts.query or parts.fragment or parts.username or parts.password)
    if not valid or any(ord(letter) <= 32 for letter in value):
        raise ConfigurationError(
            "endpoint must be http(s)://host[:port], e.g. 'http://127.0.0.1:4318'"
        )
    return value.rstrip("/")


def check_capture(value: str) -> Capture:
    """Return the capture mode.

    Raises:
        ConfigurationError: there is no such mode.
    """
    if value not in get_args(Capture):
        raise ConfigurationError(f"capture must be 'auto', 'all' or 'metadata', not {value!r}")
    return cast("Capture", value)


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    checks: dict[str, Callable[[str], Any]] = {
        "project": str,
        "endpoint": check_endpoint,
        "capture": check_capture,
        "token": _check_token,
        "spool_dir": Path,
        "disabled": lambda value: value.strip().lower() in _YES,
    }
    for name, check in checks.items():
        value = env.get(f"PLAYHEAD_{name.upper()}")
        if value:
            try:
                found[name] = check(value)
            except ConfigurationError as error:
                warn_once(f"PLAYHEAD_{name.upper()}", f"ignored: {error}")
    if "capture" not in found and env.get(CONTENT_VARIABLE, "").strip().lower() in _NO_CONTENT:
        found["capture"] = "metadata"
    return found


def _check_token(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError("a token is printable ASCII without spaces")
    return value


def _text(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise ConfigurationError(f"{name} must be a text that is not empty, not {value!r}")
    return value


def _checked(name: str, value: Any, check: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a text, not {type(value).__name__}")
    return check(value)


def _callable(redact: Any) -> Redact | None:
    if redact is not None and not callable(redact):
        raise ConfigurationError(
            f"redact must be a function of (name, value), not {type(redact).__name__}"
        )
    return redact


def _adapters(adapters: Any) -> tuple[str, ...] | None:
    if adapters is None or adapters == "auto":
        return None
    if isinstance(adapters, str) or not isinstance(adapters, Sequence):
        raise ConfigurationError(f"adapters must be 'auto' or a list of names, not {adapters!r}")
    names = tuple(cast("Sequence[Any]", adapters))
    if not all(isinstance(name, str) for name in names):
        raise ConfigurationError("adapters must be 'auto' or a list of names")
    return names


def _tags(tags: Any) -> Mapping[str, str] | None:
    if tags is None:
        return None
    if not isinstance(tags, Mapping) or not all(
        isinstance(part, str) for pair in cast("Mapping[Any, Any]", tags).items() for part in pair
    ):
        raise ConfigurationError("tags must map texts to texts, e.g. {'env': 'prod'}")
    return dict(cast("Mapping[str, str]", tags))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # no HOME and no entry for the user, as in some containers
        return Path("/nonexistent")
