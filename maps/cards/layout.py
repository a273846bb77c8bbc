"""How a stop card is laid out on its A5 page.

Arabic comes first and large, the other languages stand below it.  The hours stand once, in
digits, with an arrow between them, so that they are read alike from the left and from the right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

from geo.patrols.clock import hhmm
from maps.cards import marks as card_marks
from maps.cards.marks import WHITE
from maps.cards.paper import WIDTH, Box, Paper
from maps.cards.times import Hours, Sky, Visit
from maps.words.about import in_language
from maps.words.catalogue import ARABIC, day, short_weekday, weekday, whole_day, word

OFFERS: Final = ("water_food", "first_aid", "information", "registration")
"""What every patrol offers: last part of the key in the catalogue, and name of the pictogram."""

LARGE_ROWS: Final = 2
"""Rows of days, of `_CHIPS` each, for which hours are printed large; more make a table."""
TABLE_ROWS: Final = 16
"""Rows of a table on one page, in two columns."""

_CHIPS: Final = 7
"""Days side by side below large hours."""
_OTHERS: Final = ("sq", "sr-Latn", "en")
"""Languages below the Arabic; Serbian in Latin letters, names of places in both."""

_LEFT: Final = 8.0
_INNER: Final = WIDTH - 2 * _LEFT
_PLACE_TOP: Final = 26.5
_TIMES_TOP, _TIMES_HEIGHT = 59.5, 64.0
_OFFERS_TOP, _OFFER_HEIGHT = 125.5, 15.2
_FREE_TOP: Final = 156.2
_FOOT_TOP: Final = 174.0
_CALL_TOP: Final = 196.5
_VALID_TOP: Final = 202.5


@dataclass(frozen=True)
class Card:
    """What one page holds."""

    kind: str
    """Key of the kind of place."""
    names: tuple[str, ...]
    """Of the place, as they are written on the spot, each once."""
    english: str
    """Its name in English; empty where it is one of `names`."""
    uri: str | None
    """Address by RFC 5870, which phones open in their map; None where it is not known well."""
    visits: tuple[Visit, ...]
    sky: Sky
    until: date | None
    """Last day on which the card holds; None where that is not known."""
    run_by: Mapping[str, str] = field(default_factory=dict)
    """Who runs the patrols, as in `layers.records.About`."""
    part: tuple[int, int] = (1, 1)
    """Which of how many pages of its stop."""

    @property
    def days(self) -> dict[Hours, list[date]]:
        """The days of each of the hours; none where the date is not known."""
        found: dict[Hours, list[date]] = {}
        for visit in self.visits:
            found.setdefault(visit.hours, []).extend([visit.day] if visit.day else [])
        return found

    @property
    def is_large(self) -> bool:
        """Whether hours and days are few enough for large print."""
        days = self.days.values()
        return sum(max(1, -(-len(dates) // _CHIPS)) for dates in days) <= LARGE_ROWS


def draw(paper: Paper, card: Card) -> None:
    """Draw a card on a page of its own."""
    paper.pdf.add_page()
    _head(paper, card.part)
    _place(paper, card)
    if card.is_large:
        _large(paper, card)
    else:
        _table(paper, card)
    _offers(paper)
    _below_each_other(paper, partial(word, "card.free"), (_LEFT, _FREE_TOP, _INNER), (15, 7.5))
    _foot(paper, card)


def _head(paper: Paper, part: tuple[int, int]) -> None:
    paper.pdf.set_fill_color(*card_marks.INK)
    paper.pdf.rect(0, 0, WIDTH, 25.0, "F")
    paper.arabic(word("card.help", ARABIC), (_LEFT, 2.0, _INNER), 34, colour=WHITE)
    paper.latin(_others("card.help"), (_LEFT, 17.6, _INNER), 12.5, colour=WHITE)
    if part != (1, 1):
        figures = f"{part[0]}/{part[1]}"
        paper.latin(figures, (_LEFT, 4.4, 20), 20, bold=True, align="L", colour=WHITE)


def _below_each_other(
    paper: Paper, text: Callable[[str], str], box: Box, sizes: tuple[float, float],
    align: str = "C", heights: tuple[float, float] = (0.0, 0.0),
) -> float:  # fmt: skip
    """Print a text in Arabic and below it in each other language; return where it ends."""
    x, y, width = box
    y += paper.arabic(text(ARABIC), box, sizes[0], height=heights[0], align=align)
    for language in _OTHERS:
        at = x, y, width
        y += paper.latin(text(language), at, sizes[1], height=heights[1], align=align)
    return y


def _others(key: str) -> str:
    """Return a word in the languages below the Arabic, parted by dots."""
    return _parted(word(key, language) for language in _OTHERS)


def _parted(texts: Iterable[str]) -> str:
    """Join texts by dots, each once, so that lines break between and not inside them."""
    return " · ".join(text.replace(" ", "\u00a0") for text in dict.fromkeys(texts))


def _weekdays(when: date) -> str:
    """Return the day of the week in few letters, in the languages below the Arabic."""
    return _parted(short_weekday(when, language) for language in _OTHERS)


def _place(paper: Paper, card: Card) -> None:
    """Print what the place is, then its names: first those that are written on the spot."""
    y = _PLACE_TOP + paper.arabic(word(card.kind, ARABIC), (_LEFT, _PLACE_TOP, _INNER), 22) + 1.2
    y += paper.latin(_others(card.kind), (_LEFT, y, _INNER), 8.5) + 0.5
    y += paper.latin(_parted(card.names), (_LEFT, y, _INNER), 14.5, bold=True, height=12.8)
    paper.latin(card.english, (_LEFT, y, _INNER), 10)


def _large(paper: Paper, card: Card) -> None:
    """Print few hours as large as there is room for, each over its days."""
    days = card.days
    height = _TIMES_HEIGHT / len(days)
    for n, (hours, dates) in enumerate(days.items()):
        top = _TIMES_TOP + n * height
        below = 10.5 if len(days) > 1 and len(dates) <= _CHIPS else 23.0
        _rule(paper, top)
        dark = card.sky.is_dark(hours, dates)
        _hours(paper, hours, dark, top + 1.0, height - below - 1.0)
        _days(paper, dates, top + height - below, below)
    _rule(paper, _TIMES_TOP + _TIMES_HEIGHT)


def _hours(paper: Paper, hours: Hours, dark: bool | None, y: float, height: float) -> None:
    """Print one pair of hours in a box across the page."""
    side, middle = 53.0, _INNER - 2 * 53.0
    right, centre = _LEFT + side + middle, _LEFT + side
    size = min(58.0, (height - 8.0) / 0.36)
    y += max(0.0, (height - 36.0) / 2)
    for x, key, seconds in (
        (_LEFT, "card.from", hours.begin_s),
        (right, "card.until", hours.end_s),
    ):
        paper.arabic(word(key, ARABIC), (x, y, side), 11)
        paper.latin(_others(key), (x, y + 4.8, side), 7)
        paper.latin(hhmm(seconds), (x, y + 7.0, side), size, bold=True)
    _sky(paper, dark, centre + middle / 2, y + 2.6, 2.4)
    y += paper.arabic(word(hours.part, ARABIC), (centre, y + 5.2, middle), 10) + 5.2
    arrow = size * 0.22
    y += arrow * 0.35
    card_marks.arrow(paper.pdf, centre + (middle - arrow) / 2, y, arrow)
    paper.latin(_others(hours.part), (centre, y + arrow * 0.25, middle), 7, height=6.2)


def _days(paper: Paper, dates: list[date], y: float, height: float) -> None:
    """Print the days: none leaves a line to write on."""
    if not dates:
        paper.arabic(word("card.days", ARABIC), (_LEFT + _INNER - 20, y, 20), 13, align="R")
        paper.latin(_others("card.days"), (_LEFT, y + 2.2, 30), 8, align="L")
        for line in range(int(height / 9)):
            _rule(paper, y + 7.5 + 9 * line, _LEFT + 31, _INNER - 52)
    elif len(dates) == 1:
        _day(paper, dates[0], y, height)
    else:
        step = _INNER / _CHIPS
        for n, when in enumerate(dates):
            x, top = _LEFT + (_CHIPS - 1 - n % _CHIPS) * step, y + 0.6 + n // _CHIPS * 10.8
            paper.arabic(weekday(when, ARABIC), (x, top - 0.4, step), 8)
            paper.latin(_short(when), (x, top + 2.5, step), 11.5, bold=True)
            paper.latin(_weekdays(when), (x, top + 6.8, step), 5.5)


def _day(paper: Paper, when: date, y: float, height: float) -> None:
    """Print one day: weekday and figures large, the date as each language writes it small."""
    size, right = min(height * 1.6, 24.0), _LEFT + _INNER
    width = size * 1.5
    paper.arabic(weekday(when, ARABIC), (right - width, y, width), size, align="R")
    figures = f"{_short(when)}{when.year}"
    middle = _LEFT + _INNER * 0.36
    box = middle, y + 0.4, right - width - 1 - middle
    paper.latin(figures, box, size, bold=True, align="R")
    small = 5.6 + height / 7
    for language in _OTHERS:
        text = whole_day(when, language)
        y += paper.latin(text, (_LEFT, y, _INNER * 0.35), small, align="L")


def _table(paper: Paper, card: Card) -> None:
    """Print a row per visit; of two columns the one on the right is read first."""
    visits = card.visits
    columns = 1 if len(visits) <= TABLE_ROWS // 2 else 2
    rows = -(-len(visits) // columns)
    gap, head = 10.0, 7.5
    height = min(11.0, (_TIMES_HEIGHT - head - 1) / rows)
    width = (_INNER - gap * (columns - 1)) / columns
    _rule(paper, _TIMES_TOP)
    for column in range(columns):
        x = _LEFT + (columns - 1 - column) * (width + gap)
        for part, key in ((_FROM, "card.from"), (_UNTIL, "card.until"), (_WEEKDAY, "card.days")):
            box = x + part[0] * width, _TIMES_TOP + 0.5, part[1] * width
            y = _TIMES_TOP + paper.arabic(word(key, ARABIC), box, 9)
            paper.latin(_others(key), (box[0], y, box[2]), 6)
        for row, visit in enumerate(visits[column * rows : (column + 1) * rows]):
            dark = card.sky.is_dark(visit.hours, [visit.day] if visit.day else [])
            _row(paper, visit, dark, (x, _TIMES_TOP + head + row * height, width), height)
    _rule(paper, _TIMES_TOP + _TIMES_HEIGHT)


_FROM, _UNTIL = (0.0, 0.2), (0.28, 0.2)
_FIGURES, _WEEKDAY = (0.575, 0.185), (0.775, 0.225)
"""Columns of a row: start and width, as shares of its own."""


def _row(paper: Paper, visit: Visit, dark: bool | None, box: Box, height: float) -> None:
    """Print hours and day of a visit."""
    x, y, width = box
    size = min(height * 1.8, width * 0.215, 20.0)
    middle = y + size * 0.21
    for part, seconds in ((_FROM, visit.hours.begin_s), (_UNTIL, visit.hours.end_s)):
        at = x + part[0] * width, y, part[1] * width
        paper.latin(hhmm(seconds), at, size, bold=True)
    card_marks.arrow(paper.pdf, x + 0.21 * width, middle, 0.06 * width)
    _sky(paper, dark, x + 0.525 * width, middle, size * 0.115)
    if visit.day is None:
        _rule(paper, y + size * 0.4, x + _FIGURES[0] * width, (1 - _FIGURES[0]) * width)
    else:
        at = x + _FIGURES[0] * width, y, _FIGURES[1] * width
        paper.latin(_short(visit.day), at, size, bold=True, align="R")
        at = x + _WEEKDAY[0] * width, y, _WEEKDAY[1] * width
        y += paper.arabic(weekday(visit.day, ARABIC), at, size * 0.7, align="R")
        paper.latin(_weekdays(visit.day), (at[0], y, at[2]), size * 0.44, align="R")


def _sky(paper: Paper, dark: bool | None, x: float, y: float, radius: float) -> None:
    """Draw whether it is by day or in the dark; nothing where that is not known."""
    if dark is not None:
        (card_marks.moon if dark else card_marks.sun)(paper.pdf, x, y, radius)


def _offers(paper: Paper) -> None:
    """Print what is offered, two by two from the right."""
    width, tile, gap = _INNER / 2, 13.0, 3.0
    for n, name in enumerate(OFFERS):
        x = _LEFT + (1 - n % 2) * width
        y = _OFFERS_TOP + n // 2 * _OFFER_HEIGHT
        key, (left, room) = f"card.offer.{name}", (x + gap, width - tile - 2 * gap)
        card_marks.tile(paper.pdf, name, x + width - tile, y, tile)
        y += paper.arabic(word(key, ARABIC), (left, y - 1, room), 12.5, align="R") - 1.2
        for language in _OTHERS:
            y += paper.latin(word(key, language), (left, y, room), 7, align="R")


def _foot(paper: Paper, card: Card) -> None:
    """Print where the place is, who runs the patrols, how to call, and until when this holds.

    Where the place is not known well, there is a box and a line for the coordinator.
    """
    _rule(paper, _FOOT_TOP)
    top, code, width, right = _FOOT_TOP + 2.0, 19.0, 37.0, _LEFT + _INNER
    x = _LEFT + code + 3
    key = "card.to_be_fixed" if card.uri is None else "card.map"
    y = _below_each_other(paper, partial(word, key), (x, top, width), (9, 6.5), "L")
    if card.uri is None:
        card_marks.box(paper.pdf, _LEFT, top, code)
        _rule(paper, y + 5.0, x, width)
    else:
        card_marks.qr(paper.pdf, card.uri, _LEFT, top, code)
        where = card.uri.removeprefix("geo:").replace(",", ", ")
        paper.latin(where, (x, y, width), 6.5, align="L")
    x += width + 3

    def run_by(language: str) -> str:
        # In a language that the study has no text for, all are called by the general word.
        own = language.split("-", maxsplit=1)[0] in card.run_by
        return in_language(card.run_by, language) if own else word("card.run_by", language)

    _below_each_other(paper, run_by, (x, top, right - x), (8.5, 6.8), "R", (7.6, 6.2))
    paper.latin(_others("card.call"), (_LEFT, _CALL_TOP + 1.2, 12), 8, align="L")
    paper.arabic(word("card.call", ARABIC), (right - 12, _CALL_TOP, 12), 9.5, align="R")
    _rule(paper, _CALL_TOP + 4.6, _LEFT + 12, _INNER - 24)
    if card.until is not None:
        _valid(paper, card.until)


def _valid(paper: Paper, until: date) -> None:
    """Print the last day on which the card holds: in figures for all, and in each language."""
    right, middle = _LEFT + _INNER, _LEFT + _INNER - 44
    paper.arabic(word("card.valid", ARABIC), (right - 21, _VALID_TOP, 21), 9.5, align="R")
    box = middle, _VALID_TOP, right - 22 - middle
    paper.latin(f"{_short(until)}{until.year}", box, 9.5, bold=True, align="R")
    text = _parted(f"{word('card.valid', g)} {day(until, g)}" for g in _OTHERS)
    paper.latin(text, (_LEFT, _VALID_TOP + 0.9, middle - _LEFT), 6.8, align="L")


def _rule(paper: Paper, y: float, x: float = _LEFT, width: float = _INNER) -> None:
    card_marks.rule(paper.pdf, x, y, width)


def _short(when: date) -> str:
    """Return day and month in figures, as the region and Arabic order them."""
    return f"{when.day}.{when.month}."
