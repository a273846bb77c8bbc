"""The course of several nights: what of the announced hours stays, and what is drawn by lot.

Who follows visits gives one (`mitrovica.adaptation`); `geo.patrols.nights.plan_nights` keeps to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Lots:
    """The stops drawn for each night, and with which probability."""

    by_night: tuple[tuple[int, ...], ...]
    table: pd.DataFrame
    """A row for each: ``stop``, a number; ``night``, from 1; ``probability``, before the draw, that
    this stop is drawn for this night."""
    within_nights: int
    """Nights within which every stop of the pool is drawn."""


@dataclass(frozen=True)
class Course:
    """What holds in all nights of a plan; numbers are those of stops, the depot first."""

    earns: Floats
    """(n,): accepted help that a visit brings, over what the need there says."""
    aim: Ints
    """(n,): announced visits that stay, as far as routes allow."""
    most: Ints
    """(n,): visits at most, those by lot not counted."""
    drawn: Lots
    usual_s: Mapping[str, Mapping[int, int]]
    """By shift, when a visit to each announced stop begins."""
    may_open: bool = True
    """Whether any stop may open; see ``Known.persists`` of an office."""

    def at_points(self, reaches: Bools) -> Floats:
        """Return what a visit to each point of need earns, the mean of the stops that reach it."""
        number = np.maximum(reaches.sum(axis=0), 1)
        return np.asarray(self.earns @ reaches / number)
