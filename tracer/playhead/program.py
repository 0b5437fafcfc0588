"""Facts about the running program that replay compares: arguments, place, versions, git revision.

Read without a subprocess and without opening the packages: versions are in the folders' names.
"""

import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, Final

_DIST_INFO: Final = re.compile(r"(.+?)-([^-]+)\.(?:dist-info|egg-info)$")
_REVISION: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?$")
_REF_BYTES_MAX: Final = 4 * 2**20  # packed-refs of a very large repository


class ProgramFacts:
    """Stated on each run. The slow part, package versions, is looked up in the background."""

    def __init__(self) -> None:
        """Keep what may change later: arguments and folder at the start of recording."""
        self._argv = list(sys.argv)
        self._cwd = _cwd()
        self._revision: str | None = None
        self._installed: dict[str, tuple[str, str]] | None = None
        self._said: tuple[int, str] | None = None

    def look(self) -> None:
        """Read git revision and installed versions from disk; called off the caller's thread."""
        self._revision = git_revision(self._cwd)
        self._installed = installed_versions()

    def to_json(self) -> str:
        """Return the facts as JSON text; versions are those of loaded packages."""
        loaded = len(sys.modules)
        if self._said is None or self._said[0] != loaded or self._installed is None:
            self._said = (loaded, json.dumps(self._facts(), ensure_ascii=False))
        return self._said[1]

    def _facts(self) -> dict[str, Any]:
        return {
            "argv": self._argv,
            "cwd": self._cwd,
            "pid": os.getpid(),
            "executable": sys.executable,
            "python": platform.python_version(),
            "implementation": sys.implementation.name,
            "platform": sys.platform,
            "git": self._revision,
            "versions": self._loaded_versions(),
        }

    def _loaded_versions(self) -> dict[str, str]:
        if self._installed is None:
            return {}
        # A namespace package such as `opentelemetry` holds many distributions: modules say which.
        parts = [name.lower().split(".", 3)[:3] for name in tuple(sys.modules)]
        loaded = {"_".join(part[:depth]) for part in parts for depth in (1, 2, 3)}
        found = {self._installed[name] for name in loaded & self._installed.keys()}
        return dict(sorted(found))


def installed_versions() -> dict[str, tuple[str, str]]:
    """Return (distribution, version) by the import name that it most likely has."""
    found: dict[str, tuple[str, str]] = {}
    for folder in reversed(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            match = _DIST_INFO.match(name)
            if match:
                plain = re.sub(r"[-_.]+", "-", match[1]).lower()
                found[plain.replace("-", "_")] = (plain, match[2])
    return found


def git_revision(folder: str | None) -> str | None:
    """Return the commit that is checked out at or above `folder`, `None` outside a repository."""
    try:
        return _revision(Path(folder)) if folder else None
    except (OSError, UnicodeDecodeError):
        return None


def _revision(folder: Path) -> str | None:
    git = next((at / ".git" for at in (folder, *folder.parents) if (at / ".git").exists()), None)
    if git is None:
        return None
    if git.is_file():  # a worktree or submodule: "gitdir: <path>"
        git = (git.parent / git.read_text().partition(":")[2].strip()).resolve()
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return head if _REVISION.match(head) else None
    name = head.partition(":")[2].strip()
    common = git / "commondir"
    roots = [git, (git / common.read_text().strip()).resolve()] if common.exists() else [git]
    for root in roots:
        if (root / name).is_file():
            return (root / name).read_text().strip()
        packed = root / "packed-refs"
        if packed.is_file() and packed.stat().st_size <= _REF_BYTES_MAX:
            for line in packed.read_text().splitlines():
                if line.endswith(f" {name}"):
                    return line.split()[0]
    return None


def _cwd() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # the folder was deleted under us
        return None
