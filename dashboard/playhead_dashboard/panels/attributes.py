"""`aria-*` and `data-*` attributes of components: Dash takes them by name, types do not."""

from typing import Any

HIDDEN: dict[str, Any] = {"aria-hidden": "true"}  # it repeats in a picture what stands beside it


def aria(**words: str) -> dict[str, Any]:
    """Return `aria-label` and its like: `html.Nav(links, **aria(label="Pages"))`."""
    return {f"aria-{name}": value for name, value in words.items()}


def data(**words: str) -> dict[str, Any]:
    """Return `data-*` attributes, by which the scripts in assets/ find what is theirs."""
    return {f"data-{name.replace('_', '-')}": value for name, value in words.items()}
