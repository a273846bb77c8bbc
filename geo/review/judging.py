"""How months came out: sums that name no stop, and what they prove."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.review.evidence import e_value
from geo.review.expecting import OURS, RIVALS
from geo.review.scores import crps, pit

LEAST_NIGHTS: Final = 120
"""Nights before which no verdict is given."""
PROOF: Final = 20.0
"""Evidence that a rule which is no better reaches once in so many times, ever."""
BINS: Final = 5

Score = Mapping[str, Any]
"""How a month came out; see `scored`."""


def scored(month: str, units: pd.DataFrame, nights: int) -> dict[str, Any]:
    """Return how a month came out: sums over its stops, and no stop.

    Parameters
    ----------
    month : str
        YYYY-MM.
    units : pandas.DataFrame
        A row for each stop: groups ``met``; those expected in its hours by `OURS` and `RIVALS`;
        ``probability`` with which the stop was drawn by lot, null for others.
    nights : int
        Nights of the month with a visit that was expected.

    Returns
    -------
    dict
        ``month``, ``nights``, ``units``, ``met``; by rule ``expected`` and ``crps``; by rival the
        logarithms of the evidence ``for`` and ``against`` us; ``pit``, the units in each bin; of
        stops by lot ``lots``, how many, with their ``weight``, one over the probability, and
        ``lots_crps``, the sum by rule of scores so weighted.
    """
    rules = (OURS, *RIVALS)
    met = units["met"].tolist()
    scores = pd.DataFrame(
        {
            rule: [crps(*pair) for pair in zip(units[rule], met, strict=True)]
            for rule in rules
        },
        units.index,
        dtype=float,
    )
    weight = (1 / units["probability"].astype(float)).fillna(0.0)
    bins = [
        pit(mean, count, BINS)
        for mean, count in zip(units[OURS], met, strict=True)
    ]

    def evidence(first: str, second: str) -> float:
        pairs = zip(units[first], units[second], met, strict=True)
        return float(np.log([e_value(*pair) for pair in pairs]).sum())

    return {
        "month": month,
        "nights": nights,
        "units": len(units),
        "met": int(units["met"].sum()),
        "expected": {rule: float(units[rule].sum()) for rule in rules},
        "crps": scores.sum().to_dict(),
        "for": {rival: evidence(OURS, rival) for rival in RIVALS},
        "against": {rival: evidence(rival, OURS) for rival in RIVALS},
        "pit": np.sum(bins, axis=0, initial=0.0).tolist() if bins else [],
        "lots": int((weight > 0).sum()),
        "weight": float(weight.sum()),
        "lots_crps": scores.mul(weight, axis=0).sum().to_dict(),
    }


@dataclass(frozen=True)
class Judged:
    """The plan beside a rival, over all months."""

    rival: str
    ours: float
    """Mean score of a stop and month; the less, the better."""
    theirs: float
    by_lot: tuple[float, float] | None
    """The same of stops drawn by lot, weighted by one over their probability: of all stops."""
    evidence: float
    """For us; the other way round it is `against`."""
    against: float
    lacking: int
    """Nights without which no verdict is one."""

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``open``, or ``early`` where nights are lacking."""
        if self.lacking:
            return "early"
        if self.evidence >= PROOF:
            return "better"
        return "worse" if self.against >= PROOF else "open"


def judged(scores: Iterable[Score]) -> list[Judged]:
    """Return the plan beside each rival, over all months that are scored.

    Parameters
    ----------
    scores : iterable of Score
        As from `scored`, a month each.
    """
    months = [score for score in scores if score["units"]]
    units = sum(score["units"] for score in months)
    weight = sum(score["weight"] for score in months)
    lacking = max(LEAST_NIGHTS - sum(score["nights"] for score in months), 0)

    def mean(key: str, rule: str, over: float) -> float:
        return float(sum(score[key][rule] for score in months) / over)

    def won(key: str, rival: str) -> float:
        return float(np.exp(sum(score[key][rival] for score in months)))

    return [
        Judged(
            rival,
            mean("crps", OURS, units),
            mean("crps", rival, units),
            (
                mean("lots_crps", OURS, weight),
                mean("lots_crps", rival, weight),
            )
            if weight
            else None,
            won("for", rival),
            won("against", rival),
            lacking,
        )
        for rival in (RIVALS if units else ())
    ]
