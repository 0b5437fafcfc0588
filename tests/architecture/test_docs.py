"""What users can name is written down: public names, commands, variables."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

import playhead
from playhead.settings import TracerSettings
from playhead_collector.settings import ServerSettings

ROOT = Path(__file__).parents[2]
SURFACE = (ROOT / "docs/reference/surface.md").read_text()
GUIDES = "".join(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))
NO_VARIABLE = {"adapters", "redact", "tags", "named", "origins"}  # arguments of `init`, and facts


@pytest.mark.parametrize("name", playhead.__all__)
def test_every_public_name_is_on_the_surface(name: str) -> None:
    assert name in SURFACE


@pytest.mark.parametrize(
    "command",
    [*(entry.name for entry in entry_points(group="playhead.commands")), "record", "doctor"],
)
def test_every_command_is_on_the_surface(command: str) -> None:
    assert f"`playhead {command}" in SURFACE


@pytest.mark.parametrize(
    "name",
    sorted({*TracerSettings.__dataclass_fields__, *ServerSettings.model_fields} - NO_VARIABLE),
)
def test_every_variable_is_documented(name: str) -> None:
    assert f"PLAYHEAD_{name.upper()}" in GUIDES
