"""What a page of the desk beside that of the night has: things shown, done, dropped, filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from maps.words.told import each_told
from mitrovica import story
from mitrovica.desk.job import plain_lines

Query = Mapping[str, str]
"""What stands behind the ``?`` of an address."""


Drop = Callable[[str, bytes], Any]
"""Takes the name and the content of a file."""
Fill = Callable[[str, str, Query], bytes]
"""Returns a table to be filled in, of an ending, in a language."""


class Part(Protocol):
    """A page of the desk."""

    def shown(self, query: Query) -> Any:
        """Return what the page shows."""

    def do(self, asked: Any) -> Any:
        """Do what is asked for."""

    @property
    def drops(self) -> Mapping[str, Drop]:
        """What takes a file, by the address at which it is dropped."""

    @property
    def tables(self) -> Mapping[str, Fill]:
        """Tables to be filled in, by their names."""


def empty_table(of: Literal["sightings", "places"]) -> Fill:
    """Return what makes an empty table of these."""

    def fill(suffix: str, language: str, query: Query) -> bytes:
        del query
        return story.table_form_of(of, suffix, language)

    return fill


def file_name(text: str) -> str:
    """Return the name of a file that was dropped: its last part, in printable signs."""
    last = text.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:100] or "file"


def done(outcome: story.Outcome) -> dict[str, Any]:
    """Return what a page shows of what was done at once."""
    lines = each_told(map(plain_lines, outcome.shown))
    return {"passed": outcome.passed, "lines": lines}
