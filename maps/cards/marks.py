"""Marks on the stop cards: pictograms, arrow, sun and moon, QR code.

Lengths are in millimetres from the upper left of the page.
"""

from collections.abc import Callable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Final

import segno
from fpdf import FPDF

INK: Final = (16, 42, 67)
"""Dark blue, near black: on white it is read by torchlight, and it prints in grey."""
WHITE: Final = (255, 255, 255)

_RAYS: Final = (
    (1, 0), (0, 1), (-1, 0), (0, -1), (0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7),
)  # fmt: skip


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


def arrow(pdf: FPDF, x: float, y: float, width: float, *, left: bool) -> None:
    """Draw an arrow between `x` and `x + width`, to the left or to the right."""
    head, half = width / 2.6, width / 16
    pdf.set_fill_color(*INK)
    pdf.rect(x + (head if left else 0), y - half, width - head, 2 * half, "F")
    tip, neck = (x, x + head) if left else (x + width, x + width - head)
    pdf.polygon([(neck, y - head * 0.6), (tip, y), (neck, y + head * 0.6)], style="F")


def sun(pdf: FPDF, x: float, y: float, radius: float) -> None:
    """Draw a sun about a point: by day."""
    pdf.set_fill_color(*INK)
    pdf.set_draw_color(*INK)
    pdf.set_line_width(radius * 0.18)
    pdf.circle(x, y, radius * 0.5, "F")
    for dx, dy in _RAYS:
        near, far = radius * 0.7, radius
        pdf.line(x + dx * near, y + dy * near, x + dx * far, y + dy * far)


def moon(pdf: FPDF, x: float, y: float, radius: float) -> None:
    """Draw a crescent moon about a point: in the dark."""
    pdf.set_fill_color(*INK)
    pdf.circle(x, y, radius, "F")
    pdf.set_fill_color(*WHITE)
    pdf.circle(x + radius * 0.45, y - radius * 0.15, radius * 0.85, "F")


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


def tile(pdf: FPDF, name: str, x: float, y: float, side: float) -> None:
    """Draw a pictogram of `PICTOGRAMS`, white on a dark tile."""
    pdf.set_fill_color(*INK)
    pdf.rect(x, y, side, side, "F", round_corners=True, corner_radius=side / 7)
    pdf.set_fill_color(*WHITE)
    PICTOGRAMS[name](pdf, x, y, side / 20)


def _water_food(pdf: FPDF, x: float, y: float, unit: float) -> None:
    """Draw a drop above a bowl."""
    pdf.polygon(_at(x, y, unit, (10, 2), (7.9, 5.6), (12.1, 5.6)), style="F")
    pdf.circle(x + 10 * unit, y + 6.7 * unit, 2.4 * unit, "F")
    pdf.rect(x + 2.5 * unit, y + 10.6 * unit, 15 * unit, 1.4 * unit, "F")
    side = [(3.2, 12.0), (4.2, 14.4), (6.4, 16.4), (13.6, 16.4), (15.8, 14.4), (16.8, 12.0)]
    pdf.polygon(_at(x, y, unit, *side), style="F")
    pdf.rect(x + 7 * unit, y + 16.4 * unit, 6 * unit, 1.2 * unit, "F")


def _first_aid(pdf: FPDF, x: float, y: float, unit: float) -> None:
    """Draw a cross, white on dark: the red one belongs to others."""
    pdf.rect(x + 7.5 * unit, y + 3 * unit, 5 * unit, 14 * unit, "F")
    pdf.rect(x + 3 * unit, y + 7.5 * unit, 14 * unit, 5 * unit, "F")


def _information(pdf: FPDF, x: float, y: float, unit: float) -> None:
    """Draw the letter i."""
    pdf.circle(x + 10 * unit, y + 4.6 * unit, 1.9 * unit, "F")
    pdf.rect(x + 8.3 * unit, y + 8 * unit, 3.4 * unit, 8 * unit, "F")
    pdf.rect(x + 6.6 * unit, y + 8 * unit, 3.4 * unit, 1.6 * unit, "F")
    pdf.rect(x + 6.6 * unit, y + 15.2 * unit, 6.8 * unit, 1.8 * unit, "F")


def _charging(pdf: FPDF, x: float, y: float, unit: float) -> None:
    """Draw a telephone with a flash on it."""
    pdf.rect(x + 5.5 * unit, y + 2 * unit, 9 * unit, 16 * unit, "F")
    pdf.set_fill_color(*INK)
    pdf.rect(x + 6.6 * unit, y + 3.8 * unit, 6.8 * unit, 11 * unit, "F")
    pdf.set_fill_color(*WHITE)
    flash = [(10.8, 4.6), (7.8, 10), (9.7, 10), (9.2, 14), (12.2, 8.6), (10.3, 8.6)]
    pdf.polygon(_at(x, y, unit, *flash), style="F")


def _registration(pdf: FPDF, x: float, y: float, unit: float) -> None:
    """Draw a written sheet and a pen."""
    pdf.rect(x + 3.5 * unit, y + 3 * unit, 10 * unit, 14 * unit, "F")
    pdf.set_fill_color(*INK)
    for line in (6, 8.6, 11.2):
        pdf.rect(x + 5.2 * unit, y + line * unit, 6.6 * unit, 1.1 * unit, "F")
    pdf.polygon(
        _at(x, y, unit, (17.9, 4.2), (19, 6.1), (11.9, 16.6), (8.4, 17.6), (9, 14.6)), style="F"
    )
    pdf.set_fill_color(*WHITE)
    pdf.polygon(
        _at(x, y, unit, (16.4, 5.4), (18, 6.6), (11.6, 15.7), (9.4, 16.6), (10, 14.4)), style="F"
    )


def _at(x: float, y: float, unit: float, *points: tuple[float, float]) -> list[tuple[float, float]]:
    """Return points of a grid of 20 by 20 units as points of the page."""
    return [(x + right * unit, y + down * unit) for right, down in points]


PICTOGRAMS: Final[Mapping[str, Callable[[FPDF, float, float, float], None]]] = MappingProxyType(
    {
        "water_food": _water_food,
        "first_aid": _first_aid,
        "information": _information,
        "charging": _charging,
        "registration": _registration,
    }
)
"""What is offered, by the last part of its key in the catalogue."""
