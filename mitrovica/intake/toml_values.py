"""Values as TOML has them, on one line."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Item


def inline(value: Any) -> str:
    """Return a value as TOML has it, on one line; what a table holds as None is left out.

    >>> inline({"a": [1, "x"], "b": None})
    '{a = [1, "x"]}'
    """
    return item(value).as_string()


def item(value: Any) -> Item:
    """Return a value as an item on one line."""
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, part in value.items():
            if part is not None:
                table[name] = item(part)
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for part in value:
            array.append(item(part))
        return array
    plain: Item = tomlkit.item(value)
    return plain
