"""The report as a page: its words, and folded beside them the pictures that show the same."""

from collections.abc import Callable
from typing import Final, NamedTuple

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


def page(text: str, shown: Shown, as_html: Callable[[str], str]) -> str:
    """Return the report as one HTML file without a script, which asks for nothing.

    It is whole in English; ``#sq``, ``#sr-Latn`` or ``#sr-Cyrl`` behind its address opens what it
    says first in another language.

    Parameters
    ----------
    text : str
        The report in Markdown.
    shown : maps.view.Shown
    as_html : callable
        Takes Markdown and returns HTML, such as `as_typed`.
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


def as_typed(markdown: str) -> str:
    """Return Markdown as HTML that shows it as it was typed.

    >>> as_typed("A *b* <i>")
    Markup('<pre>A *b* &lt;i&gt;</pre>')
    """
    return Markup("<pre>{}</pre>").format(markdown)
