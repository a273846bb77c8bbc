"""Charts for where people would rather look than read: inline, no service behind them."""

from collections import Counter
from collections.abc import Iterable
from math import log10
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geo.results import CorridorTests
from layers.schema import CORRIDORS
from maps.words.catalogue import count, percent, word
from maps.words.corridor_answers import probability
from maps.words.phrases import Phrase, phrase

WIDTH: Final = 340
DECADES: Final = 4
"""The axis runs from 1 m to 10 km."""

TICKS: Final = tuple((WIDTH * power / DECADES, f"{10**power:d}") for power in range(DECADES + 1))
"""Place of each tick on the axis, and its metres."""

PANEL: Final = (150, 70)
"""Width and height of one chart of curves."""

CURVES_M: Final = 1000.0
"""Curves are drawn up to here: farther than this nobody would call near."""

LEAST: Final = 5
"""With fewer sightings than this a curve shows nothing."""


class DistanceRow(NamedTuple):
    """The distances to one kind of corridor: places on the axis, and how opaque each is.

    `given` are those of sightings located from that very kind: their nearness is an input.
    """

    word: str
    found: tuple[tuple[int, float], ...]
    given: tuple[tuple[int, float], ...]


def distances(proximity: pd.DataFrame) -> list[DistanceRow]:
    """Return table `PROXIMITY` as a chart, a row for each kind of corridor that was measured."""
    known = proximity[proximity["distance_m"].notna()]
    rows = []
    for kind in CORRIDORS:
        mine = known[known["corridor"] == kind]
        if mine.empty:
            continue
        given = mine["located_from_kind"]
        one = max(0.15, min(0.85, 20 / len(mine)))
        rows.append(
            DistanceRow(
                word=f"corridor.{kind}",
                found=_spots(mine.loc[~given, "distance_m"], one),
                given=_spots(mine.loc[given, "distance_m"], one),
            )
        )
    return rows


def _spots(distances: Iterable[float], one: float) -> tuple[tuple[int, float], ...]:
    """Return each place on the axis once, as opaque as all that lie there over one another."""
    counts = Counter(map(place, distances))
    return tuple((at, round(1 - (1 - one) ** n, 3)) for at, n in sorted(counts.items()))


class Panel(NamedTuple):
    """The share of sightings within each distance of one kind of corridor, beside chance.

    `text` is the same in words.  Of chance the SVG paths show the middle, and a band up to the edge
    of the envelope.
    """

    word: str
    text: Phrase
    observed: str
    central: str
    band: str


def curves(tests: CorridorTests) -> list[Panel]:
    """Return a chart for each kind of corridor, under the first null model."""
    table = tests.curves
    if table.empty:
        return []
    null = table["null"].iloc[0]
    envelopes = tests.tests[(tests.tests["null"] == null) & (tests.tests["test"] == "envelope")]
    found = []
    for kind in CORRIDORS:
        curve = table[(table["null"] == null) & (table["corridor"] == kind)]
        test = envelopes[envelopes["corridor"] == kind]
        if len(curve) and len(test):
            found.append(_panel(curve, test.iloc[0], tests.level))
    return found


def curves_note(tests: CorridorTests) -> list[Phrase]:
    """Return what the lines and bands of all curves are; nothing where none is drawn."""
    if tests.curves.empty:
        return []
    null, inside = tests.curves["null"].iloc[0], percent(1 - tests.level)

    def text(language: str) -> str:
        return word("chart.curves", language, inside=inside, null=word(f"null.{null}", language))

    return [phrase("chart.curves.note", text)]


def _panel(curve: pd.DataFrame, test: pd.Series, level: float) -> Panel:
    def path(column: str) -> str:
        at = np.unique([*curve["distance_m"].clip(upper=CURVES_M), CURVES_M])
        share = np.interp(at, curve["distance_m"], curve[column])
        x, y = PANEL[0] * at / CURVES_M, PANEL[1] * (1 - share)
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))

    return Panel(
        word=f"corridor.{curve['corridor'].iloc[0]}",
        text=_curve_text(test, level),
        observed=path("observed"),
        central=path("central"),
        band=f"{path('high')}V{PANEL[1]}H0Z",
    )


def _curve_text(test: pd.Series, level: float) -> Phrase:
    """Return what a curve shows, with its numbers."""
    n, p = int(test["sightings"]), float(test["p"])
    verdict = "few" if n < LEAST else "above" if p <= level else "inside"

    def text(language: str) -> str:
        p_text = probability(p, language, float(test["p_error"]))
        sightings = count("sightings", n, language)
        return word(f"curve.{verdict}", language, p=p_text, n=sightings, least=LEAST)

    return phrase(f"curve.of.{test['corridor']}", text)


def place(metres: float) -> int:
    """Return where a distance lies on the logarithmic axis; what is off it lies at its end."""
    return round(WIDTH * min(max(log10(max(metres, 1)), 0), DECADES) / DECADES)
