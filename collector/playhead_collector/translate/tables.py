"""The dialect tables, read from `dialects/*.toml` and compiled for one pass over the attributes.

A source reads `attribute`, `attribute > key` (the attribute holds a JSON object) or either with
`as converter`. The first source that gives a value wins; what a table `extends` comes after its own.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args

from playhead import semconv
from playhead_collector.translate.convert import CONVERTERS, Converter, as_dict, text

Json = Any
Attributes = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value comes from."""

    attribute: str
    key: str | None
    convert: Converter

    def read(self, attributes: Attributes) -> Json:
        """Return the converted value, None where the attribute is absent or says nothing."""
        value = attributes.get(self.attribute)
        if value is None:
            return None
        if self.key is not None:
            value = as_dict(value).get(self.key)
        return None if value is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One compiled table."""

    name: str
    rank: int
    scopes: tuple[str, ...]
    prefixes: tuple[str, ...]
    attributes: tuple[str, ...]
    kind_from: tuple[Source, ...]
    kind_words: dict[str, str]
    kind_otherwise: str
    columns: dict[str, tuple[tuple[str, int, Source], ...]]  # attribute -> (column, order, source)
    content: dict[str, tuple[Source, ...]]
    groups: dict[str, dict[str, tuple[Source, ...]]]  # content.parameters, .decision, .http

    def facts(self, attributes: Attributes) -> dict[str, Json]:
        """Return column values from attributes, in one pass over those that are there."""
        found: dict[str, Json] = {}
        orders: dict[str, int] = {}
        for attribute in attributes:
            for column, order, source in self.columns.get(attribute, ()):
                if column in found and orders[column] <= order:
                    continue
                value = source.read(attributes)
                if value is not None:
                    found[column] = value
                    orders[column] = order
        return found

    def kind(self, attributes: Attributes) -> tuple[str, str | None]:
        """Return the kind, and the sender's own word where that kind is `custom`."""
        for source in self.kind_from:
            word: str | None = source.read(attributes)
            if word is not None:
                return known_kind(self.kind_words.get(word, word))
        return known_kind(self.kind_otherwise)

    def content_of(self, name: str, attributes: Attributes) -> Json:
        """Return one content field, None where nothing states it."""
        return first(self.content.get(name, ()), attributes)

    def group_of(self, name: str, attributes: Attributes) -> dict[str, Json]:
        """Return a group of content fields, only those that are stated."""
        fields = self.groups.get(name, {})
        read = {field: first(sources, attributes) for field, sources in fields.items()}
        return {field: value for field, value in read.items() if value is not None}


KINDS: Final = frozenset(get_args(semconv.Kind))


def known_kind(word: str) -> tuple[str, str | None]:
    """Return a kind of ours; an unknown word becomes `custom` and is kept."""
    if word.startswith("custom:"):
        return "custom", word.removeprefix("custom:")
    return (word, None) if word in KINDS else ("custom", word)


def first(sources: tuple[Source, ...], attributes: Attributes) -> Json:
    """Return the first value that a source gives; an empty string is a value."""
    for source in sources:
        value = source.read(attributes)
        if value is not None:
            return value
    return None


@cache
def dialects() -> tuple[Dialect, ...]:
    """Return all tables, the one that is asked first in front."""
    folder = files("playhead_collector.translate") / "dialects"
    raw = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }
    return tuple(sorted((_compile(name, raw) for name in raw), key=lambda one: one.rank))


@cache
def dialect(name: str) -> Dialect:
    """Return a table by its name; `KeyError` for an unknown one."""
    return {one.name: one for one in dialects()}[name]


def find_dialect(scope: str, attributes: Attributes) -> Dialect:
    """Return the first dialect by rank whose scope or attributes are there, else plain `otel`."""
    heads = {key.partition(".")[0] + "." for key in attributes}
    for one in dialects():
        if one.scopes and scope.startswith(one.scopes):
            return one
        if not heads.isdisjoint(one.prefixes):
            return one
        if any(name in attributes for name in one.attributes):
            return one
    return dialect("otel")


def _compile(name: str, raw: dict[str, dict[str, Json]]) -> Dialect:
    table = raw[name]
    lineage = _lineage(name, raw)
    columns: dict[str, list[tuple[str, int, Source]]] = {}
    for column, sources in _merged(lineage, "columns").items():
        for order, source in enumerate(sources):
            columns.setdefault(source.attribute, []).append((column, order, source))
    content = [one.get("content", {}) for one in lineage]
    groups = {group for one in content for group, value in one.items() if isinstance(value, dict)}
    match = table.get("match", {})
    return Dialect(
        name=table["name"],
        rank=table["rank"],
        scopes=tuple(match.get("scopes", ())),
        prefixes=tuple(match.get("prefixes", ())),
        attributes=tuple(match.get("attributes", ())),
        kind_from=tuple(map(parse_source, table["kind"]["from"])),
        kind_words=table["kind"].get("words", {}),
        kind_otherwise=table["kind"]["otherwise"],
        columns={attribute: tuple(hits) for attribute, hits in columns.items()},
        content=_merged(lineage, "content"),
        groups={group: _merged(content, group) for group in groups},
    )


def _lineage(name: str, raw: dict[str, dict[str, Json]]) -> list[dict[str, Json]]:
    table = raw[name]
    parent = table.get("extends")
    return [table, *(_lineage(parent, raw) if parent else [])]


def _merged(lineage: list[dict[str, Json]], section: str) -> dict[str, tuple[Source, ...]]:
    merged: dict[str, list[Source]] = {}
    for table in lineage:
        for column, sources in table.get(section, {}).items():
            if isinstance(sources, dict):
                continue
            known = {(one.attribute, one.key) for one in merged.get(column, ())}
            fresh = [
                one for one in map(parse_source, sources) if (one.attribute, one.key) not in known
            ]
            merged.setdefault(column, []).extend(fresh)
    return {column: tuple(sources) for column, sources in merged.items()}


def parse_source(line: str) -> Source:
    """Return a source from its line in a table; `KeyError` names an unknown converter."""
    path, _, converter = line.partition(" as ")
    attribute, _, key = path.partition(" > ")
    convert = CONVERTERS[converter] if converter else text
    return Source(attribute.strip(), key.strip() or None, convert)
