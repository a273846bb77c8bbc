"""How a stop card is laid out on its A5 page.

The first language of a page is large, up to three others stand below it.  The page is read from
the side from which that language is read: so are the hours, with an arrow from the first to the
second, and the days of the week.  Hours stand once, in digits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from geo.patrols.clock import hhmm
from layers.records import About
from maps.cards.paper import INNER, LEFT, WHITE, Box, Paper, Piece
from maps.cards.texts import Texts
from maps.cards.times import Hours, Visit
from maps.words.about import in_language
from maps.words.catalogue import FROM_RIGHT
from maps.words.phrases import Phrase

LANGUAGES_A_PAGE: Final = 4

LARGE_ROWS: Final = 2
"""Rows of dates, of a week each, for which hours are printed large; more make a table."""
TABLE_ROWS: Final = 16
"""Rows of a table on one page, in two columns."""

_WEEK: Final = range(1, 8)
_LONG: Final = ("information", "registration")
"""Offers that take many words."""

_PLACE_TOP: Final = 26.5
_TIMES_TOP, _TIMES_HEIGHT = 59.5, 54.0
_OFFERS_TOP, _OFFERS_HEIGHT = 114.8, 30.4
_FREE_TOP: Final = 144.6
_HELPERS_TOP: Final = 160.0
_FOOT_TOP: Final = 175.8
_CALL_TOP: Final = 196.5
_VALID_TOP: Final = 202.2


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
    ask: tuple[str, ...]
    """Names of the place near by where to ask, for a stop that is not known well."""
    visits: tuple[Visit, ...]
    until: date | None = None
    """Last day on which the card holds; None where that is not known."""
    about: About = field(default_factory=About)
    """Who runs the patrols, what they offer, the telephone."""
    helpers: tuple[str, ...] = ()
    """Organisations that the crew calls for who wants it."""
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
        return sum(max(1, -(-len(dates) // len(_WEEK))) for dates in days) <= LARGE_ROWS


def on_the_spot(name: Phrase) -> tuple[str, ...]:
    """Return a name as the places' own signs have it, each form once."""
    forms = (" ".join(name.forms[g].split()) for g in ("sq", "sr-Latn", "sr-Cyrl"))
    return tuple(dict.fromkeys(forms))


