"""How the fields of a record of `mitrovica.story` are given on the command line.

A field is an option of its name, or an argument if it is one of `ARGUMENTS`.  What `--help` says of
it stands in ``options.toml``, under its record or for all.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from importlib import resources
from inspect import Parameter
from types import MappingProxyType
from typing import Annotated, Any, Final, get_type_hints

import typer

HELP: Final = tomllib.loads(
    resources.files("mitrovica").joinpath("options.toml").read_text("utf-8")
)


def day(text: str) -> date:
    """Read a day; raises typer.BadParameter where it is written otherwise."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        fix = "a day is written YYYY-MM-DD. Fix: such as 2026-11-30"
        raise typer.BadParameter(f"{text}: {fix}") from error


ARGUMENTS: Final = frozenset({"folder", "file", "files", "name", "releases"})
"""Fields that are given without the name of an option."""

SHORT: Final = MappingProxyType({"quiet": ("-q",)})
"""Second names of options."""

_DAY: Final = {"parser": day, "metavar": "DAY"}
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "bbox": {"metavar": "W,S,E,N"},
        "before": _DAY,
        "until": _DAY,
        "cluster": {"metavar": "ADDRESS"},
        "formats": {"metavar": "LIST"},
        "mapping": {"metavar": "FILE.toml"},
        "name": {"metavar": "ID"},
        "delay_days": {"min": 0},
        "least_groups": {"min": 2},
        "nights": {"min": 1},
        "workers": {"min": 1},
    }
)
"""What typer is told of a field besides: its least value, how it is read and named."""


def parameters_of(record: type) -> list[Parameter]:
    """Return the fields of a record as parameters that typer makes options and arguments of."""
    hints = get_type_hints(record)
    return [_parameter(record, entry, hints[entry.name]) for entry in fields(record)]


def _parameter(record: type, entry: Field[Any], hint: Any) -> Parameter:
    settings = {"help": _help(record, entry.name), **SETTINGS.get(entry.name, {})}
    if entry.name in ARGUMENTS:
        given = typer.Argument(**settings)
    else:
        long = f"--{entry.name.strip('_').replace('_', '-')}"
        given = typer.Option(long, *SHORT.get(entry.name, ()), **settings)
    default = Parameter.empty if entry.default is MISSING else entry.default
    annotation = Annotated[hint, given]
    kind = Parameter.KEYWORD_ONLY
    return Parameter(entry.name, kind, default=default, annotation=annotation)


def _help(record: type, name: str) -> str:
    """Return the text of the record, or of one that it rests on, else that of all."""
    for base in record.__mro__:
        of_record = HELP.get(base.__name__, {})
        if name in of_record:
            return str(of_record[name])
    return str(HELP[name])
