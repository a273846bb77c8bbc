"""How many reports each band of each corridor would hold by where observers are assumed to stand.

No test: what is assumed is not measured, and no number of reports makes it so.  What was reported
stands beside the range over several assumptions.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from geo.arrays import Floats
from geo.chance.nulls import Null
from geo.corridors.distance import Corridor, Corridors, as_corridors, located_from
from geo.crs import Frame, require_metric
from geo.results import Proximity
from geo.schema import PROXIMITY_TOTALS
from geo.sightings.laws import as_sightings, laws_of

DRAWN: Final = 4000
"""Reports drawn under each assumption: a share is known to 0.008."""


def with_expected(
    near: Proximity,
    sightings: Frame,
    corridors: Corridors,
    efforts: Sequence[Null],
    *,
    uncertainty_m: float | None = None,
    seed: int = 1,
) -> Proximity:
    """Return nearness with how many of the sightings effort alone would put in each band.

    Each drawn place is reported with the error and the grid of one of the sightings, so what is
    expected is as blurred as what was reported.  Sightings that were located from a kind of
    corridor are not counted there.

    Parameters
    ----------
    near : geo.results.Proximity
        As from `proximity`, of the same sightings and corridors.
    sightings, corridors, uncertainty_m
        As for `proximity`.
    efforts : sequence of geo.chance.nulls.Null
        As from `geo.chance.assumed_efforts`.
    seed : int

    Returns
    -------
    geo.results.Proximity
        In ``totals`` ``by_effort_low`` and ``by_effort_high``: the least and the most over the
        efforts.

    Raises `geo.crs.CRSError`, `geo.network.segments.GeometryError`,
    `geo.sightings.laws.UncertaintyError` as `proximity`.

    Examples
    --------
    >>> from geo import chance
    >>> import geopandas as gpd
    >>> canal = gpd.GeoSeries.from_wkt(["LINESTRING (0 500, 1000 500)"], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([200, 800], [510, 900], crs=9141)
    >>> from geo.corridors import proximity
    >>> near = proximity(seen, {"canal": canal}, [100], uncertainty_m=0)
    >>> even = chance.uniform((0.0, 0.0, 1000.0, 1000.0))
    >>> near = with_expected(near, seen, {"canal": canal}, [even], uncertainty_m=0)
    >>> near.totals[["expected_within", "by_effort_high"]].round(1).values.tolist()
    [[1.0, 0.4]]
    """
    kinds = as_corridors(corridors)
    events, _ = as_sightings(sightings, uncertainty_m)
    lines = {f"corridors[{kind!r}]": c.lines for kind, c in kinds.items()}
    require_metric(sightings=sightings, **lines)
    if not len(events):
        return near
    rng = np.random.default_rng(seed)
    laws, law = laws_of(events)
    row = rng.permutation(np.arange(DRAWN) % len(events))
    if len(events) > DRAWN:
        row = rng.choice(len(events), DRAWN, replace=False)
    places = [effort.draw(DRAWN, rng) for effort in efforts]
    for k, of_law in enumerate(laws):
        drawn = law[row] == k
        for xy in places:
            xy[drawn] = of_law.draw(of_law.report(xy[drawn], rng), rng)
    by_kind = {kind: _distances(corridor, places) for kind, corridor in kinds.items()}
    expected = np.full((len(near.totals), len(efforts)), np.nan)
    bands = near.totals[["corridor", "band_m"]].itertuples(index=False)
    for number, (kind, band_m) in enumerate(bands):
        counted = ~located_from(events, kind)
        if counted.any():
            within = by_kind[kind][:, counted[row]] <= band_m
            expected[number] = counted.sum() * within.mean(axis=1)
    low, high = expected.min(axis=1), expected.max(axis=1)
    totals = near.totals.assign(by_effort_low=low, by_effort_high=high)
    return replace(near, totals=PROXIMITY_TOTALS.frame(totals))


def _distances(corridor: Corridor, places: Sequence[Floats]) -> Floats:
    """Return the distance of each place to a kind of corridor, (efforts, n); inf without ways."""
    xy = np.concatenate(places)
    if not len(corridor.segments):
        return np.full((len(places), DRAWN), np.inf)
    return corridor.segments.nearest(xy)[0].reshape(len(places), -1)
