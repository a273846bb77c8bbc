"""Which row of a file names its columns: titles may stand above it, and names in two rows.

A table of a program begins with its header.  One that people made may begin with a title, and a
merged cell may stand over several names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Final, NamedTuple

from geo.schema import RECORDS
from layers.readers.spelling import plain
from layers.readers.tabular.parsing import Cell, UnreadableError, own_name
from layers.readers.tabular.tables import Headed, Row
from mitrovica.intake.words import columns

LOOKED_AT: Final = 20
"""Rows among which the header is looked for."""
_ENOUGH: Final = 3
"""Known names that make a row further down the header."""


class _Candidate(NamedTuple):
    """What may be the header: names, and the place and number of the last row that has them."""

    names: tuple[str, ...]
    place: int
    number: int


@dataclass(frozen=True)
class Heading:
    """How the header is found."""

    row: int | None = None
    """Its number; by default the row that names most columns known, as a rule the first."""
    names: frozenset[str] = frozenset()
    """Names that count as known beside the words of the program, as `plain` writes them."""
    most: int | None = None
    """How many rows below it are read; by default all."""

    def of(self, rows: Iterator[Row]) -> Headed:
        """Return the header of some rows that are not blank; raise `UnreadableError`."""
        first = list(islice(rows, LOOKED_AT))
        if not first:
            return Headed((), iter(()), ())
        chosen = self._chosen(list(_candidates(first)))
        below = islice(chain(first[chosen.place + 1 :], rows), self.most)
        if chosen.number == first[0][0]:
            return Headed(chosen.names, below, ())
        note = f"the names of the columns stand in row {chosen.number}; what is above is not read"
        return Headed(chosen.names, below, (note,))

    def _chosen(self, candidates: Sequence[_Candidate]) -> _Candidate:
        if self.row is not None:
            of_row = [one for one in candidates if one.number == self.row]
            if not of_row:
                raise UnreadableError(
                    f"row {self.row} is empty or not among the first {LOOKED_AT}",
                    "name the row that holds the names of the columns",
                )
            return of_row[-1]
        top = candidates[0]
        best = max(candidates, key=self._known)
        if self._known(best) < _ENOUGH or self._known(top) >= self._known(best):
            return top
        return best

    def _known(self, candidate: _Candidate) -> int:
        """Return how many of the names are known."""
        whole = {plain(name) for name in candidate.names}
        own = {plain(own_name(name)) for name in candidate.names}
        return len((whole | own) & (self.names | columns().keys() | _OURS))


def _candidates(rows: Sequence[Row]) -> Iterator[_Candidate]:
    """Yield what may be the header: each row, then each with the merged cells above it."""
    above: Sequence[Cell] = ()
    for place, (number, cells) in enumerate(rows):
        names = ["" if cell is None else str(cell) for cell in cells]
        yield _Candidate(tuple(names), place, number)
        if joined := _joined(above, cells):
            yield _Candidate(tuple(joined), place, number)
        above = cells


_OURS: Final = frozenset(map(plain, RECORDS.names))


def _joined(above: Sequence[Cell], below: Sequence[Cell]) -> list[str]:
    """Return the names of two rows, the upper of which has merged cells; nothing where it has none.

    A name of the lower row that says nothing by itself is read with that above it.
    """
    pairs = list(zip_longest(above, below))
    first = next((k for k, (upper, _) in enumerate(pairs) if upper), len(pairs))
    is_merged = any(
        upper is None and lower is not None for upper, lower in pairs[first:]
    )
    is_text = not any(
        isinstance(cell, float) or any(sign.isdigit() for sign in str(cell))
        for cell in below
    )
    several = len([cell for cell in above if cell is not None]) > 1
    if not (is_merged and is_text and several):
        return []
    names, parent = [], ""
    for upper, lower in pairs:
        parent = parent if upper is None else str(upper)
        child = "" if lower is None else str(lower)
        alone = not child or plain(child) in columns().keys() | _OURS
        names.append((child or parent) if alone else f"{parent} {child}".strip())
    return names
