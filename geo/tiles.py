"""A large network in tiles: the same measures and the same answers, a part at a time.

Each edge is owned by one tile.  A tile holds its own edges and a halo of all that a measure reaches
from them, so that what it says of its own edges is what the whole network would say::

    ....a---b====c====d====e---f....      ==  own edges of the tile
        |<->|              |<->|          --  halo: any part within reach of an own edge
        reach              reach          ..  of other tiles, not held

Edges are cut in the order of a Hilbert curve through the middles of their boxes, so that each tile
has as many edges, lies in one place, and is a part of a file sorted by that key.  METIS cuts at a
fifth of the nodes, but needs the whole graph in one process, and saves 4 to 12 per cent of the
edges that tiles hold with their halo (`notebooks/how_to.md`).

Density, K, nearness and walking minutes tile.  Simulations of the tests and
of the scan run by blocks.  Flow and routing stay whole: a way leads through the whole network.

Start with `partition`; then `density` and `k_sums` of each tile, and `k_of` for all of them.
`proximity_in_parts` and `minutes_in_parts` need no tiles: a part is what lies
together, with all about it that can change what is measured.  `owners` says which tile owns an
edge; `tile_of` is for networks that no process holds whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import schema
from geo.access.grid import Floats32, tobler
from geo.access.walking import SLOPES, STEEPEST, WalkingCells, walking_minutes
from geo.arrays import Bools, Each, Floats, Ints
from geo.corridors.distance import Corridor, measured, proximity, totals
from geo.evidence_line import told
from geo.network.graph import Network, Positions, require_network
from geo.network.lixels import Lixels, reached
from geo.network.segments import points_xy
from geo.network.source_lines import NetworkError
from geo.patterns import equal_split
from geo.patterns.equal_split import Kernel
from geo.patterns.estimators import Estimator, estimate_density
from geo.patterns.k import Correction, pairs_of
from geo.results import Proximity
from geo.sightings.laws import as_sightings, laws_of

__all__ = [
    "Tile",
    "density",
    "density_reach",
    "k_of",
    "k_sums",
    "minutes_in_parts",
    "owners",
    "partition",
    "proximity_in_parts",
    "tile_of",
    "within_reach",
]

EDGES: Final = 20_000
"""Edges of a tile: some 100 MB with a halo of a few kilometres."""
_SLACK_M: Final = 0.01
"""Added to each reach, so that what lies just at its end is held."""

_HEAT_REACH: Final = 8.0
"""Halo of the heat kernel in standard deviations.  It is followed to 6; where the halo ends it is
thrown back, and what comes back so far is 1e-14 of its peak."""
_WAVE_REACH: Final = 1.05
"""Halo of the other kernels in half-widths: as far as `estimate_density` follows them."""
ROWS: Final = 4000
"""Sightings of a part."""
CELLS: Final = 500
"""Cells along a side of a part of a walking surface."""
_KNIGHT: Final = 2
"""Cells that the longest move crosses."""


@told
@dataclass(frozen=True)
class Tile:
    """Edges that a tile owns, and those within reach of them."""

    network: Network
    """Own edges and halo, and the nodes of these only."""
    edges: Ints
    """Number of each edge in the whole network, rising."""
    own: Bools
    """(edges,)"""

    def held(self, positions: Positions) -> tuple[Positions, Ints]:
        """Return the positions on edges of the tile, by its own numbers, and which they are."""
        edge_number = np.searchsorted(self.edges, positions.edge)
        edge_number[edge_number == len(self.edges)] = 0
        which = (
            np.flatnonzero(self.edges[edge_number] == positions.edge)
            if len(self.edges)
            else edge_number[:0]
        )
        return Positions(edge_number[which], positions.offset_m[which]), which


def owners(network: Network, edges: int = EDGES) -> Ints:
    """Return the tile that owns each edge; tiles own up to so many edges, all nearly as many."""
    if edges < 1:
        raise NetworkError(
            f"edges is {edges}; give how many edges a tile may own, 1 or more"
        )
    n = network.n_edges
    key = gpd.GeoSeries(network.geometry, crs=network.crs).hilbert_distance().to_numpy()
    tile = np.empty(n, dtype=int)
    tile[np.argsort(key, kind="stable")] = np.arange(n) * -(-n // edges) // max(n, 1)
    return tile


def partition(network: Network, reach_m: float, edges: int = EDGES) -> Iterator[Tile]:
    """Yield the tiles of a network, each with a halo of `reach_m` along the network.

    Parameters
    ----------
    network : geo.network.graph.Network
    reach_m : float, metres
        How far the measure reaches, as from `density_reach`; for K the largest of its distances.
    edges : int
        Edges that a tile owns, at most.

    Raises `NetworkError` if `edges` is not positive.

    Examples
    --------
    >>> import shapely
    >>> from geo import network
    >>> rows = [shapely.LineString([(x, 0), (x + 9, 0)]) for x in range(0, 36, 9)]
    >>> street = network.from_lines(gpd.GeoSeries(rows, crs=9141))
    >>> [tile.edges.tolist() for tile in partition(street, 5.0, 2)]
    [[0, 1, 2], [1, 2, 3]]
    """
    require_network(network)
    owner = owners(network, edges)
    for number in range(owner.max(initial=-1) + 1):
        yield tile_of(network, np.arange(network.n_edges), owner == number, reach_m)


def tile_of(network: Network, edges: Ints, own: Bools, reach_m: float) -> Tile:
    """Return the tile of some own edges, (m,), of a network or of a part of one.

    A part holds at least all that lies within `reach_m` of the own edges in the plane: no way along
    a network is shorter.  `edges`, (m,) rising, are the numbers of its edges in the whole.
    """
    which = np.flatnonzero(own)
    ends = np.r_[np.zeros(len(which)), network.length_m[which]]
    edges_in_reach = reached(network, np.r_[which, which], ends, reach_m + _SLACK_M)
    is_held = np.zeros(network.n_edges, dtype=bool)
    is_held[edges_in_reach] = True
    part = network.keep(is_held)
    nodes, flat = np.unique(np.r_[part.edge_from, part.edge_to], return_inverse=True)
    tail, head = flat.reshape(2, -1)
    part = replace(part, node_xy=part.node_xy[nodes], edge_from=tail, edge_to=head)
    return Tile(part, edges[edges_in_reach], own[edges_in_reach])


def density_reach(estimator: Estimator, kernel: Kernel, sigma_m: float) -> float:
    """Return the halo that a density needs, in metres, from its largest bandwidth."""
    if estimator == "heat":
        return _HEAT_REACH * sigma_m
    return _WAVE_REACH * equal_split.half_width(kernel, sigma_m)


def density(
    tile: Tile,
    positions: Positions,
    sigma_m: float | Floats,
    lixel_m: float,
    estimator: Estimator = "heat",
    kernel: Kernel = "epanechnikov",
) -> gpd.GeoDataFrame:
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
    own_events, which = tile.held(positions)
    sigma = np.broadcast_to(np.asarray(sigma_m, dtype=float), (len(positions),))[which]
    lixels, per_metre = estimate_density(
        tile.network, own_events, sigma, lixel_m, estimator, kernel
    )
    mine = tile.own[lixels.edges]
    own_lixels = Lixels(lixels.network, lixels.edges[mine], lixels.pieces[mine])
    table = own_lixels.frame(
        per_metre[np.repeat(mine, lixels.pieces)], np.zeros(len(own_lixels), dtype=int)
    )
    return table.assign(edge=pd.array(tile.edges[own_lixels.edge], dtype="Int64"))


def k_sums(
    tile: Tile,
    positions: Positions,
    r_m: Sequence[float] | Floats,
    shortest_m: float,
    correction: Correction = "ang",
) -> Floats:
    """Return what the events on the tile's own edges add to K, before it is scaled; for `k_of`.

    Parameters
    ----------
    tile : Tile
        With a halo of the last of `r_m` or more.
    positions : geo.network.graph.Positions
        As for `density`.
    r_m, correction
        As for `geo.patterns.k_function`.
    shortest_m : float
        The shortest edge of the whole network: distances that differ by less are one.

    Returns
    -------
    (k,) array
    """
    pairs = pairs_of(
        tile.network, r_m, correction, from_edges=tile.own, shortest_m=shortest_m
    )
    events, _ = tile.held(positions)
    return np.asarray(pairs.sums([events])[0])


def k_of(sums: Iterable[Floats], n: int, length_m: float) -> Floats:
    """Return the K function of `n` events on a network of so many metres from all its tiles."""
    total = np.sum([*sums], axis=0)
    return length_m / (n * (n - 1)) * np.cumsum(total)


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


def proximity_in_parts(
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    bands_m: Iterable[float] = schema.BANDS_M,
    *,
    each: Each = map,
    rows: int = ROWS,
) -> Proximity:
    """Return nearness as `geo.corridors.proximity` does, from parts.

    Equal to it to 1e-9, exact positions with an uncertainty to a centimetre, and bit for bit
    wherever `each` measures the parts.  Raises what `geo.corridors.proximity` raises.

    Parameters
    ----------
    sightings, corridors, bands_m
        As for `geo.corridors.proximity`.
    each : geo.arrays.Each
        Measures the parts; by default one after the other.
    rows : int
        Sightings of a part, at most.
    """
    bands = list(bands_m)
    if len(sightings) <= rows:
        return proximity(sightings, corridors, bands)
    seen, assumed = as_sightings(sightings)
    parts = _together(seen.geometry, rows)
    measure = partial(measured, corridors=corridors, bands=bands)
    measures = each(measure, [seen.take(part) for part in parts])
    tables, lines = zip(*measures, strict=True)
    table = _in_order(tables, parts)
    return replace(
        proximity(seen.iloc[:0], corridors, bands),
        table=table,
        totals=totals(table, [*corridors], bands),
        assumed=assumed,
        lines=_in_order(lines, parts),
    )


def _in_order(frames: Sequence[pd.DataFrame], parts: Sequence[Ints]) -> Any:
    """Return the rows of all parts in the order of the sightings, each with as many rows."""
    kinds = len(frames[0]) // len(parts[0])
    sighting = np.concatenate(parts).repeat(kinds)
    order = np.argsort(sighting, kind="stable")
    return pd.concat(frames).iloc[order].reset_index(drop=True)


def minutes_in_parts(
    walking: WalkingCells, start: Ints, limit_min: float = np.inf, *, cells: int = CELLS
) -> Floats32:
    """Return the minutes on foot as `geo.access.walking.walking_minutes` does, in square parts.

    Who walks longer than `limit_min` counts as without a way, and a part holds what lies so far
    about it.  Without a limit it is widened until no way that leaves it can be the shorter one,
    where help is far to the whole grid.

    Parameters
    ----------
    walking : geo.access.walking.WalkingCells
    start : (k,) array
        Numbers of the cells of help.
    limit_min : float
    cells : int
        Cells along a side of a part.
    """
    rows, columns = walking.grid.shape
    out = np.empty((rows, columns), dtype=np.float32)
    for row, column in product(range(0, rows, cells), range(0, columns, cells)):
        part = slice(row, row + cells), slice(column, column + cells)
        out[part] = _minutes_of_part(walking, start, limit_min, row, column, cells)
    return out


# One window, made wider until its minutes are sure: all is cut to it.
def _minutes_of_part(
    walking: WalkingCells,
    start: Ints,
    limit_min: float,
    row: int,
    column: int,
    cells: int,
) -> Floats32:
    """Return the minutes of the part that begins at a row and column."""
    pace = tobler(np.linspace(-STEEPEST, STEEPEST, SLOPES)).min()
    fastest_min = float(pace * walking.factor.min() * walking.grid.cell_m)
    columns = walking.grid.shape[1]
    margin = cells // 2
    while True:
        top, west = max(row - margin, 0), max(column - margin, 0)
        rows_held = slice(top, row + cells + margin)
        columns_held = slice(west, column + cells + margin)
        window = rows_held, columns_held
        grid = replace(walking.grid, shape=walking.factor[window].shape)
        about = WalkingCells(
            grid,
            walking.elevation_m[window].copy(),
            walking.factor[window].copy(),
            walking.barred[window].copy(),
        )
        places = start // columns - top, start % columns - west
        inside = grid.inside(*places)
        starts = np.ravel_multi_index(places, grid.shape, mode="clip")[inside]
        minutes = walking_minutes(about, starts)[row - top :, column - west :]
        minutes = minutes[:cells, :cells]
        # A way that leaves the window crosses the margin, at best at the fastest pace.
        sure = fastest_min * (margin - _KNIGHT)
        is_whole = grid.shape == walking.grid.shape
        if is_whole or minutes.max() <= sure or limit_min <= sure:
            return np.where(minutes <= limit_min, minutes, np.float32(np.inf))
        margin *= 2


def _together(points: gpd.GeoSeries, rows: int) -> list[Ints]:
    """Return which points make each part of up to so many that lie together, in their order."""
    order = np.argsort(points.hilbert_distance().to_numpy(), kind="stable")
    return [np.sort(part) for part in np.array_split(order, -(-len(points) // rows))]
