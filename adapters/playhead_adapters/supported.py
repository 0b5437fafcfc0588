"""Which versions of which frameworks were tested, and who silences whom. Docs and `doctor` read it.

A version outside its range is recorded with what works there; one warning names the range.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple


class Supported(NamedTuple):
    """One row: an adapter, the distribution it hooks, and the tested range, both ends included."""

    adapter: str
    package: str
    oldest: str
    newest: str
    silences: tuple[str, ...] = ()

    @property
    def range(self) -> tuple[str, str]:
        """Oldest and newest version, as `Adapter.supports` wants them."""
        return self.oldest, self.newest


SUPPORTED: Final[tuple[Supported, ...]] = (
    Supported("httpx", "httpx", "0.28.1", "0.28.1"),
    Supported("httpx", "httpx2", "2.16.2", "2.16.2"),
    Supported("langgraph", "langgraph", "1.2.22", "1.2.22", ("openai", "anthropic")),
    Supported("langgraph", "langchain-core", "1.7.2", "1.7.2"),
)


def supported(adapter: str, package: str) -> Supported:
    """Return the row of one adapter and package; `KeyError` when there is none."""
    for row in SUPPORTED:
        if (row.adapter, row.package) == (adapter, package):
            return row
    raise KeyError(f"{adapter}: {package}")


def installed(package: str) -> str | None:
    """Return the version that is installed, or `None`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def outside(row: Supported) -> str | None:
    """Return a sentence when the installed version was not tested, else `None`.

    Compared by minor version: patch releases of a tested minor count as tested.
    """
    found = installed(row.package)
    if found is None or _minor(row.oldest) <= _minor(found) <= _minor(row.newest):
        return None
    return f"{row.package} {found} is outside the tested range {row.oldest} to {row.newest}"


def _minor(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version, e.g. (1, 2); what is no number counts as 0."""
    parts = (text.split(".") + ["0", "0"])[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)
