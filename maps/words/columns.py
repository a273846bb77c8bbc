"""Tables of text, as a terminal shows them; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """A table of text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    @classmethod
    def of(
        cls,
        head: Sequence[str],
        rows: Iterable[Iterable[object]],
        title: str = "",
    ) -> Columns:
        """Return the table of any values, as text."""
        texts = tuple(tuple(map(str, row)) for row in rows)
        return cls(tuple(head), texts, title)
