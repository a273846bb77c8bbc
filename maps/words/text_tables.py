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
        cls, head: Sequence[str], rows: Iterable[Iterable[object]], title: str = ""
    ) -> Columns:
        """Return the table of any values, as text."""
        texts = tuple(tuple(map(str, row)) for row in rows)
        return cls(tuple(head), texts, title)


def as_markdown(title: str, told: Iterable[str | Columns]) -> str:
    """Return lines and tables as a text in Markdown.

    >>> print(as_markdown("Sites", [Columns(("a", "b"), (("1", "2"),))]))
    # Sites
    <BLANKLINE>
    | a | b |
    | --- | --- |
    | 1 | 2 |
    <BLANKLINE>
    """
    parts = [f"# {title}"]
    for part in told:
        if isinstance(part, str):
            parts.append(part)
            continue
        rows = [part.head, ("---",) * len(part.head), *part.rows]
        table = [f"| {' | '.join(row)} |" for row in rows]
        parts += [part.title, "\n".join(table)]
    return "\n\n".join(part for part in parts if part) + "\n"
