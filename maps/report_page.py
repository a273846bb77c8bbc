"""The report as a page: its words, and folded beside them the pictures that show the same."""

from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markupsafe import Markup

from layers.palette import Symbol
from maps.page.escaping import template
from maps.panels.patrol_panel import Patrol
from maps.view import Shown
from maps.words.catalogue import LANGUAGE_NAMES, word
from maps.words.phrases import Phrase

DAY_MIN: Final = 1440


class Strip(NamedTuple):
    """The time of one patrol: its stops between its start and its end, in minutes."""

    title: Phrase
    symbol: Symbol
    start: int
    end: int
    stops: list[tuple[int, int, int]]
    """Number, arrival and departure of each."""
    told: Phrase


def page(text: str, shown: Shown) -> str:
    """Return the report as one HTML file without a script, which asks for nothing.

    It is whole in English; ``#sq``, ``#sr-Latn`` or ``#sr-Cyrl`` behind its address opens what it
    says first in another language.

    Parameters
    ----------
    text : str
        The report in Markdown.
    shown : maps.view.Shown
    """
    quality = shown.plan.quality
    patrols = quality.nights[0].patrols if quality.nights else []
    return template("report.html").render(
        shown=shown,
        quality=quality,
        night=quality.nights[0] if quality.nights else None,
        # English stands last, and is shown where the address names no other language.
        languages=dict(reversed([*LANGUAGE_NAMES.items()])),
        # A table that is wider than a phone is scrolled by key, too.
        whole=Markup(as_html(text).replace("<table>", '<table tabindex="0">')),
        word=word,
        strips=[_strip(patrol, patrols[0].start) for patrol in patrols],
    )


def _strip(patrol: Patrol, begin: str) -> Strip:
    """Return when a patrol is where in a night that begins so; past midnight the minutes go on."""
    first = _minutes(begin)

    def since(clock: str) -> int:
        return first + (_minutes(clock) - first) % DAY_MIN

    stops = [
        (stop.number, since(stop.arrival), since(stop.departure))
        for stop in patrol.served
    ]
    told = Phrase(
        "report.night.patrol",
        patrol=patrol.title,
        n=len(stops),
        start=patrol.start,
        end=patrol.end,
    )
    start, end = since(patrol.start), since(patrol.end)
    return Strip(patrol.title, patrol.symbol, start, end, stops, told)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def as_html(markdown: str) -> str:
    """Return a report in Markdown as HTML; what is markup in it stays text.

    >>> as_html("A *b* <i>").strip()
    '<p>A <em>b</em> &lt;i&gt;</p>'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        # A style in the page itself is refused; so columns of figures get a class.
        if token.attrs.pop("style", None):
            token.attrSet("class", "figure")
    return str(reader.renderer.render(tokens, reader.options, {}))
