"""Charts for where people would rather look than read: inline, no service behind them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Final

import pandas as pd

from geo.exports import CURVES_M, exported_curves
from geo.results import CorridorTests
from layers.schema import CORRIDORS, PROXIMITY
from maps import names
from maps.names import Texts
from maps.summary import probability
from maps.words import LANGUAGES, count, word

WIDTH: Final = 340
DECADES: Final = 4
"""The axis runs from 1 m to 10 km."""

TICKS: Final = tuple((WIDTH * power / DECADES, f"{10**power:d}") for power in range(DECADES + 1))
"""Place of each tick on the axis, and its metres."""

PANEL: Final = (150, 70)
"""Width and height of one chart of curves."""

LEAST: Final = 5
"""With fewer sightings than this a curve shows nothing."""


@dataclass(frozen=True)
class DistanceRow:
    """The distances to one kind of corridor."""

    word: str
    """Key of the corridor's name."""
    found: tuple[float, ...]
    """Places on the axis of sightings located from something else."""
    given: tuple[float, ...]
    """Places of sightings located from that very kind: their nearness is an input."""
    opacity: float


def distances(proximity: pd.DataFrame) -> list[DistanceRow]:
    """Return the chart of distances, a row for each kind of corridor that was measured.

    Parameters
    ----------
    proximity : pandas.DataFrame, table `PROXIMITY`
    """
    # Coarsened as every export: exact distances would give the recorded position back.
    leaving = PROXIMITY.outgoing(proximity)
    known = leaving[leaving["distance_m"].notna()]
    rows = []
    for kind in CORRIDORS:
        mine = known[known["corridor"] == kind]
        if mine.empty:
            continue
        given = mine["located_from_kind"]
        rows.append(
            DistanceRow(
                word=f"corridor.{kind}",
                found=tuple(map(place, mine.loc[~given, "distance_m"])),
                given=tuple(map(place, mine.loc[given, "distance_m"])),
                opacity=max(0.15, min(0.85, 20 / len(mine))),
            )
        )
    return rows


@dataclass(frozen=True)
class Panel:
    """The share of sightings within each distance of one kind of corridor, beside chance."""

    word: str
    """Key of the corridor's name."""
    said: str
    """Key of what the chart shows, in words."""
    observed: str
    """SVG path: what was seen, in steps of distance and share that may leave the toolkit."""
    central: str
    """SVG path: the middle of what chance gives."""
    band: str
    """SVG path: what chance gives, up to the edge of the envelope."""


def curves(tests: CorridorTests, texts: Texts) -> list[Panel]:
    """Return a chart for each kind of corridor, under the first null model.

    Drawn is what may leave the toolkit: `geo.exports.exported_curves`.

    Parameters
    ----------
    tests : geo.results.CorridorTests
    texts : names.Texts
        What the charts show is added to it.
    """
    table = exported_curves(tests.curves)
    if table.empty:
        return []
    null = table["null"].iloc[0]
    asked = tests.tests[(tests.tests["null"] == null) & (tests.tests["test"] == "envelope")]
    said = {
        g: word(
            "chart.curves", g, inside=f"{100 * (1 - tests.level):.0f}", null=word(f"null.{null}", g)
        )
        for g in LANGUAGES
    }
    names.add(texts, "chart.curves.said", said)
    return [
        _panel(curve, asked[asked["corridor"] == kind].iloc[0], tests.level, texts)
        for kind in CORRIDORS
        for curve in [table[(table["null"] == null) & (table["corridor"] == kind)]]
        if len(curve) and (asked["corridor"] == kind).any()
    ]


def _panel(curve: pd.DataFrame, test: pd.Series, level: float, texts: Texts) -> Panel:
    def path(column: str) -> str:
        x, y = PANEL[0] * curve["distance_m"] / CURVES_M, PANEL[1] * (1 - curve[column])
        return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))

    return Panel(
        word=f"corridor.{curve['corridor'].iloc[0]}",
        said=_curve_said(test, level, texts),
        observed=path("observed"),
        central=path("central"),
        band=f"{path('high')}V{PANEL[1]}H0Z",
    )


def _curve_said(test: pd.Series, level: float, texts: Texts) -> str:
    """Return the key of what a curve shows, with its numbers."""
    n, p = int(test["sightings"]), float(test["p"])
    verdict = "few" if n < LEAST else "above" if p <= level else "inside"

    def said(language: str) -> str:
        values = {"n": count("sightings", n, language), "least": LEAST}
        return word(f"curve.{verdict}", language, p=probability(p, language), **values)

    return names.add(texts, f"curve.of.{test['corridor']}", {g: said(g) for g in LANGUAGES})


def place(metres: float) -> float:
    """Return where a distance lies on the logarithmic axis; what is off it lies at its end."""
    return round(WIDTH * min(max(log10(max(metres, 1)), 0), DECADES) / DECADES, 1)
