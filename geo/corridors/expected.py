"""How many reports each band of each corridor would hold by where observers are assumed to stand.

No test: what is assumed is not measured, and no number of reports makes it so.  What was reported
stands beside the range over several assumptions.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.chance.nulls import Null
from geo.corridors.distance import Corridor, located_from
from geo.schema import PROXIMITY_TOTALS
from geo.sightings.laws import laws_of

DRAWN: Final = 4000
"""Reports drawn under each assumption: a share is known to 0.008."""


def with_expected(
    totals: pd.DataFrame,
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    efforts: Sequence[Null],
    seed: int = 1,
) -> pd.DataFrame:
    """Return table `PROXIMITY_TOTALS` with how many of the sightings effort alone would bring.

    Each drawn place is reported with the error and the grid of one of the sightings, so what is
    expected is as blurred as what was reported.  Sightings that were located from a kind of
    corridor are not counted there.

    Parameters
    ----------
    totals : pandas.DataFrame, table `PROXIMITY_TOTALS`
    sightings : geopandas.GeoDataFrame, projected CRS in metres
        The events that the table is of.
    corridors : mapping of Corridor, by kind
    efforts : sequence of geo.chance.nulls.Null
        As from `geo.chance.assumed_efforts`.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``by_effort_low`` and ``by_effort_high``: the least and the most over the efforts.
    """
    if not len(sightings):
        return totals
    rng = np.random.default_rng(seed)
    laws, law = laws_of(sightings)
    row = rng.permutation(np.arange(DRAWN) % len(sightings))
    if len(sightings) > DRAWN:
        row = rng.choice(len(sightings), DRAWN, replace=False)
    places = [effort.draw(DRAWN, rng) for effort in efforts]
    for k, of_law in enumerate(laws):
        drawn = law[row] == k
        for xy in places:
            xy[drawn] = of_law.draw(of_law.report(xy[drawn], rng), rng)
    by_kind = {
        kind: _distances(corridor, places) for kind, corridor in corridors.items()
    }
    expected = np.full((len(totals), len(efforts)), np.nan)
    for number, (kind, band_m) in enumerate(totals[["corridor", "band_m"]].to_numpy()):
        counted = ~located_from(sightings, kind)
        if counted.any():
            within = by_kind[kind][:, counted[row]] <= band_m
            expected[number] = counted.sum() * within.mean(axis=1)
    return PROXIMITY_TOTALS.frame(
        totals.assign(
            by_effort_low=expected.min(axis=1), by_effort_high=expected.max(axis=1)
        )
    )


def _distances(corridor: Corridor, places: Sequence[Floats]) -> Floats:
    """Return the distance of each place to a kind of corridor, (efforts, n); inf without ways."""
    xy = np.concatenate(places)
    if not len(corridor.segments):
        return np.full((len(places), DRAWN), np.inf)
    return corridor.segments.nearest(xy)[0].reshape(len(places), -1)
