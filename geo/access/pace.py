"""How fast people walk on a slope, in the direction of travel.

Every function takes slopes as rise over run, positive uphill, and gives minutes per metre of map
distance.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats

M_PER_MIN_PER_KPH: Final = 1000 / 60
S_PER_MIN: Final = 60.0

STEEP: Final = -0.2125
"""Slope of 12 degrees downhill, below which Langmuir's rule adds time."""


def tobler(slope: npt.ArrayLike) -> Floats:
    """Return the pace of Tobler's hiking function: ``v = 6 exp(-3.5 |s + 0.05|)`` km/h.

    Tobler 1993, Three presentations on geographical analysis and modeling, NCGIA 93-1.

    >>> (0.06 / tobler([-0.05, 0.0, 0.2])).round(2)  # km/h
    array([6.  , 5.04, 2.5 ])
    """
    kph = 6.0 * np.exp(-3.5 * np.abs(np.asarray(slope, dtype=float) + 0.05))
    return np.asarray(1.0 / (kph * M_PER_MIN_PER_KPH))


def irmischer_clarke(slope: npt.ArrayLike) -> Floats:
    """Return the pace on a path: ``v = 0.11 + exp(-(100 s + 5)^2 / 1800)`` m/s.

    Irmischer and Clarke 2018, Measuring and modeling the speed of human navigation, Cartography
    and Geographic Information Science 45(2), 177-186: men on paths.
    """
    percent = 100.0 * np.asarray(slope, dtype=float)
    metres_per_s = 0.11 + np.exp(-((percent + 5.0) ** 2) / (2 * 30.0**2))
    return np.asarray(1.0 / (metres_per_s * S_PER_MIN))


def langmuir(slope: npt.ArrayLike) -> Floats:
    """Return the pace of Langmuir's rule with Aitken's values, as GRASS ``r.walk`` has it.

    Seconds: 0.72 a metre on the map and 6.0 a metre climbed; 1.9998 less a metre of descent down
    to a slope of -0.2125, 1.9998 more where it is steeper (Aitken 1977, Wilderness areas in
    Scotland; Langmuir 1984, Mountaincraft and leadership).
    """
    s = np.asarray(slope, dtype=float)
    per_rise = np.select([s >= 0, s >= STEEP], [6.0, 1.9998], -1.9998)
    return np.asarray((0.72 + per_rise * s) / S_PER_MIN)


WALKING_FUNCTIONS: Final[Mapping[str, Callable[[npt.ArrayLike], Floats]]] = {
    function.__name__: function for function in (tobler, irmischer_clarke, langmuir)
}
"""Walking functions by the name that ``[access] function`` takes."""
