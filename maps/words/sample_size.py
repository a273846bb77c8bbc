"""What a number of sightings can and cannot show of a share, in words and numbers."""

from math import sqrt
from types import MappingProxyType
from typing import Final

from geo.corridors.small_samples import lowest_share_if_all_agree
from maps.words.catalogue import count, number, percent, word

POINTS: Final = 10
"""A share is known when its 95 % interval reaches this many points to each side."""

NEEDED: Final = MappingProxyType({"wald": 96, "wilson": 93, "exact": 104})
"""Independent sightings that fix a share near one half to within `POINTS`, by three intervals.

With ``z`` the normal quantile and ``h`` the half-width, Wald's is ``(z / 2h)²`` and Wilson's ``z²``
less; that of Clopper and Pearson is searched.

References
----------
Brown, L. D., Cai, T. T., DasGupta, A. (2001). Interval estimation for a binomial proportion.
Statistical Science 16, 101-133.
"""

_Z: Final = 1.959964
"""Standard normal quantile of the two-sided 95 % interval."""


def what_n_can_show(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in numbers, and how many it would take."""
    return f"{at_best(n, language)} {how_many_it_takes(n, language)}".strip()


def how_many_it_takes(n: int, language: str) -> str:
    """Return how many sightings fix a share; nothing where there are as many."""
    few = n < NEEDED["wald"]
    return word("line.needed", language, points=POINTS, **NEEDED) if few else ""


def at_best(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in one sentence."""
    if n == 0:
        return word("line.power_none", language)
    sightings = count("sightings", n, language)
    if n < NEEDED["wald"]:
        low = percent(lowest_share_if_all_agree(n))
        return word("line.power_few", language, sightings=sightings, low=low)
    points = number(100 * _Z / 2 / sqrt(n), language, 1)
    return word("line.power_many", language, sightings=sightings, points=points)
