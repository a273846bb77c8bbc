"""Paper for the stop cards: text in two directions that never leaves its box.

Arabic and the scripts written from the left are never mixed in one run of text, and digits stand
alone.  So nothing is left to a bidirectional algorithm, and no clock or date is turned round.

Arabic is set in IBM Plex Sans Arabic, all else in Fira Sans.  Both are under the SIL Open Font
License 1.1 and come from packages that ship them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from importlib import resources
from typing import Final
from unicodedata import normalize

from fpdf import FPDF

from maps.cards.marks import INK

WIDTH: Final = 148.0
HEIGHT: Final = 210.0
"""A5, upright; millimetres."""

FONTS: Final = (
    ("arabic", "B", "fontpkg_ibm_plex_sans_arabic", "IBMPlexSansArabic-Bold.ttf"),
    ("latin", "", "fontpkg_fira_sans", "FiraSans-Regular.ttf"),
    ("latin", "B", "fontpkg_fira_sans", "FiraSans-Bold.ttf"),
)
_LINE_MM: Final = 1.25 * 25.4 / 72
"""Height of a line for each point of size."""
_SMALLER: Final = 0.96

Colour = tuple[int, int, int]

Box = tuple[float, float, float]
"""Left and upper edge, and width."""


class Paper:
    """A PDF of A5 pages: lengths in millimetres from the upper left, sizes of type in points.

    It is dated `made_on`, or 1970, so that the same plan gives the same bytes.
    """

    def __init__(self, title: str, made_on: date | None) -> None:
        self.pdf = FPDF(format=(WIDTH, HEIGHT), unit="mm")
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.set_margin(0)
        self.pdf.c_margin = 0
        self.pdf.set_title(title)
        self.pdf.set_lang("ar")
        day = made_on or date(1970, 1, 1)
        self.pdf.set_creation_date(datetime.combine(day, time(), UTC))
        self._widths: dict[tuple[str, str, float, str], float] = {}
        for family, style, package, name in FONTS:
            with resources.as_file(resources.files(package).joinpath("files", name)) as path:
                self.pdf.add_font(family, style, path)

    def arabic(
        self, text: str, box: Box, size: float, *, height: float = 0.0, align: str = "C",
        colour: Colour = INK,
    ) -> float:  # fmt: skip
        """Write Arabic words from the right; else as `latin`."""
        self.pdf.set_text_shaping(direction="rtl", script="arab", language="ara")
        self.pdf.set_font("arabic", "B")
        return self._write(text, box, size, height, align, colour)

    def latin(
        self, text: str, box: Box, size: float, *, bold: bool = False, height: float = 0.0,
        align: str = "C", colour: Colour = INK,
    ) -> float:  # fmt: skip
        """Write Latin or Cyrillic letters, or digits, and return the height that they take.

        They are smaller than `size` where they do not fit into the box on one line, or on as many
        as `height` has room for.
        """
        self.pdf.set_text_shaping(direction="ltr")
        self.pdf.set_font("latin", "B" if bold else "")
        return self._write(normalize("NFC", text), box, size, height, align, colour)

    def _write(
        self, text: str, box: Box, size: float, height: float, align: str, colour: Colour
    ) -> float:
        x, y, width = box
        self.pdf.set_text_color(*colour)
        self.pdf.set_font_size(size)
        while not (lines := self._lines(text, width, max(1, int(height / (size * _LINE_MM))))):
            size *= _SMALLER
            self.pdf.set_font_size(size)
        for n, line in enumerate(lines):
            self.pdf.set_xy(x, y + n * size * _LINE_MM)
            self.pdf.cell(width, size * _LINE_MM, line, align=align)
        return len(lines) * size * _LINE_MM

    def _lines(self, text: str, width: float, most: int) -> list[str]:
        """Break text into at most so many lines no wider than `width`; none if it does not fit.

        Lines are as even as their number allows, and none begins or ends in a dot between names.
        """
        if self._width(text) <= width:
            return [text]
        lines = self._broken(text, width, most)
        while narrower := self._broken(text, width := width * _SMALLER, len(lines)):
            lines = narrower
        return lines

    def _broken(self, text: str, width: float, most: int) -> list[str]:
        """Break text, each line as full as it can be; none if it does not fit."""
        lines = [""]
        for word in text.split(" ") if most > 1 else ():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and word != "·" and self._width(longer) > width:
                lines[-1] = lines[-1].removesuffix(" ·")
                lines.append(word)
            else:
                lines[-1] = longer
        fits = most > 1 and len(lines) <= most
        return lines if fits and max(map(self._width, lines)) <= width else []

    def _width(self, text: str) -> float:
        """Return how wide a text is in the present font; the same text is measured once."""
        font = (self.pdf.font_family, self.pdf.font_style, self.pdf.font_size_pt, text)
        if font not in self._widths:
            self._widths[font] = self.pdf.get_string_width(text)
        return self._widths[font]
