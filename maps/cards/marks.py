"""Marks on the stop cards: pictograms, arrow, sun and moon, QR code.

Lengths are in millimetres from the upper left of the page.
"""

import re
from collections.abc import Mapping
from importlib import resources
from io import BytesIO
from itertools import groupby
from types import MappingProxyType
from typing import Final

import segno
from fpdf import FPDF

INK: Final = (16, 42, 67)
"""Dark blue, near black: on white it is read by torchlight, and it prints in grey."""
WHITE: Final = (255, 255, 255)

_FILE: Final = resources.files("maps").joinpath("assets", "marks.svg").read_text("utf-8")

PICTURES: Final[Mapping[str, str]] = MappingProxyType(
    {name: svg for svg, name in re.findall(r'(<svg id="(\w+)".*?</svg>)', _FILE)}
)
"""What is offered, by the last part of its key in the catalogue; sun, moon and arrows."""


def picture(pdf: FPDF, name: str, x: float, y: float, width: float) -> None:
    """Draw one of `PICTURES`."""
    pdf.image(BytesIO(PICTURES[name].encode()), x, y, width)


def rule(pdf: FPDF, x: float, y: float, width: float) -> None:
    """Draw a line across."""
    pdf.set_draw_color(*INK)
    pdf.set_line_width(0.3)
    pdf.line(x, y, x + width, y)


def tick_box(pdf: FPDF, x: float, y: float, side: float, *, ticked: bool) -> None:
    """Draw a small square, ticked or to be ticked by hand."""
    pdf.set_draw_color(*INK)
    pdf.set_line_width(0.3)
    pdf.rect(x, y, side, side, "D")
    if ticked:
        pdf.set_line_width(side / 6)
        at = [(x + a * side, y + b * side) for a, b in ((0.2, 0.5), (0.42, 0.75), (0.82, 0.22))]
        pdf.polyline(at)


def qr(pdf: FPDF, text: str, x: float, y: float, side: float) -> None:
    """Draw a QR code, black on the white of the page; its quiet zone is the caller's."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=0))
    module = side / len(rows)
    pdf.set_fill_color(0)
    for row, cells in enumerate(rows):
        column = 0
        for dark, run in groupby(cells):
            length = len(list(run))
            if dark:
                at = x + column * module, y + row * module
                pdf.rect(*at, length * module, module * 1.02, "F")
            column += length
