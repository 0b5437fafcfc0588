"""The only module that opens DuckDB: one connection, a cursor per call, queries by name.

The file is an index: when it will not open, or was made by another schema, it is set aside and an
empty one takes its place.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import duckdb

from playhead_collector.translate.rows import column_names, to_table

MEMORY_MAX: Final = "512MB"  # of DuckDB; beyond it spills to disk beside the file
CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": MEMORY_MAX,
    # Nothing is ever downloaded, also not when a query asks for an extension.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
}
Row = tuple[Any, ...]
Parameters = Mapping[str, Any]

_log = logging.getLogger("playhead.store")


class StoreError(Exception):
    """The index did not answer; the message is DuckDB's."""


class Store:
    """The index in one file, or in memory without one. Reads from any thread; one writer."""

    def __init__(self, path: Path | None) -> None:
        """Open the index, or make an empty one where it is missing, damaged or of another schema."""
        self.path = path
        self._writing = threading.Lock()
        # Rises with every visible change, also over a restart; a number that JavaScript holds.
        self.generation = time.time_ns() // 1_000
        self._connection = _open_or_replace(path)

    def query(self, name: str, parameters: Parameters | None = None, **fragments: str) -> list[Row]:
        """Return the rows of `queries/<name>.sql`.

        `fragments` replace `{name}` marks and are SQL made by our own code, never a user's text.
        """
        with self._cursor() as cursor:
            return _execute(cursor, query_text(name, **fragments), parameters).fetchall()

    def records(
        self, name: str, parameters: Parameters | None = None, **fragments: str
    ) -> list[dict[str, Any]]:
        """Return the rows of a query as mappings from column to value."""
        with self._cursor() as cursor:
            result = _execute(cursor, query_text(name, **fragments), parameters)
            columns = [column[0] for column in result.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    @contextmanager
    def write(self) -> Generator["Writer"]:
        """Return a block that is one transaction: all of it is visible after it, or nothing."""
        with self._writing, self._cursor() as cursor:
            cursor.begin()
            try:
                yield Writer(cursor)
                cursor.commit()
            except duckdb.Error as problem:
                _roll_back(cursor)
                raise StoreError(str(problem)) from problem
            except BaseException:
                _roll_back(cursor)
                raise

    def changed(self) -> int:
        """Say that answers are other ones now; return the new generation."""
        with self._writing:
            self.generation = max(self.generation + 1, time.time_ns() // 1_000)
            return self.generation

    def clear(self) -> None:
        """Forget everything, so that it is made again from the log."""
        with self.write() as writer:
            for table in TABLES:
                writer.execute_text(f"drop table if exists {table}")
            writer.execute_text(schema_text())

    def size_bytes(self) -> int:
        """Return how much space the index takes on disk."""
        if self.path is None:
            return 0
        parts = (self.path, self.path.with_name(self.path.name + ".wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._writing:
            self._connection.close()

    @contextmanager
    def _cursor(self) -> Generator["duckdb.DuckDBPyConnection"]:
        try:
            cursor = self._connection.cursor()
        except duckdb.Error as problem:
            raise StoreError(str(problem)) from problem
        try:
            yield cursor
        finally:
            cursor.close()


class Writer:
    """What a transaction can do."""

    def __init__(self, cursor: "duckdb.DuckDBPyConnection") -> None:
        """Use `Store.write`."""
        self._cursor = cursor

    def execute(self, name: str, parameters: Parameters | None = None) -> list[Row]:
        """Run `queries/<name>.sql` and return its rows."""
        return _execute(self._cursor, query_text(name), parameters).fetchall()

    def execute_text(self, statements: str) -> None:
        """Run statements of ours that are no named query."""
        _execute(self._cursor, statements, None)

    def insert(self, table: str, shape: type, rows: Sequence[Any]) -> None:
        """Append rows of a shape whose fields are the table's columns."""
        if rows:
            columns = ", ".join(column_names(shape))
            self._from_batch(
                f"insert into {table} ({columns}) select {columns} from batch", shape, rows
            )

    def insert_with(
        self, name: str, shape: type, rows: Sequence[Any], parameters: Parameters
    ) -> None:
        """Run `queries/<name>.sql` with the rows as the table `batch`."""
        if rows:
            self._from_batch(query_text(name), shape, rows, parameters)

    def _from_batch(
        self, sql: str, shape: type, rows: Sequence[Any], parameters: Parameters | None = None
    ) -> None:
        self._cursor.register("batch", to_table(shape, rows))
        try:
            _execute(self._cursor, sql, parameters)
        finally:
            self._cursor.unregister("batch")


@cache
def query_file(name: str) -> str:
    """Return the text of a named query; `FileNotFoundError` for an unknown one."""
    folder = files("playhead_collector.store") / "queries"
    return (folder / f"{name}.sql").read_text("utf-8")


def query_text(name: str, **fragments: str) -> str:
    """Return a named query with its `{marks}` replaced."""
    sql = query_file(name)
    for mark, fragment in fragments.items():
        sql = sql.replace("{" + mark + "}", fragment)
    return sql


@cache
def schema_text() -> str:
    """Return the schema, with the table that holds its version."""
    text = (files("playhead_collector.store") / "schema.sql").read_text("utf-8")
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    made = f"create table made_by (schema_version varchar not null);\ninsert into made_by values ('{version}');"
    return f"{text}\n{made}"


TABLES: Final = ("position", "dirty", "record", "segment", "step", "ledger", "run", "made_by")


def _open_or_replace(path: Path | None) -> "duckdb.DuckDBPyConnection":
    if path is None:
        return _make(None)
    if path.exists():
        problem = "it was made by another version of playhead"
        try:
            connection = duckdb.connect(str(path), config=CONFIG)
            if _is_current(connection):
                return connection
            connection.close()
        except duckdb.Error as error:
            problem = str(error).splitlines()[0]
        _set_aside(path, problem)
    return _make(path)


def _is_current(connection: "duckdb.DuckDBPyConnection") -> bool:
    try:
        found = connection.execute("select schema_version from made_by").fetchall()
    except duckdb.Error:
        return False
    return found == [(schema_text().rsplit("'", 2)[1],)]


def _make(path: Path | None) -> "duckdb.DuckDBPyConnection":
    connection = duckdb.connect(":memory:" if path is None else str(path), config=CONFIG)
    connection.execute(schema_text())
    return connection


def _set_aside(path: Path, problem: str) -> None:
    """Rename the index, over the one that was set aside before: one is enough to look into."""
    for part in (path, path.with_name(path.name + ".wal")):
        if part.exists():
            part.replace(part.with_name(part.name + ".aside"))
    _log.warning("index set aside, it is made again from the log", extra={"why": problem})


def _execute(
    cursor: "duckdb.DuckDBPyConnection", sql: str, parameters: Parameters | None
) -> "duckdb.DuckDBPyConnection":
    try:
        return cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
    except duckdb.Error as problem:
        raise StoreError(str(problem)) from problem


def _roll_back(cursor: "duckdb.DuckDBPyConnection") -> None:
    try:
        cursor.rollback()
    except duckdb.Error as problem:
        _log.warning("transaction was already gone", extra={"why": str(problem)})
