"""Which corridor explains the sightings best: railway, road, river, or none of them.

The explanation *kind k* says: the group was on that corridor, that is, within the null model's
positions that lie in its band.  Its likelihood against the null is, for one sighting, the
probability that the position lies in the band over the share of the null that does::

    LR = (1 - STRAY) * P(within) / share + STRAY

A sighting beside both the railway and the Ibar supports both; the rarer corridor explains it
better, because it says more.  `STRAY` keeps one sighting from ruling a corridor out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import segments as seg
from geo.discs import probability_within
from geo.proximity import Corridor, gaussian, located_from
from geo.segments import Floats
from layers.schema import CORRIDOR_EXPLAINED

CANDIDATES: Final = ("railway", "main_road", "river")
"""Kinds that are compared."""

STRAY: Final = 0.05
"""Share of groups of a corridor that are seen away from it.  Assumed."""

CERTAIN: Final = 0.8
"""An explanation of at least this probability is named; else the sighting is undecided."""


def explained(
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    null_distance: Mapping[str, Floats],
    band_m: float,
) -> pd.DataFrame:
    """Return the odds of each corridor kind as the explanation of each sighting, and of all.

    Before the data all explanations, *none of them* included, are alike.  The row *all* supposes
    one explanation for all sightings; it leaves out those that were located from a kind that is
    compared.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`
    corridors : mapping of Corridor by kind
    null_distance : mapping of float array by kind
        Distances of the null's positions.
    band_m : float
        Half-width of the band that counts as on the corridor.

    Returns
    -------
    pandas.DataFrame, table `CORRIDOR_EXPLAINED`
    """
    kinds = [k for k in CANDIDATES if k in null_distance]
    located = np.stack(
        [located_from(sightings, kind).to_numpy() for kind in kinds]
        + [np.zeros(len(sightings), dtype=bool)],
        axis=1,
    )
    ratio = np.ones((len(sightings), len(kinds) + 1))
    xy = seg.points_xy(sightings)
    uncertainty = np.asarray(sightings["uncertainty_m"], dtype=float)
    band = np.full(len(xy), float(band_m))
    device = gaussian(sightings).to_numpy()
    for column, kind in enumerate(kinds):
        inside = probability_within(xy, uncertainty, corridors[kind].segments, band, device)
        share = max(float((null_distance[kind] <= band_m).mean()), 1 / len(null_distance[kind]))
        ratio[:, column] = (1 - STRAY) * inside / share + STRAY
    independent = ~located.any(axis=1)
    together = np.exp(np.log(ratio[independent]).sum(axis=0))
    names = [*sightings["id"], "all"]
    rows = [
        _rows(name, [*kinds, "none"], lr, from_kind)
        for name, lr, from_kind in zip(
            names,
            [*ratio, together],
            [*located, np.zeros(len(kinds) + 1, dtype=bool)],
            strict=True,
        )
    ]
    return CORRIDOR_EXPLAINED.frame(pd.concat(rows, ignore_index=True))


def _rows(name: str, kinds: list[str], ratio: Floats, located: seg.Bools) -> pd.DataFrame:
    """Return the rows of one sighting.  One located from a compared kind is not explained."""
    share = ratio / ratio.sum()
    logs = np.log(np.where(share > 0, share, 1.0))
    best = kinds[int(np.argmax(share))] if share.max() >= CERTAIN else "undecided"
    return pd.DataFrame(
        {
            "sighting": name,
            "corridor": kinds,
            "located_from_kind": located,
            "likelihood_ratio": ratio,
            "share": share,
            "entropy": -(share * logs).sum() / np.log(len(kinds)),
            "explained_by": "undecided" if located.any() else best,
        }
    )
