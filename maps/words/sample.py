"""What a number of sightings can and cannot show of a share, in words and numbers."""

from __future__ import annotations

from itertools import count as whole_numbers
from math import ceil, sqrt
from typing import Final, NamedTuple

from scipy.stats import beta, norm

from geo.corridors.small_samples import CONFIDENCE, share_if_all_agree
from maps.words.catalogue import count, number, word

Z: Final = float(norm.isf((1 - CONFIDENCE) / 2))
"""Standard normal quantile of the two-sided interval."""

HALF_WIDTH: Final = 0.1
"""A share is known when its interval reaches this far to each side: ten points."""

_TOLERANCE: Final = 0.00005
"""A half-width is told to a hundredth of a point."""


class Needed(NamedTuple):
    """Independent sightings that fix a share near one half, by three intervals."""

    wald: int
    wilson: int
    exact: int


def needed(half_width: float = HALF_WIDTH) -> Needed:
    """Return how many independent sightings fix a share near one half to within `half_width`.

    With ``z`` the normal quantile, Wald's interval reaches ``z / (2 sqrt(n))`` to each side and
    Wilson's ``z / (2 sqrt(n + z²))``; that of Clopper and Pearson is searched.

    Parameters
    ----------
    half_width : float
        Of the 95 % interval, to a hundredth of a point.

    References
    ----------
    Brown, L. D., Cai, T. T., DasGupta, A. (2001). Interval estimation for a binomial proportion.
    Statistical Science 16, 101-133.

    >>> needed(0.1)
    Needed(wald=96, wilson=93, exact=104)
    """
    most = half_width + _TOLERANCE
    wald = (Z / 2 / most) ** 2
    exact = next(n for n in whole_numbers(1) if _exact_half_width(n) <= most)
    return Needed(ceil(wald), ceil(wald - Z**2), exact)


def power(n: int, language: str) -> str:
    """Return what `n` sightings can and cannot show, in numbers.

    Parameters
    ----------
    n : int
    language : str
        Of `words.LANGUAGES`.
    """
    enough = needed()
    takes = word("line.needed", language, points=f"{100 * HALF_WIDTH:.0f}", **enough._asdict())
    if n == 0:
        return f"{word('line.power_none', language)} {takes}"
    sightings = count("sightings", n, language)
    if n < enough.wald:
        low = f"{100 * share_if_all_agree(n):.0f}"
        return f"{word('line.power_few', language, sightings=sightings, low=low)} {takes}"
    points = number(100 * Z / 2 / sqrt(n), language, 1)
    return word("line.power_many", language, sightings=sightings, points=points)


def _exact_half_width(n: int) -> float:
    """Return half the width of Clopper and Pearson's interval for a share of one half."""
    tail = (1 - CONFIDENCE) / 2
    low, high = beta.ppf(tail, n / 2, n / 2 + 1), beta.isf(tail, n / 2 + 1, n / 2)
    return float(high - low) / 2
