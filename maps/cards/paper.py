"""Paper for the stop cards: text in two directions that never leaves its box; and marks.

No run of text mixes languages, and digits stand alone.  So nothing is left to a bidirectional
algorithm, and no clock or date is turned round.

Arabic letters are set in IBM Plex Sans Arabic, all else in Fira Sans.  Both are under the SIL Open
Font License 1.1 and come from packages that ship them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from importlib import resources
from io import BytesIO
from types import MappingProxyType
from typing import Final
from unicodedata import normalize

import segno
from fpdf import FPDF

from maps.words.catalogue import FROM_RIGHT

INK: Final = (16, 42, 67)
"""Dark blue, near black: on white it is read by torchlight, and it prints in grey."""
WHITE: Final = (255, 255, 255)

_FILE: Final = resources.files("maps").joinpath("assets", "marks.svg").read_text("utf-8")

PICTURES: Final[Mapping[str, str]] = MappingProxyType(
    {name: svg for svg, name in re.findall(r'(<svg id="(\w+)".*?</svg>)', _FILE)}
)
"""What is offered, by the last part of its key in the catalogue; arrows."""


WIDTH: Final = 148.0
HEIGHT: Final = 210.0
"""A5, upright; millimetres."""

LEFT: Final = 8.0
INNER: Final = WIDTH - 2 * LEFT
"""Left edge and width of what is printed."""

FONTS: Final = (
    ("arabic", "B", "fontpkg_ibm_plex_sans_arabic", "IBMPlexSansArabic-Bold.ttf"),
    ("latin", "", "fontpkg_fira_sans", "FiraSans-Regular.ttf"),
    ("latin", "B", "fontpkg_fira_sans", "FiraSans-Bold.ttf"),
)
_LINE_MM: Final = 1.25 * 25.4 / 72
"""Height of a line for each point of size."""
_SMALLER: Final = 0.96
_DOT: Final = " · "

Colour = tuple[int, int, int]

Box = tuple[float, float, float]
"""Left and upper edge, and width."""

Piece = tuple[str, str]
"""A text, and its language."""


class Paper:
    """A PDF of A5 pages: lengths in millimetres from the upper left, sizes of type in points.

    It is dated `made_on`, or 1970, so that the same plan gives the same bytes.
    """

    def __init__(self, title: str, made_on: date | None, language: str = "ar") -> None:
        self.pdf = FPDF(format=(WIDTH, HEIGHT), unit="mm")
        self.pdf.set_auto_page_break(auto=False)
        self.pdf.set_margin(0)
        self.pdf.c_margin = 0
        self.pdf.set_title(title)
        self.pdf.set_lang(language)
        day = made_on or date(1970, 1, 1)
        self.pdf.set_creation_date(datetime.combine(day, time(), UTC))
        self._widths: dict[tuple[str, str, float, str], float] = {}
        for family, style, package, name in FONTS:
            with resources.as_file(resources.files(package).joinpath("files", name)) as path:
                self.pdf.add_font(family, style, path)

    def head(self, height: float) -> None:
        """Begin a page with a dark band across its head."""
        self.pdf.add_page()
        self.pdf.set_fill_color(*INK)
        self.pdf.rect(0, 0, WIDTH, height, "F")

    def picture(self, name: str, x: float, y: float, width: float) -> None:
        """Draw one of `PICTURES`."""
        self.pdf.image(BytesIO(PICTURES[name].encode()), x, y, width)

    def rule(self, y: float, x: float = LEFT, width: float = INNER) -> None:
        """Draw a line across."""
        self.pdf.set_draw_color(*INK)
        self.pdf.set_line_width(0.3)
        self.pdf.line(x, y, x + width, y)

    def tick_box(self, x: float, y: float, side: float, *, ticked: bool) -> None:
        """Draw a small square, ticked or to be ticked by hand."""
        self.pdf.set_draw_color(*INK)
        self.pdf.set_line_width(0.3)
        self.pdf.rect(x, y, side, side, "D")
        if ticked:
            self.pdf.set_line_width(side / 6)
            shares = ((0.2, 0.5), (0.42, 0.75), (0.82, 0.22))
            self.pdf.polyline([(x + a * side, y + b * side) for a, b in shares])

    def qr(self, text: str, x: float, y: float, side: float) -> None:
        """Draw a QR code, black on the white of the page; its quiet zone is the caller's."""
        code = BytesIO()
        segno.make(text, error="m", micro=False).save(code, "svg", border=0, omitsize=True)
        self.pdf.image(code, x, y, side, side)

    def write(
        self, text: str, language: str, box: Box, size: float, *, bold: bool = False,
        height: float = 0.0, align: str = "C", colour: Colour = INK,
    ) -> float:  # fmt: skip
        """Write text of one language, or digits, and return the height that it takes.

        It is smaller than `size` where it does not fit into the box on one line, or on as many as
        `height` has room for.
        """
        x, y, width = box
        text = normalize("NFC", text)
        self.pdf.set_text_color(*colour)
        self._set(language, bold, size)
        while not (lines := self._lines(text, width, max(1, int(height / (size * _LINE_MM))))):
            size *= _SMALLER
            self.pdf.set_font_size(size)
        for n, line in enumerate(lines):
            self.pdf.set_xy(x, y + n * size * _LINE_MM)
            self.pdf.cell(width, size * _LINE_MM, line, align=align)
        return len(lines) * size * _LINE_MM

    def row(
        self, pieces: Iterable[Piece], box: Box, size: float, *, bold: bool = False,
        height: float = 0.0, align: str = "C", colour: Colour = INK,
    ) -> float:  # fmt: skip
        """Write texts side by side, each once, parted by dots; lines break between them."""
        x, y, width = box
        languages = {text: language for text, language in reversed([*pieces]) if text}
        pieces = [(normalize("NFC", text), languages[text]) for text in reversed(languages)]
        while True:
            rows = self._rows(pieces, width, size, bold)
            fits = max((row[-1][2] for row in rows), default=0) <= width
            if fits and len(rows) <= max(1, int(height / (size * _LINE_MM))):
                break
            size *= _SMALLER
        self.pdf.set_text_color(*colour)
        for n, row in enumerate(rows):
            left = x + {"L": 0.0, "C": 0.5, "R": 1.0}[align] * (width - row[-1][2])
            for (text, language), start, _ in row:
                self._set(language, bold, size)
                self.pdf.set_xy(left + start, y + n * size * _LINE_MM)
                self.pdf.cell(None, size * _LINE_MM, text)
        return len(rows) * size * _LINE_MM

    def _rows(
        self, pieces: list[Piece], width: float, size: float, bold: bool
    ) -> list[list[tuple[Piece, float, float]]]:
        """Return the pieces in rows, with the start and the end of each; dots are pieces too."""
        self._set("en", bold, size)
        dot = self._width(_DOT)
        rows: list[list[tuple[Piece, float, float]]] = []
        for piece in pieces:
            self._set(piece[1], bold, size)
            long = self._width(piece[0])
            end = rows[-1][-1][2] if rows else width
            if rows and end + dot + long <= width:
                rows[-1] += [((_DOT, "en"), end, end + dot), (piece, end + dot, end + dot + long)]
            else:
                rows.append([(piece, 0.0, long)])
        return rows

    def _set(self, language: str, bold: bool, size: float) -> None:
        """Choose font and direction for a language."""
        if language in FROM_RIGHT:
            self.pdf.set_text_shaping(direction="rtl", script="arab", language=language)
            self.pdf.set_font("arabic", "B", size)
        else:
            self.pdf.set_text_shaping(use_shaping_engine=False)
            self.pdf.set_font("latin", "B" if bold else "", size)

    def _lines(self, text: str, width: float, most: int) -> list[str]:
        """Break text into at most `most` even lines no wider than `width`; none if too long."""
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
            if lines[-1] and self._width(longer) > width:
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
