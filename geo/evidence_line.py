"""How a result tells of itself in a notebook or a console: a line a part, ten at most."""

from collections.abc import Iterable, Mapping, Sized
from dataclasses import fields
from html import escape
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

LINES: Final = 10
"""Lines of a result, with its name."""
WIDTH: Final = 88
"""Characters of a line at most."""

Result = TypeVar("Result")


def told(of: type[Result]) -> type[Result]:
    """Let a dataclass tell what is in it in `LINES` lines, where its tables would fill screens.

    >>> from dataclasses import dataclass
    >>> @told
    ... @dataclass
    ... class Found:
    ...     table: pd.DataFrame
    ...     level: float
    >>> Found(pd.DataFrame({"stop": ["a", "b"], "need": [0.5, 0.1]}), 0.05)
    Found
      table  2 rows: stop, need
      level  0.05
    """
    changed: Any = of
    changed.__repr__ = _text
    changed._repr_html_ = _html
    return of


def in_lines(title: str, parts: Iterable[tuple[str, str]]) -> str:
    """Return a title and a line for each part; the last one counts those that are too many."""
    shown = list(parts)
    if len(shown) > LINES - 1:
        more = [name for name, _ in shown[LINES - 2 :]]
        shown = [*shown[: LINES - 2], ("...", f"and {', '.join(more)}")]
    wide = max((len(name) for name, _ in shown), default=0)
    lines = [f"  {name:<{wide}}  {text}" for name, text in shown]
    return "\n".join([title, *map(_short, lines)])


def in_table(parts: Iterable[tuple[str, str]]) -> str:
    """Return parts as a table in HTML."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in parts
    )
    return f"<table>{rows}</table>"


def _parts(result: Any) -> list[tuple[str, str]]:
    return [
        (field.name, summary(getattr(result, field.name)))
        for field in fields(result)
        if field.repr
    ]


def _text(result: Any) -> str:
    return in_lines(type(result).__name__, _parts(result))


def _html(result: Any) -> str:
    return in_table(_parts(result))


def summary(value: Any) -> str:
    """Return what a part is, in one line: how many rows, which shape, which names.

    >>> summary(np.zeros((3, 2))), summary({"river": 1, "road": 2}), summary(None)
    ('float64 array (3, 2)', 'river, road', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, pd.DataFrame):
        names = ", ".join(map(str, value.columns))
        return f"{len(value):,} rows: {names}"
    if isinstance(value, pd.Series):
        return f"{len(value):,} rows"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array {value.shape}"
    if isinstance(value, Mapping):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, tuple | list):
        return _items(value)
    text = str(value)
    whole, *more = text.splitlines() or [""]
    if more or (isinstance(value, Sized) and not isinstance(value, str)):
        whole = type(value).__name__
    return whole


def _items(values: tuple[Any, ...] | list[Any]) -> str:
    if not values:
        return "none"
    if all(isinstance(value, str | int | float) for value in values):
        return ", ".join(map(str, values))
    return f"{len(values)} of {type(values[0]).__name__}"


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3].rstrip()}..."
