"""Parts of the reference that the program itself holds: commands, parameters, tables, functions."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import inspect
import pkgutil
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from pyproj import CRS
from sphinx.pycode import ModuleAnalyzer

import geo.params
import layers
import maps
from mitrovica import cli
from geo.params import analysis, patrols
from geo import schema
from layers.package_data import filled
from mitrovica.masks import tiers
from geo.schema import Table

WITHOUT_LIST = {
    "geo": ("study", "crs", "limits", "omissions", "results"),
    "maps": ("plain_maps", "planning"),
}
"""Modules without ``__all__`` whose public functions notebooks call."""


BENCHMARKS = Path(__file__).parents[1] / "tests" / "data" / "benchmarks.csv"


# Benchmarks


def benchmarks() -> str:
    """Return the figures of all benchmarks, a table for each."""
    with BENCHMARKS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    parts = []
    for name in dict.fromkeys(row["benchmark"] for row in rows):
        own = [row for row in rows if row["benchmark"] == name]
        measured = f"`tests/benchmarks/{name}.py`, {own[0]['day']}: {own[0]['machine']}"
        head = ["| figure | ours | peer | ratio |", "|---|---|---|---|"]
        lines = ["| {name} | {ours} | {peer} | {ratio} |".format(**row) for row in own]
        parts.append("\n".join([f"## {name}", "", measured, "", *head, *lines]))
    return "\n\n".join(parts)


# Commands


def commands() -> str:
    """Return every command with its arguments and options."""
    return "\n\n".join(_command(name, one) for name, one in named_commands())


def named_commands() -> list[tuple[str, Any]]:
    """Return every command with its full name."""
    return list(_inside("mitrovica", typer.main.get_command(cli.app)))


def _inside(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    within = getattr(command, "commands", {})
    if not within or getattr(command, "invoke_without_command", False):
        yield name, command
    for word, one in within.items():
        yield from _inside(f"{name} {word}", one)


def _command(name: str, command: Any) -> str:
    rows = [_option(one) for one in command.params if not getattr(one, "hidden", False)]
    table = ["| argument or option | default | what it does |", "|---|---|---|", *rows]
    return "\n\n".join([f"## `{name}`", _sentences(command.help), "\n".join(table)])


def _option(one: Any) -> str:
    names = one.opts if one.param_type_name == "option" else [one.name.upper()]
    default = one.default if isinstance(one.default, (str, int, float)) else ""
    if one.default is False or one.default is True:
        default = ""
    words = ", ".join(f"`{name}`" for name in [*names, *one.secondary_opts])
    value = f"`{default}`" if str(default) else ""
    return f"| {words} | {value} | {_cell(getattr(one, 'help', None))} |"


# Parameters


def parameters() -> str:
    """Return every parameter with its default and its sentence."""
    return "\n\n".join(_section(one) for one in parameter_classes())


def parameter_classes() -> list[type]:
    """Return the classes of parameters, in the order of their modules."""
    return [
        one
        for module in (analysis, patrols, tiers)
        for one in vars(module).values()
        if inspect.isclass(one)
        and dataclasses.is_dataclass(one)
        and one.__module__ == module.__name__
    ]


def sentences(of: type) -> dict[str, str]:
    """Return the sentence under each parameter of a class; one stands for all that follow it."""
    docs = ModuleAnalyzer.for_module(of.__module__).find_attr_docs()
    found, sentence = {}, ""
    for one in dataclasses.fields(of):
        sentence = (
            _sentences("\n".join(docs.get((of.__name__, one.name), []))) or sentence
        )
        found[one.name] = sentence
    return found


def _section(of: type) -> str:
    rows = [
        f"| `{one.name}` | {_default(one)} | {_cell(sentences(of)[one.name])} |"
        for one in dataclasses.fields(of)
    ]
    head = ["| key | default | what it means |", "|---|---|---|"]
    key, _, meaning = _sentences(inspect.getdoc(of)).rpartition("``: ")
    title = f"{key}``" if key else f"`{of.__name__}`"
    words = (
        f"{meaning[0].upper()}{meaning[1:]} In Python: `{of.__module__}.{of.__name__}`."
    )
    return "\n\n".join([f"## {title}", words, "\n".join([*head, *rows])])


def _default(one: dataclasses.Field[Any]) -> str:
    if one.default_factory is not dataclasses.MISSING:
        value = one.default_factory()
    elif one.default is not dataclasses.MISSING:
        value = one.default
    else:
        return "needed"
    if isinstance(value, dict):
        return (
            "; ".join(f"{key} {_value(item)}" for key, item in value.items()) or "none"
        )
    if isinstance(value, tuple):
        return "; ".join(map(_value, value)) or "none"
    return "none" if value is None or value == "" else f"`{_value(value)}`"


def _value(value: object) -> str:
    if dataclasses.is_dataclass(value):
        given = (getattr(value, one.name) for one in dataclasses.fields(value))
        return ", ".join(str(one) for one in given if isinstance(one, str))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


# Tables


def tables() -> str:
    """Return every table of the schema, by the template of a run's data dictionary."""
    text = filled(
        "dictionary.md", handling="", tables=schema_tables(), where={}, others={}
    )
    return text[text.index("\n## ") :]


