"""What a form shows of each parameter: its sentence, its default, what it may be."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from geo.params import Params, analysis, patrols


@dataclass(frozen=True)
class Key:
    """A parameter."""

    name: str
    about: str
    """The sentence under it."""
    default: Any
    """As JSON has it; None where it is absent by default."""
    kind: str
    """``integer``, ``number``, ``boolean``, ``string``, else ``toml``: a list or a table."""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Described:
    """A table of parameters."""

    name: str
    about: str
    keys: tuple[Key, ...]


def described() -> list[Described]:
    """Return every table of parameters with its keys, in their order.

    Examples
    --------
    >>> tables = {table.name: table for table in described()}
    >>> tables["patrols"].keys[1].name, tables["patrols"].keys[1].about
    ('vehicles', 'Vehicles that work each shift.')
    >>> tables["corridors"].keys[-2].most
    1
    """
    schemas = TypeAdapter(Params).json_schema()["$defs"]
    sentences = _sentences(analysis) | _sentences(patrols)
    defaults = TypeAdapter(Params).dump_python(Params(), mode="json")
    tables = []
    for table, kind in get_type_hints(Params).items():
        own = schemas[kind.__name__]["properties"]
        keys = [
            _key(
                entry.name,
                sentences.get((kind.__name__, entry.name), ""),
                defaults[table][entry.name],
                own[entry.name],
            )
            for entry in fields(kind)
        ]
        _, _, about = " ".join(str(inspect.getdoc(kind)).split()).partition(": ")
        tables.append(Described(table, about.replace("`", ""), tuple(keys)))
    return tables


def _key(name: str, about: str, default: Any, schema: Mapping[str, Any]) -> Key:
    """Return a parameter as its JSON schema has it; one that may be absent is as its other kind."""
    plain = next(
        (one for one in schema.get("anyOf", []) if one["type"] != "null"), schema
    )
    kind = plain.get("type", "")
    is_plain = kind in ("integer", "number", "boolean", "string")
    least = plain.get(
        "minimum", plain.get("exclusiveMinimum", plain.get("ge", plain.get("gt")))
    )
    most = plain.get(
        "maximum", plain.get("exclusiveMaximum", plain.get("le", plain.get("lt")))
    )
    return Key(
        name,
        about,
        default,
        kind if is_plain else "toml",
        tuple(plain.get("enum", ())),
        least,
        most,
    )


def _sentences(module: ModuleType) -> dict[tuple[str, str], str]:
    """Return the sentence under each value of a module's classes, by class and name."""
    tree = ast.parse(inspect.getsource(module))
    return {
        (kind.name, name): " ".join(text.split()).replace("`", "")
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
        for name, text in _under(kind)
    }


def _under(kind: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield the name and the sentence of each value; one sentence stands for all that follow it."""
    sentence = ""
    for one, after in zip(kind.body, [*kind.body[1:], ast.Pass()], strict=True):
        if not isinstance(one, ast.AnnAssign):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            sentence = str(after.value.value)
        if isinstance(one.target, ast.Name):
            yield one.target.id, sentence
