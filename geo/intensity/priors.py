"""What is assumed of the field and of reporting before anything is counted: one table."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np


@dataclass(frozen=True)
class Prior:
    """A normal prior of the logarithm of a number, or of an effect on the logarithm of a rate."""

    name: str
    median: float
    sd: float
    """Standard deviation of the logarithm."""
    unit: str
    source: str


RANGE: Final = Prior(
    "range_m", 3000.0, 0.8, "m", "judgement: stops of a patrol lie 0.5 to 15 km apart"
)
SD: Final = Prior(
    "sd",
    0.8,
    0.5,
    "",
    "judgement: nine of ten places within a factor of four of the mean",
)
SIZE: Final = Prior(
    "size",
    2.0,
    0.8,
    "",
    "visits of outreach teams: variance two to four times the mean",
)
LEVEL: Final = Prior(
    "level", 0.3, 2.0, "groups per hour", "judgement; sight off by two lies within"
)
KIND: Final = Prior(
    "kind", 1.0, 0.7, "", "judgement: a kind of way counts up to fourfold"
)
SECTION: Final = Prior(
    "section",
    1.0,
    0.57,
    "",
    "judgement: of `sd`, named sections have half the variance, places along them half",
)
REPORTED: Final = Prior(
    "reported", 1.0, 3.0, "", "nothing is known of how much is reported"
)
TOWN: Final = Prior("town", 1.0, 1.0, "", "judgement: towns report up to sevenfold")
ASKED: Final = Prior(
    "asked",
    1.0,
    10.0,
    "",
    "nothing: how many groups of a stop answer is no part of the model",
)

PRIORS: Final = (RANGE, SD, SIZE, LEVEL, KIND, SECTION, REPORTED, TOWN, ASKED)

STEPS: Final = (-1.8, -0.9, 0.0, 0.9, 1.8)
"""Standard deviations from the median at which range and deviation of the field are tried, and the
overdispersion of visits."""


@dataclass(frozen=True)
class Hyper:
    """One choice of what the grid tries."""

    range_m: float
    sd: float
    size: float
    """Visits are negative binomial: the variance is ``mean + mean² / size``."""
    log_prior: float
    """Logarithm of its prior weight; all weights sum to 1."""


def grid(*, visited: bool = True) -> tuple[Hyper, ...]:
    """Return every choice that is tried, with its prior weight.

    Without visits there is no overdispersion to try.
    """
    sizes = STEPS if visited else (0.0,)
    choices = list(product(STEPS, STEPS, sizes))
    log_weight = -np.square(choices).sum(axis=1) / 2
    log_weight -= np.logaddexp.reduce(log_weight)
    return tuple(
        Hyper(_at(RANGE, z_range), _at(SD, z_sd), _at(SIZE, z_size), float(weight))
        for (z_range, z_sd, z_size), weight in zip(choices, log_weight, strict=True)
    )


def _at(prior: Prior, z: float) -> float:
    """Return the number so many standard deviations from the median of a prior."""
    return float(prior.median * np.exp(z * prior.sd))
