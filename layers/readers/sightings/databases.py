"""Tables of sightings in databases: PostgreSQL with or without PostGIS by address, DuckDB files.

The drivers are optional, see the group ``databases`` in ``pyproject.toml``.  A session reads only,
and reads one table, no view: a view can run anything.
"""

import re
from contextlib import closing
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from layers.readers.sightings import tables
from layers.readers.sightings.parsing import UnreadableError, tidy

ADDRESS: Final = ("postgresql:/", "postgres:/", "PG:")
"""How an address of PostgreSQL begins; the third stands before libpq's own words, as in GDAL."""

_LISTED: Final = """
    SELECT table_schema, table_name, column_name, {kind} FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'
    AND table_schema NOT IN ('pg_catalog', 'information_schema', 'topology')
    ORDER BY table_schema, table_name, ordinal_position"""

_LOOK_IN: Final = "look at the address; a password goes to ~/.pgpass or PGPASSWORD, not into it"


def is_address(path: Path) -> bool:
    """Return whether a path is the address of a database."""
    return str(path).startswith(ADDRESS)


def read_address(path: Path, table: str | None) -> tables.FileTable:
    """Return a table of PostgreSQL, a point of PostGIS as latitude and longitude.

    Raises `UnreadableError` if the driver is not installed, the database does not answer, or
    several tables are there and none is named.
    """
    # A path has lost one of two strokes.
    address = re.sub(
        r"^(postgres(?:ql)?:/)(?!/)",
        r"\1/",
        str(path).removeprefix("PG:").strip(),
    )
    if re.search(r"password|://[^/@]*:[^/@]*@", address):
        raise UnreadableError("there is a password in the address", _LOOK_IN)
    psycopg = _driver("psycopg", "PostgreSQL")
    try:
        with psycopg.connect(
            address, connect_timeout=10, autocommit=True
        ) as session:
            session.read_only = True
            return _read(
                session.cursor(),
                "udt_name",
                table,
                "ST_{}(ST_Transform({}, 4326))",
            )
    except psycopg.Error as error:
        message = str(error).partition("\n")[0]
        raise UnreadableError(
            f"the database does not give it: {message}", _LOOK_IN
        ) from error


def read_duckdb(data: bytes, table: str | None) -> tables.FileTable:
    """Return a table of a DuckDB file, `data` being its bytes; errors as above."""
    duckdb = _driver("duckdb", "DuckDB")
    with NamedTemporaryFile(suffix=".duckdb") as copy:
        copy.write(data)
        copy.flush()
        settings = {
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
        }
        try:
            with closing(
                duckdb.connect(copy.name, read_only=True, config=settings)
            ) as session:
                return _read(session.cursor(), "data_type", table, "ST_{}({})")
        except duckdb.Error as error:
            raise UnreadableError(
                f"DuckDB cannot read it: {str(error).partition(chr(10))[0]}",
                "write it with a DuckDB of the same version; a geometry as columns lat and lon",
            ) from error


def _driver(name: str, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise UnreadableError(
            f"this is {what}, whose driver is not installed",
            f'pip install "{name}[binary]"'
            if name == "psycopg"
            else f"pip install {name}",
        ) from error


def _read(
    cursor: Any, kind: str, named: str | None, part: str
) -> tables.FileTable:
    """Return the one table of a session; `part` is how it takes X and Y of a geometry."""
    cursor.execute(_LISTED.format(kind=kind))
    columns: dict[str, list[tuple[str, str]]] = {}
    sources = {}
    for schema, table, column, type_ in cursor.fetchall():
        plain = table if schema in ("public", "main") else f"{schema}.{table}"
        columns.setdefault(plain, []).append((column, type_))
        sources[plain] = f"{_quoted(schema)}.{_quoted(table)}"
    chosen = tables.choose("table", list(columns), named)
    header: list[str] = []
    wanted: list[str] = []
    for column, type_ in columns[chosen]:
        if type_.casefold().startswith("geometry"):
            header += [tables.POINT_LAT, tables.POINT_LON]
            wanted += [part.format(axis, _quoted(column)) for axis in "YX"]
        else:
            header.append(column)
            wanted.append(_quoted(column))
    cursor.execute(f"SELECT {', '.join(wanted)} FROM {sources[chosen]}")
    rows = iter(cursor.fetchone, None)
    numbered = enumerate((list(map(tidy, row)) for row in rows), 1)
    return tables.build_table(header, numbered)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
