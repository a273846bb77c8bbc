"""Charts for where people would rather look than read: inline, no service behind them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Final

import pandas as pd

from layers.schema import CORRIDORS, PROXIMITY

WIDTH: Final = 340
DECADES: Final = 4
"""The axis runs from 1 m to 10 km."""

TICKS: Final = tuple((WIDTH * power / DECADES, f"{10**power:d}") for power in range(DECADES + 1))
"""Place of each tick on the axis, and its metres."""


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


def place(metres: float) -> float:
    """Return where a distance lies on the logarithmic axis; what is off it lies at its end."""
    return round(WIDTH * min(max(log10(max(metres, 1)), 0), DECADES) / DECADES, 1)
