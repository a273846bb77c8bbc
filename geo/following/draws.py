"""Stops drawn by lot: where patrols look that they would not go to for what is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Lots:
    """The stops drawn for each night, and with which probability."""

    by_night: tuple[tuple[int, ...], ...]
    table: pd.DataFrame
    """A row for each: ``stop``, a number; ``night``, from 1; ``probability``, before the draw, that
    this stop is drawn for this night."""
    within_nights: int
    """Nights within which every stop of the pool is drawn."""


def lots(
    pool: Sequence[int],
    last: Sequence[str],
    *,
    nights: int,
    a_night: int,
    seed: int,
) -> Lots:
    """Return stops drawn without replacement, those that have waited longest first.

    Parameters
    ----------
    pool : sequence of int
        Stops that may be drawn.
    last : sequence of str
        The month of the last visit to each, YYYY-MM; "" for none.
    nights : int
        Nights of the plan.
    a_night : int
        Stops that are drawn for a night, at least 1.
    seed : int

    Returns
    -------
    Lots

    Notes
    -----
    Stops that have waited equally long are one class, in an order drawn by `seed`; classes follow
    each other.  Of a class of ``c`` stops, of which ``k`` are drawn for a night, each is drawn for
    that night with the probability ``k / c``.

    Examples
    --------
    >>> drawn = lots([3, 5, 8], ["", "2026-11", ""], nights=2, a_night=2, seed=1)
    >>> [sorted(stops) for stops in drawn.by_night], drawn.table["probability"].tolist()
    ([[3, 8], [5]], [1.0, 1.0, 1.0])
    """
    rng = np.random.default_rng([seed, 430])
    drawn = rng.permutation(len(pool)).tolist()
    order = sorted(drawn, key=lambda number: last[number])[: nights * a_night]
    night_of = [place // a_night + 1 for place in range(len(order))]
    class_of = [last[number] for number in order]
    of_class = Counter(last)
    of_night = Counter(zip(class_of, night_of, strict=True))
    table = pd.DataFrame(
        {
            "stop": np.array([pool[number] for number in order], dtype=int),
            "night": np.array(night_of, dtype=int),
            "probability": [
                of_night[waited, night] / of_class[waited]
                for waited, night in zip(class_of, night_of, strict=True)
            ],
        }
    )
    by_night = tuple(
        tuple(table["stop"][start : start + a_night].tolist())
        for start in range(0, nights * a_night, a_night)
    )
    within = -(-len(pool) // a_night)
    return Lots(by_night, table, within)
