"""Files of `layers/data` that the program is made with, and texts made safe for where they go."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jinja2 import Template

STUDY: Final = Path(__file__).parent / "data"
"""Folder of the study that is shipped with the program."""

FORMULA: Final = re.compile(
    r"(^|;)([\s\u200b-\u200f\ufeff]*)([=+\-@|＝＋－＠｜﹦﹢﹣﹫])"
)
"""How a text begins that a spreadsheet would take for a formula, in a cell or after the mark
between cells; a full-width form counts as its plain one."""

_MARKS: Final = re.compile(r"([\\`*\[\]<>#!~|]|(?<!\w)_|_(?!\w))")
"""What Markdown reads as more than text; within a word ``_`` is text."""

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(*path: str) -> str:
    """Return a file as text."""
    return resources.files("layers").joinpath("data", *path).read_text("utf-8")


def toml(*path: str) -> dict[str, Any]:
    """Return what a TOML file holds."""
    return tomllib.loads(text(*path))


def filled(name: str, /, *, package: str = "layers", **values: Any) -> str:
    """Return a template with these values; text from data is made safe, in Markdown by `shown`.

    It is one of ``layers/data/templates``, or of the folder ``assets`` of another package.
    """
    return _template(name, package).render(values)


@cache
def _template(name: str, package: str) -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - few need it

    environment = Environment(
        autoescape=not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: xml_text(value) if type(value) is str else value,
    )
    environment.filters["shown"] = markdown_text
    folder = "data/templates" if package == "layers" else "assets"
    file = resources.files(package).joinpath(folder, name)
    return environment.from_string(file.read_text("utf-8"))


def markdown_text(text: str) -> str:
    r"""Return a text on one line as Markdown shows it: it makes no link, picture or emphasis.

    >>> print(markdown_text("[a](b) *c* snake_case"))
    \[a\](b) \*c\* snake_case
    """
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def xml_text(text: str) -> str:
    """Return `text` without what XML 1.0 cannot hold; the XML writer escapes the others."""
    return _NOT_XML.sub("", text)


def cell_text(text: str) -> str:
    """Return a text on one line, with an apostrophe in front of what would be a formula.

    What a spreadsheet shows, it never runs (OWASP, "CSV Injection").

    >>> cell_text("=SUM(A1)"), cell_text("Bus  station")
    ("'=SUM(A1)", 'Bus station')
    """
    return FORMULA.sub(r"\1\2'\3", " ".join(text.split()))


def command(*words: object, **options: object) -> str:
    """Return a command of the program, quoted to be pasted into a shell.

    A word or an option that is None or False is left out; of an option that is True its name is
    all there is, and a list gives it several times.

    Examples
    --------
    >>> command("fetch", study="my area", from_="a.osm", store=None, refresh=True)
    "mitrovica fetch --study 'my area' --from a.osm --refresh"
    """
    parts = ["mitrovica", *(str(word) for word in words if word is not None)]
    for name, value in options.items():
        option = f"--{name.rstrip('_').replace('_', '-')}"
        for word in value if isinstance(value, list | tuple) else [value]:
            if word is True:
                parts.append(option)
            elif word is not None and word is not False:
                parts += [option, str(word)]
    return shlex.join(parts)
