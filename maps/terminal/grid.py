"""A table of text: fitted to a terminal, or in plain columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

_FIGURE: Final = re.compile(r"(?:[<>]? ?[\d.,]+(?: (?:%|m|km|min|h))?|–|)")
"""A cell that stands at the right of its column."""

GAP: Final = 2
"""Between two columns."""


@dataclass(frozen=True)
class Grid:
    """A table of text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    @classmethod
    def of(cls, head: Sequence[str], rows: Iterable[Iterable[object]]) -> Grid:
        """Return the table of any values, as text."""
        return cls(tuple(head), tuple(tuple(map(str, row)) for row in rows))

    @property
    def right(self) -> tuple[bool, ...]:
        """Whether each column holds figures only, which stand at its right."""
        columns = zip(*self.rows, strict=True) if self.rows else ([] for _ in self.head)
        return tuple(all(map(_FIGURE.fullmatch, column)) for column in columns)

    def fitted(self, width: int) -> Table | None:
        """Return the table, without its title, in so many columns of a terminal; words stay whole.

        None where it is too narrow for that.
        """
        columns = list(zip(self.head, *self.rows, strict=True))
        wide = [max(map(len, column)) for column in columns]
        least = [max(len(word) for cell in c for word in cell.split() or [""]) for c in columns]
        while sum(wide) + GAP * (len(wide) - 1) > width:
            loose = [n for n in range(len(wide)) if wide[n] > least[n]]
            if not loose:
                return None
            wide[max(loose, key=wide.__getitem__)] -= 1
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for name, right, size in zip(self.head, self.right, wide, strict=True):
            table.add_column(Text(name), justify="right" if right else "left", width=size)
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table

    def sentences(self) -> list[str]:
        """Return each row as a line of its own, for a terminal that is too narrow for columns.

        >>> Grid(("stop", "km"), (("Bus station", "0.5"), ("Zvecan", "12.0"))).sentences()
        ['stop: Bus station; km: 0.5', 'stop: Zvecan; km: 12.0']
        """
        pairs = (zip(self.head, row, strict=True) for row in self.rows)
        return ["; ".join(f"{name}: {cell}" for name, cell in row) for row in pairs]

    def plain(self) -> list[str]:
        """Return the table in columns of plain text, a row a line.

        >>> Grid(("stop", "km"), (("Bus station", "0.5"), ("Zvecan", "12.0")), "Evening").plain()
        ['Evening', 'stop           km', 'Bus station   0.5', 'Zvecan       12.0']
        """
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = [
            (" " * GAP)
            .join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, self.right, strict=True)
            )
            .rstrip()
            for row in (self.head, *self.rows)
        ]
        return [self.title, *lines] if self.title else lines
