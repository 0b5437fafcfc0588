"""Our own version, without asking the package database unless needed."""

from functools import lru_cache


@lru_cache(maxsize=1)
def own_version() -> str:
    """Return the installed version of playhead, "0" when it runs from a bare checkout."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("playhead")
    except PackageNotFoundError:
        return "0"
