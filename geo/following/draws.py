"""Stops drawn by lot: where patrols look that they would not go to for what is known."""

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
        Stops that are drawn for a night.
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
    order = pd.DataFrame({"stop": list(pool), "last": list(last)})
    order = order.iloc[rng.permutation(len(order))]
    order = order.sort_values("last", kind="stable", ignore_index=True)
    order = order.iloc[: nights * a_night]
    order["night"] = order.index // max(a_night, 1) + 1
    in_class = pd.Series(list(last), dtype=object).value_counts()
    drawn = order.groupby(["last", "night"])["stop"].transform("size")
    order["probability"] = drawn / order["last"].map(in_class).astype(float)
    by_night = tuple(
        tuple(order.loc[order["night"] == night, "stop"].tolist())
        for night in range(1, nights + 1)
    )
    within = -(-len(pool) // max(a_night, 1))
    return Lots(by_night, order[["stop", "night", "probability"]], within)
