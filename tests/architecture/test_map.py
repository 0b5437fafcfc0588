"""ARCHITECTURE.md lists what exists: each file of the four packages has a row, each row a file."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [
    "tracer/playhead",
    "adapters/playhead_adapters",
    "collector/playhead_collector",
    "dashboard/playhead_dashboard",
]
IGNORED = {"__init__.py", "py.typed"}


def rows(package: str) -> list[str]:
    """Paths named in the first column of the table under the package's heading."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    section = re.search(rf"^### `{package}/`.*?$(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert section, f"ARCHITECTURE.md has no section for {package}"
    first_cells = re.findall(r"^\| (`[^|]+) \|", section[1], re.MULTILINE)
    return [name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)]


def files(package: str) -> set[str]:
    base = ROOT / package
    return {
        path.relative_to(base).as_posix()
        for path in base.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in IGNORED
    }


def covers(row: str, file: str) -> bool:
    """A row names one file, or a pattern (`queries/*.sql`), or a folder (`assets/`)."""
    return file.startswith(row) if row.endswith("/") else Path(file).match(row)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_has_a_row(package: str) -> None:
    named = rows(package)
    assert not [f for f in sorted(files(package)) if not any(covers(r, f) for r in named)]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_row_has_a_file(package: str) -> None:
    present = files(package)
    assert not [r for r in rows(package) if not any(covers(r, f) for f in present)]
