"""What columns and cells of a sightings file say, in Albanian, Serbian and English.

The words are those of ``sighting_words.toml``, and the labels of the field form; each has one
meaning, so what it is in is read without asking.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from layers.readers.spelling import plain
from maps.page.escaping import asset

WORDS: Final = tomllib.loads(asset("sighting_words.toml", "mitrovica"))


@cache
def columns() -> Mapping[str, str]:
    """Return what a column holds, by the words of its header."""
    known = {
        phrase: column
        for column, phrases in WORDS["columns"].items()
        for phrase in phrases
    }
    for row in _form("form_survey"):
        name = row["name"]
        labels = {plain(label) for label in _labels(row)}
        if not row["type"].startswith(("begin", "end")):
            known |= dict.fromkeys(labels, _OF_FORM.get(name, name))
    return MappingProxyType(known)


_OF_FORM: Final = {"location": "position"}
"""Questions of the form that a table calls otherwise."""


@cache
def values() -> Mapping[str, Mapping[str, str]]:
    """Return which value a cell means, by its column and its words."""
    known: dict[str, dict[str, str]] = {
        column: {phrase: value for value, said in by_value.items() for phrase in said}
        for column, by_value in WORDS["values"].items()
    }
    for row in _form("form_choices"):
        of_column = known.setdefault(row["list_name"], {})
        of_column |= dict.fromkeys(map(plain, _labels(row)), row["name"])
        of_column[plain(row["name"])] = row["name"]
    return MappingProxyType(known)


@cache
def months() -> Mapping[str, int]:
    """Return the number of a month by its name."""
    return MappingProxyType(
        {
            name: number
            for names in WORDS["months"].values()
            for number, name in enumerate(names, 1)
        }
    )


def _form(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(asset(f"forms/{name}.csv", "mitrovica").splitlines())


def _labels(row: Mapping[str, str]) -> list[str]:
    return [
        label for column, label in row.items() if column.startswith("label") and label
    ]
