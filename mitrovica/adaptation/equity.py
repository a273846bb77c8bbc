"""Who is served least: the tenth of the need with least service, in all and on each bank."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pandas as pd

UNREACHED: Final = ("suspended", "never_open", "too_far")
"""Why no shift can visit a stop, of the values `why_moved`."""
TENTH: Final = 0.1
"""Share of the need whose service is told apart."""


class Least(NamedTuple):
    """The tenth of the need of an area with least service."""

    bank: str | None
    """None for both together."""
    minutes: float
    """Mean minutes of visits that serve it."""
    mean_min: float
    """The same of all need there."""
    names: list[str]
    """Its stops, those served least first."""
    stops: list[str]
    """Their ids."""


def least_served(table: pd.DataFrame) -> Iterator[Least]:
    """Yield the tenth of the need with least service, in all and on each bank.

    Parameters
    ----------
    table : pandas.DataFrame
        ``stop``, ``name``, ``bank``, ``need``, ``served_min`` and ``why``, as table `FOLLOWED` has
        them; of stops that no shift can visit nothing is told.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "stop": ["m", "f"], "name": ["Mill", "Ford"], "bank": None, "need": [0.1, 0.9],
    ...     "served_min": [20.0, 300.0], "why": "kept",
    ... })
    >>> [(least.minutes, least.mean_min, least.names) for least in least_served(table)]
    [(20.0, 272.0, ['Mill'])]
    """
    told = table[(table["need"] > 0) & ~table["why"].isin(UNREACHED)]
    areas = {None: told, **dict([*told.groupby("bank")])}
    for bank, rows in areas.items():
        if rows.empty:
            continue
        ordered = rows.sort_values("served_min")
        need = ordered["need"]
        before = need.cumsum() - need
        worst = ordered[before < TENTH * need.sum() * (1 - 1e-9)]
        served, mean = (
            float((part["served_min"] * part["need"]).sum() / part["need"].sum())
            for part in (worst, ordered)
        )
        names, stops = worst["name"].tolist(), worst["stop"].tolist()
        yield Least(bank, served, mean, names, stops)