class Page:
    """One page of a card, in at most `LANGUAGES_A_PAGE` languages."""

    def __init__(self, paper: Paper, card: Card, texts: Texts, languages: tuple[str, ...]) -> None:
        self.paper, self.card, self.texts = paper, card, texts
        self.first, *self.others = languages
        self.from_right = self.first in FROM_RIGHT
        self.side, self.far = ("R", "L") if self.from_right else ("L", "R")

    def draw(self) -> None:
        """Draw all of it."""
        self._head()
        self._place()
        if self.card.is_large:
            self._large()
        else:
            self._table()
        self._offers()
        self._lines("card.free", (LEFT, _FREE_TOP, INNER), (14, 7))
        if self.card.helpers:
            y = _HELPERS_TOP + self._say("card.helpers", (LEFT, _HELPERS_TOP, INNER), 9)
            y += self._small("card.helpers", (LEFT, y, INNER), 6.2, height=8.3)
            self._figures(" · ".join(self.card.helpers), (LEFT, y, INNER), 8.5)
        self._foot()

    # What all parts use

    def _x(self, start: float, width: float, within: Box = (LEFT, 0.0, INNER)) -> float:
        """Return the left edge of what begins at `start` from the side where one begins to read."""
        left, _, whole = within
        return left + (whole - start - width if self.from_right else start)

    def _say(self, key: str, box: Box, size: float, align: str = "C") -> float:
        """Write a word in the first language."""
        return self.paper.write(
            self.texts.say(key, self.first), self.first, box, size, bold=True, align=align
        )

    def _small(
        self, key: str, box: Box, size: float, *, height: float = 0.0, align: str = "C"
    ) -> float:
        """Write a word in the other languages, side by side."""
        return self.paper.row(self._pieces(key), box, size, height=height, align=align)

    def _pieces(self, key: str) -> list[Piece]:
        return [(self.texts.say(key, language), language) for language in self.others]

    def _lines(self, key: str, box: Box, sizes: tuple[float, float], align: str = "C") -> float:
        """Write a text in the first language and below it in the others; return where it ends."""
        x, y, width = box
        y += self._say(key, box, sizes[0], align)
        for piece in self._pieces(key):
            y += self.paper.write(*piece, (x, y, width), sizes[1], align=align)
        return y

    def _figures(
        self, text: str, box: Box, size: float, *, bold: bool = True, align: str = "C"
    ) -> float:
        return self.paper.write(text, "en", box, size, bold=bold, align=align)

    def _names(
        self, names: Iterable[str], box: Box, size: float, height: float, align: str
    ) -> float:
        pieces = [(name, "en") for name in names]
        return self.paper.row(pieces, box, size, bold=True, height=height, align=align)

    # From the head to the foot

    def _head(self) -> None:
        self.paper.head(25.0)
        title, text = (LEFT, 2.0, INNER), self.texts.say("card.help", self.first)
        self.paper.write(text, self.first, title, 34, bold=True, colour=WHITE)
        below = (LEFT, 17.6, INNER)
        self.paper.row(self._pieces("card.help"), below, 12.5, colour=WHITE)
        if self.card.part != (1, 1):
            figures, at = f"{self.card.part[0]}/{self.card.part[1]}", self._x(INNER - 20, 20)
            box = (at, 4.4, 20.0)
            self.paper.write(figures, "en", box, 20, bold=True, align=self.far, colour=WHITE)

    def _place(self) -> None:
        """Print what the place is, then its names: first those that are written on the spot."""
        card = self.card
        y = _PLACE_TOP + self._say(card.kind, (LEFT, _PLACE_TOP, INNER), 22) + 1.2
        y += self._small(card.kind, (LEFT, y, INNER), 8.5) + 0.5
        y += self._names(card.names, (LEFT, y, INNER), 14.5, 12.8, "C")
        self._figures(card.english, (LEFT, y, INNER), 10, bold=False)

    def _large(self) -> None:
        """Print few hours as large as there is room for, each over its days."""
        days = self.card.days
        height = _TIMES_HEIGHT / len(days)
        for n, (hours, dates) in enumerate(days.items()):
            top = _TIMES_TOP + n * height
            below = 13.0 if len(days) > 1 else 23.0
            self.paper.rule(top)
            self._hours(hours, top + 1.0, height - below - 1.0)
            self._week(dates, top + height - below, below)
        self.paper.rule(_TIMES_TOP + _TIMES_HEIGHT)

    def _hours(self, hours: Hours, y: float, height: float) -> None:
        """Print one pair of hours in a box across the page."""
        side = 53.0
        middle = INNER - 2 * side
        centre = LEFT + side
        size = min(58.0, (height - 8.0) / 0.36)
        y += max(0.0, (height - 36.0) / 2)
        for start, key, seconds in (
            (0.0, "card.from", hours.begin_s),
            (side + middle, "card.until", hours.end_s),
        ):
            x = self._x(start, side)
            self._say(key, (x, y, side), 11)
            self._small(key, (x, y + 4.8, side), 7)
            self._figures(hhmm(seconds), (x, y + 7.0, side), size)
        y += self._say(hours.part, (centre, y + 3.0, middle), 10) + 3.0
        arrow = min(size * 0.22, 10.0)
        y += arrow * 0.35
        at = centre + (middle - arrow) / 2
        self._arrow(at, y, arrow)
        self._small(hours.part, (centre, y + arrow * 0.25, middle), 6.5, height=height / 5)

    def _week(self, dates: list[date], y: float, height: float) -> None:
        """Print the days of the week with a box each: ticked, with the dates, or to be ticked."""
        step, roomy = INNER / len(_WEEK), height > 20
        side = 5.0 if roomy else 3.6
        for day in _WEEK:
            x = self._x((day - 1) * step, step)
            figures = " ".join(_short(when) for when in dates if when.isoweekday() == day)
            beside = 0.0 if roomy or not figures else 11.0
            left = x + (step - side - beside) / 2
            self.paper.tick_box(left, y + 0.4, side, ticked=bool(figures))
            if beside:
                self._figures(figures, (left + side + 0.6, y + 0.5, beside), 8, align="L")
            low, key = y + side + 0.4, f"card.weekday.{day}"
            low += self._say(key, (x + 0.5, low, step - 1), 9 if roomy else 7.5)
            low += self._small(key, (x + 0.5, low, step - 1), 5.2, height=5.4)
            if roomy:
                self._figures(figures, (x, low, step), 11)

    def _table(self) -> None:
        """Print a row per visit; of two columns the one read first is full."""
        visits = self.card.visits
        columns = 1 if len(visits) <= TABLE_ROWS // 2 else 2
        rows = -(-len(visits) // columns)
        gap, head = 10.0, 7.5
        height = min(11.0, (_TIMES_HEIGHT - head - 1) / rows)
        width = (INNER - gap * (columns - 1)) / columns
        self.paper.rule(_TIMES_TOP)
        for column in range(columns):
            x = self._x(column * (width + gap), width)
            for part, key in (
                (_WEEKDAY, "card.days"), (_FROM, "card.from"), (_UNTIL, "card.until"),
            ):  # fmt: skip
                left, across = self._part(part, x, width)
                y = _TIMES_TOP + 0.5 + self._say(key, (left, _TIMES_TOP + 0.5, across), 9)
                self._small(key, (left, y, across), 6)
            for row, visit in enumerate(visits[column * rows : (column + 1) * rows]):
                self._row(visit, (x, _TIMES_TOP + head + row * height, width), height)
        self.paper.rule(_TIMES_TOP + _TIMES_HEIGHT)

    def _part(self, part: tuple[float, float], x: float, width: float) -> tuple[float, float]:
        """Return left edge and width of a column of a row."""
        across = part[1] * width
        return self._x(part[0] * width, across, (x, 0.0, width)), across

    def _row(self, visit: Visit, box: Box, height: float) -> None:
        """Print day and hours of a visit."""
        x, y, width = box
        size = min(height * 1.8, width * 0.215, 20.0)
        middle = y + size * 0.21
        for part, seconds in ((_FROM, visit.hours.begin_s), (_UNTIL, visit.hours.end_s)):
            left, across = self._part(part, x, width)
            self._figures(hhmm(seconds), (left, y, across), size)
        left, across = self._part(_ARROW, x, width)
        self._arrow(left, middle, across)
        figures, wide = self._part(_FIGURES, x, width)
        if visit.day is None:
            self.paper.rule(y + size * 0.4, figures, wide)
            return
        self._figures(_short(visit.day), (figures, y, wide), size, align=self.side)
        left, across = self._part(_WEEKDAY, x, width)
        key = f"card.weekday.{visit.day.isoweekday()}"
        y += self._say(key, (left, y, across), size * 0.7, self.side)
        self._small(key, (left, y, across), size * 0.4, align=self.side)

    def _arrow(self, x: float, y: float, width: float) -> None:
        """Draw an arrow from the hour that is read first to the other; `y` is its middle."""
        name = "left" if self.from_right else "right"
        self.paper.picture(name, x, y - width * 6 / 26, width)

    def _offers(self) -> None:
        """Print what is offered: what takes few words in a row, what takes more below it."""
        short = [name for name in self.card.about.offers if name not in _LONG]
        rows = [row for row in (short, [n for n in self.card.about.offers if n in _LONG]) if row]
        step, gap = _OFFERS_HEIGHT / 2, 3.0
        tile = step - 2.6
        for line, row in enumerate(rows):
            y, width = _OFFERS_TOP + line * step, INNER / max(2, len(row))
            for n, name in enumerate(row):
                key, room = f"card.offer.{name}", width - tile - 2 * gap
                self.paper.picture(name, self._x(n * width, tile), y, tile)
                box = (self._x(n * width + tile + gap, room), y - 0.8, room)
                taken = self._say(key, box, 12.5, self.side) - 1.2
                below = (box[0], y + taken, room)
                self._small(key, below, 7, height=step - taken - 0.6, align=self.side)

    def _foot(self) -> None:
        """Print where the place is, who runs the patrols, how to call, until when this holds."""
        card, top, code = self.card, _FOOT_TOP + 1.2, 18.0
        self.paper.rule(_FOOT_TOP)
        if card.uri is not None:
            self.paper.qr(card.uri, LEFT, top, code)
            x, width = LEFT + code + 3, 37.0
            y = self._lines("card.map", (x, top, width), (9, 6.5), "L")
            where = card.uri.removeprefix("geo:").replace(",", ", ")
            self._figures(where, (x, y, width), 6.5, bold=False, align="L")
        elif card.ask:
            x, width = LEFT, 59.0
            y = top + self._say("card.ask", (x, top, width), 10.5, "L")
            y += self._small("card.ask", (x, y, width), 6.5, height=6.0, align="L") + 0.5
            self._names(card.ask, (x, y, width), 9, 9.0, "L")
        right = LEFT + 62.0
        y = top
        for language in (self.first, *self.others):
            size = 8.2 if language == self.first else 6.4
            box = (right, y, LEFT + INNER - right)
            text = self._run_by(language)
            y += self.paper.write(text, language, box, size, height=size, align="R")
        self._call()
        self._valid()

    def _run_by(self, language: str) -> str:
        # In a language that the study has no text for, all are called by the general word.
        if language.split("-", maxsplit=1)[0] in self.card.about.run_by:
            return in_language(self.card.about.run_by, language)
        return self.texts.say("card.run_by", language)

    def _call(self) -> None:
        """Print the telephone number, or a line to write it on."""
        width, label = 46.0, 29.0
        self._say("card.call", (self._x(0, label), _CALL_TOP, label), 9.5, self.side)
        self._small("card.call", (self._x(INNER - width, width), _CALL_TOP, width), 7, height=5.2,
                    align=self.far)  # fmt: skip
        start, room = label + 1.0, INNER - width - label - 2.0
        if self.card.about.phone:
            box = (self._x(start, room), _CALL_TOP - 1.0, room)
            self._figures(self.card.about.phone, box, 14, align=self.side)
        else:
            self.paper.rule(_CALL_TOP + 4.6, self._x(start, room), room)

    def _valid(self) -> None:
        """Print the last day on which the card holds, and which languages are drafts."""
        if self.card.until is not None:
            figures = f"{_short(self.card.until)}{self.card.until.year}"
            self._say("card.valid", (self._x(0, 34), _VALID_TOP, 34), 9.5, self.side)
            self._figures(figures, (self._x(35, 20), _VALID_TOP, 20), 9.5, align=self.side)
            room = INNER - 56
            box = (self._x(56, room), _VALID_TOP + 0.9, room)
            self._small("card.valid", box, 6.8, align=self.far)
        draft = self.texts.draft((self.first, *self.others))
        self._figures(draft, (LEFT, _VALID_TOP + 4.6, INNER), 5.5, bold=False)


_WEEKDAY, _FIGURES = (0.0, 0.225), (0.24, 0.185)
_FROM, _ARROW, _UNTIL = (0.52, 0.2), (0.73, 0.06), (0.8, 0.2)
"""Columns of a row: start from where one begins to read and width, as shares of its own."""


def _short(when: date) -> str:
    """Return day and month in figures, as the region and Arabic order them."""
    return f"{when.day}.{when.month}."
