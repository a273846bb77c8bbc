"""The pages of the desk: what stands on them, in every language; what moves is in their script."""

import re
from collections.abc import Callable
from typing import Final

from markdown_it import MarkdownIt

from maps.page.escaping import asset, script_json, template
from maps.words.catalogue import LANGUAGE_NAMES, LANGUAGES, of_desk
from maps.words.names import patrol_name
from maps.words.phrases import Phrase

SCRIPT: Final = ("scripts/elements.js", "desk.js")
"""Files of which the script is made."""

_PATROL: Final = r"shift (?P<shift>.+), vehicle (?P<vehicle>\d+): "
_CLOCK: Final = r"\d\d:\d\d"
_AT: Final = rf"(?P<at>{_CLOCK}).*"
_END: Final = rf"(?P<end>{_CLOCK})"
FAULTS: Final = (
    (
        "desk.fault.late",
        rf"it is back at {_AT}, after the shift's end.* {_END}",
    ),
    (
        "desk.fault.closed",
        rf"(?P<stop>.+): service begins at {_AT}, outside its windows",
    ),
    ("desk.fault.break", rf"its break begins at {_AT}, after {_END}"),
)
"""What an edit mostly breaks: a word, and how `geo.patrols.audit` says it."""


def fault(told: str, name: Callable[[str], Phrase]) -> Phrase | None:
    """Return a breach that `geo.patrols.audit` tells in every language; None for a rare one.

    `name` returns the name of a stop by its id.
    """
    for word, pattern in FAULTS:
        found = re.match(_PATROL + pattern, told)
        if found:
            parts = found.groupdict()
            patrol = patrol_name(parts.pop("shift"), int(parts.pop("vehicle")))
            stop = {"stop": name(parts.pop("stop"))} if "stop" in parts else {}
            return Phrase(word, patrol=patrol, **stop, **parts)
    return None


def page(user: str, first_map: str) -> str:
    """Return the page.

    `user` is who is told to have the desk open, `first_map` the address of the map that shows
    until the night is read.
    """
    texts = {language: of_desk(language) for language in LANGUAGES}
    data = {"texts": texts, "user": user}
    return template("desk.html").render(
        texts=texts["en"],
        languages=LANGUAGE_NAMES,
        first_map=first_map,
        data=script_json(data),
    )


def script() -> str:
    """Return the script of the page."""
    return "".join(map(asset, SCRIPT))


def style() -> str:
    """Return the style of the page."""
    return asset("desk.css")


def report(markdown: str) -> str:
    """Return a report in Markdown as HTML; what is markup in it stays text.

    >>> report("A *b* <i>").strip()
    '<p>A <em>b</em> &lt;i&gt;</p>'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        # A style in the page itself is refused; so columns of figures get a class.
        if token.attrs.pop("style", None):
            token.attrSet("class", "figure")
    return str(reader.renderer.render(tokens, reader.options, {}))
