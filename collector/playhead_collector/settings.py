"""Every knob of the server. Bounds are constants beside what they bound, not settings."""

import os
import re
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

TRACER_NAMES: Final = frozenset(
    {"ENDPOINT", "PROJECT", "CAPTURE", "SPOOL_DIR", "DISABLED"}
)  # knobs of the tracer, which lie in the same environment
_PREFIX: Final = "PLAYHEAD_"
_SERVICE_LINK: Final = re.compile(r"PLAYHEAD_(SERVICE_|PORT_\d)")  # set by Kubernetes, not by users
_TOKEN_CHARS_MIN: Final = 8


class SettingsError(Exception):
    """Settings that cannot be used; the message names all problems."""


def default_data() -> Path:
    """Return the user's data directory for playhead."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "playhead"


class ServerSettings(BaseSettings):
    """What the server is started with: argument, then `PLAYHEAD_*`, then the default."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", frozen=True, validate_default=True
    )

    host: str = Field(default="127.0.0.1", description="Address or name to listen on.")
    port: int = Field(
        default=4318, ge=0, le=65535, description="TCP port, by default OTLP's; 0 takes a free one."
    )
    data: Path = Field(
        default_factory=default_data, description="Directory that holds the log and the index."
    )
    token: SecretStr | None = Field(
        default=None, description="What senders and browsers must show; needed beyond loopback."
    )

    @field_validator("host")
    @classmethod
    def _host_is_named(cls, host: str) -> str:
        if not host.strip():
            raise ValueError("an address is needed, for example 127.0.0.1")
        return host.strip().strip("[]").lower()

    @field_validator("port", mode="before")
    @classmethod
    def _port_is_meant(cls, port: object) -> object:
        # Kubernetes sets PLAYHEAD_PORT=tcp://10.0.0.1:4318 beside a service that is named playhead.
        is_link = isinstance(port, str) and port.startswith(("tcp://", "udp://"))
        return cls.model_fields["port"].default if is_link else port

    @field_validator("token")
    @classmethod
    def _token_is_long(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and len(token.get_secret_value()) < _TOKEN_CHARS_MIN:
            raise ValueError(f"a token has {_TOKEN_CHARS_MIN} characters or more")
        return token

    @field_validator("data")
    @classmethod
    def _data_is_absolute(cls, data: Path) -> Path:
        return data.expanduser().absolute()


def load_settings(**arguments: object) -> ServerSettings:
    """Return the settings; an argument of None was not given.

    Raises:
        SettingsError: some are wrong or unknown; the message names all of them.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    problems = _unknown_names()
    try:
        settings = ServerSettings(**given)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        problems += [_sentence(problem, given) for problem in error.errors()]
        settings = None
    if problems or settings is None:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown_names() -> list[str]:
    known = {name.upper() for name in ServerSettings.model_fields} | TRACER_NAMES
    set_names = sorted(name for name in os.environ if name.startswith(_PREFIX))
    return [
        f"{name}: no such setting; there are {_PREFIX}{f', {_PREFIX}'.join(sorted(known))}"
        for name in set_names
        if name.removeprefix(_PREFIX) not in known and not _SERVICE_LINK.match(name)
    ]


def _sentence(problem: object, given: dict[str, object]) -> str:
    assert isinstance(problem, dict)
    name = str(problem["loc"][0]) if problem["loc"] else "settings"  # pyright: ignore
    shown = f"--{name}" if name in given else f"{_PREFIX}{name.upper()}"
    reason = str(problem["msg"]).removeprefix("Value error, ")  # pyright: ignore
    value = "" if name == "token" else f" (it is {problem['input']!r})"  # pyright: ignore
    return f"{shown}: {reason[0].lower()}{reason[1:]}{value}"
