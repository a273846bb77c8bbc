"""The measures that tile, by tile; and what makes one answer of those of all tiles."""

from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.corridors.distance import Corridor
from geo.network.graph import Positions
from geo.network.lixels import Lixels
from geo.network.segments import points_xy
from geo.patterns import equal_split
from geo.patterns.density import Estimator, estimate_density
from geo.patterns.equal_split import Kernel
from geo.patterns.k import Correction, pair_weights
from geo.sightings.laws import laws_of
from geo.tiles.cutting import Tile

_HEAT_REACH = 8.0
"""Halo of the heat kernel in standard deviations.  It is followed to 6; where the halo ends it is
thrown back, and what comes back so far is 1e-14 of its peak."""
_WAVE_REACH = 1.05
"""Halo of the other kernels in half-widths: as far as `estimate_density` follows them."""


def density_reach(estimator: Estimator, kernel: Kernel, sigma_m: float) -> float:
    """Return the halo that a density needs, in metres, from its largest bandwidth."""
    if estimator == "heat":
        return _HEAT_REACH * sigma_m
    return _WAVE_REACH * equal_split.half_width(kernel, sigma_m)


def density(
    tile: Tile, positions: Positions, sigma_m: float | Floats, lixel_m: float,
    estimator: Estimator = "heat", kernel: Kernel = "epanechnikov",
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return the density on the tile's own lixels that events reach: table `LIXELS`.

    Parameters
    ----------
    tile : Tile
        With a halo of `density_reach` or more.
    positions : geo.network.graph.Positions
        On the whole network, by its numbers; those that the tile does not hold are passed over.
    sigma_m, lixel_m, estimator, kernel
        As for `geo.patterns.estimate_density`.

    ``edge`` numbers edges of the whole network.  The tables of all tiles together are that of one
    run over the whole, to 1e-9 of its peak.
    """
    at, which = tile.held(positions)
    sigma = np.broadcast_to(np.asarray(sigma_m, dtype=float), (len(positions),))[which]
    lixels, found = estimate_density(tile.network, at, sigma, lixel_m, estimator, kernel)
    mine = tile.own[lixels.edges]
    own = Lixels(lixels.network, lixels.edges[mine], lixels.pieces[mine])
    table = own.frame(found[np.repeat(mine, lixels.pieces)], np.zeros(len(own), dtype=np.int64))
    return table.assign(edge=pd.array(tile.edges[own.edge], dtype="Int64"))


def k_sums(
    tile: Tile, positions: Positions, r_m: Sequence[float] | Floats, shortest_m: float,
    correction: Correction = "ang",
) -> Floats:  # fmt: skip
    """Return what the events on the tile's own edges add to K, before it is scaled; for `k_of`.

    The halo of the tile is the last of `r_m` or more.  `shortest_m` is the shortest edge of the
    whole network: distances that differ by less are one.  `positions` are as for `density`, all
    else as for `geo.patterns.k_function`.
    """
    at, _ = tile.held(positions)
    own = tile.own[at.edge]
    ordered = at.take(np.r_[np.flatnonzero(own), np.flatnonzero(~own)])
    return pair_weights(
        tile.network, ordered, np.array(r_m, dtype=float), correction,
        origins=int(own.sum()), shortest_m=shortest_m,
    )  # fmt: skip


def k_of(sums: Iterable[Floats], n: int, length_m: float) -> Floats:
    """Return the K function of `n` events on a network of so many metres from all its tiles."""
    total = np.sum([*sums], axis=0)
    return np.asarray(length_m / (n * (n - 1)) * np.cumsum(total))


def within_reach(sightings: gpd.GeoDataFrame, ways: Corridor, reach_m: float) -> bool:
    """Return whether no way farther than `reach_m` from the sightings can change their nearness.

    It holds where the ways within that distance are nearer to each sighting than `reach_m` less
    twice the extent of its law; then `geo.corridors.proximity` needs no other ways.
    """
    if not len(ways.segments):
        return False
    laws, which = laws_of(sightings)
    extent = np.array([law.reach_m for law in laws]) * np.sqrt(2)
    distance, _ = ways.segments.nearest(points_xy(sightings))
    return bool((distance + 2 * extent[which] < reach_m).all())
