"""Stops drawn by lot: where patrols look that they would not go to for what is known."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from geo.patrols.course import Lots


def lots(
    pool: Sequence[int], last: Sequence[str], *, nights: int, number: int, seed: int
) -> Lots:
    """Return stops drawn without replacement, those that have waited longest first.

    Where more are drawn than there are, all are drawn again in the same order.

    Parameters
    ----------
    pool : sequence of int
        Stops that may be drawn.
    last : sequence of str
        The month of the last visit to each, YYYY-MM; "" for none.
    nights : int
        Nights of the plan.
    number : int
        Stops that are drawn for all nights, spread evenly, none twice for one night.
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
    >>> drawn = lots([3, 5, 8], ["", "2026-11", ""], nights=2, number=3, seed=1)
    >>> [sorted(stops) for stops in drawn.by_night], drawn.table["probability"].tolist()
    ([[8], [3, 5]], [0.5, 0.5, 1.0])
    """
    number = min(number, nights * len(pool))
    rng = np.random.default_rng([seed, 430])
    drawn = rng.permutation(len(pool)).tolist()
    order = sorted(drawn, key=lambda place: last[place])
    places = np.resize(order, number).astype(int)
    ends = np.arange(nights + 1) * number // max(nights, 1)
    night_of = np.repeat(np.arange(nights), np.diff(ends)) + 1
    waited = [last[place] for place in places]
    of_class = Counter(last)
    of_night = Counter(zip(waited, night_of, strict=True))
    table = pd.DataFrame(
        {
            "stop": np.array(pool, dtype=int)[places],
            "night": night_of,
            "probability": [
                of_night[month, night] / of_class[month]
                for month, night in zip(waited, night_of, strict=True)
            ],
        }
    )
    by_night = tuple(
        tuple(table["stop"][start:end].tolist())
        for start, end in pairwise(ends.tolist())
    )
    within = -(-len(pool) * nights // max(number, 1))
    return Lots(by_night, table, within)