def schema_tables() -> list[Table]:
    """Return every table that the schema names."""
    named = [one for one in vars(schema).values() if isinstance(one, Table)]
    return list({one.name: one for one in named}.values())


# Functions


PAGES = Path(__file__).parent / "functions"
"""A page for each public function and class; made anew by each build."""

PAGE = """\
# {title}

```{{eval-rst}}
.. currentmodule:: {room}

.. {directive}
```
"""


def functions(package: str) -> str:
    """Return what each room of a package is for, and what its functions do, with their pages."""
    parts = [f"```{{eval-rst}}\n.. automodule:: {package}\n```"]
    names = public_names()
    for room in rooms(importlib.import_module(package)):
        of_room = [name for name in names if name.rpartition(".")[0] == room]
        pages, lines = [], []
        for name in of_room:
            last, page = name.rpartition(".")[2], f"functions/{name}"
            pages.append(f"{last} <{page}>")
            lines.append(f"- [`{last}`]({page}.md) {first_line(name)}".rstrip())
        parts += [
            f"## `{room}`",
            f"```{{eval-rst}}\n.. automodule:: {room}\n```",
            "\n".join(lines),
            "\n".join(["```{toctree}", ":hidden:", "", *pages, "```"]),
        ]
    return "\n\n".join(parts)


def first_line(name: str) -> str:
    """Return the first line of what a function or class says of itself."""
    value = _object(name)
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return ""
    return (inspect.getdoc(value) or "").partition("\n")[0].rstrip(".")


def _object(name: str) -> object:
    room, _, last = name.rpartition(".")
    return getattr(importlib.import_module(room), last)


def write_function_pages() -> None:
    """Write the page of each public function and class, with what it does in its title."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir()
    for name in public_names():
        room, _, last = name.rpartition(".")
        value, directive = _object(name), f"autodata:: {last}"
        if inspect.isclass(value):
            directive = f"autoclass:: {last}\n   :members:"
        elif inspect.isroutine(value):
            directive = f"autofunction:: {last}"
        title = f"{last}: {first_line(name)}".rstrip(": ")
        text = PAGE.format(title=title, room=room, directive=directive)
        (PAGES / f"{name}.md").write_text(text, "utf-8")


def rooms(package: ModuleType) -> list[str]:
    """Return the modules of a package whose public names are for users."""
    listed: list[str] = []
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        named = getattr(importlib.import_module(found.name), "__all__", None)
        if named is None:
            continue
        listed.append(found.name)
        within = (f"{found.name}.{name}" for name in named)
        listed += [name for name in within if _is_module(name)]
    more = [
        f"{package.__name__}.{name}" for name in WITHOUT_LIST.get(package.__name__, ())
    ]
    return list(dict.fromkeys([*more, *listed]))


def public_names() -> list[str]:
    """Return the full name of every function and class in an ``__all__`` of a room."""
    return [
        f"{room}.{name}"
        for package in (geo, layers, maps)
        for room in rooms(package)
        for name in getattr(importlib.import_module(room), "__all__", ())
        if not _is_module(f"{room}.{name}")
    ]


def _is_module(name: str) -> bool:
    room, _, last = name.rpartition(".")
    return inspect.ismodule(getattr(importlib.import_module(room), last, None))


# Coordinates


def postgis_crs() -> str:
    """Return the line of SQL by which PostGIS knows the CRS that a study measures in."""
    code = 9141
    crs = CRS(code)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # The WKT beside it holds the datum.
        proj4 = crs.to_proj4().replace(" +type=crs", "")
    return (
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text)\n"
        f"VALUES ({code}, 'EPSG', {code}, '{crs.to_wkt('WKT1_GDAL')}',\n'{proj4}')\n"
        "ON CONFLICT DO NOTHING;"
    )


# Words


def _sentences(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split())


def _cell(text: str | None) -> str:
    return _sentences(text).replace("|", "\\|")
