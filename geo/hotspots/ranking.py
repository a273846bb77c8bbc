"""Hotspots: where more sightings were reported than reporting effort alone would bring.

A hotspot says where people were reported, never where they are.  Hotspots are the windows of a
network scan (`geo.hotspots.scan`); the density beside them is that of what was reported, whatever
the effort (`geo.hotspots.heat`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from geo.hotspots import heat, scan
from geo.hotspots.heat import Sources
from geo.network.cells import Placing, distinct
from geo.network.graph import Network
from geo.network.lixels import Lixels, cut, reached
from geo.params import HotspotParams
from geo.results import Hotspots, gate
from geo.sightings.laws import Law, laws_of, middle
from layers.schema import HOTSPOTS

MOST: Final = 10
"""No more hotspots than so many."""

TOP: Final = 3
"""Rank stability is that of the first so many hotspots."""

ALPHA: Final = 0.05


@dataclass(frozen=True)
class _Events:
    """The sightings that can be placed on the network, law by law.

    Attributes
    ----------
    laws : tuple of geo.sightings.laws.Law
    points : tuple of (n_l, 2) float arrays
        Middles of their cells.
    row : (n,) int array
        Row of each in the table of sightings.
    placed : (all,) bool array
        Which of all they are.
    """

    laws: tuple[Law, ...]
    points: tuple[Floats, ...]
    row: Ints
    placed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.row)

    @property
    def sides_m(self) -> Floats:
        """Side of the cell of each."""
        return np.repeat([law.cell_m for law in self.laws], [len(xy) for xy in self.points])


def find(
    network: Network,
    sightings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    params: HotspotParams,
    *,
    effort: scan.NullModel,
) -> Hotspots:
    """Return the density of sightings along the network, and the hotspots that a scan finds.

    Each sighting is one event, spread by length over the edges in reach of its cell.

    Parameters
    ----------
    network : geo.network.graph.Network
        Roads, paths and tracks together.
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, in the network's CRS
        The events.
    places : geopandas.GeoDataFrame, table `PLACES`, in the network's CRS
    params : geo.params.HotspotParams
    effort : geo.hotspots.scan.NullModel
        True places under reporting effort: the null of every score and p-value.

    Returns
    -------
    geo.results.Hotspots
        Without hotspots where fewer than two sightings can be placed.

    Raises
    ------
    geo.crs.CRSError
        If the frames are not in the network's CRS.
    geo.sightings.laws.UncertaintyError
        If an uncertainty is not known.
    geo.network.graph.NetworkError
        If hardly any report by effort lies near the network.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26, 1481-1496.
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), sightings=sightings, places=places)
    placing = Placing(network, params.snap_limit_m, params.lixel_m)
    events = _events(placing, sightings)
    ids = sightings["id"].astype(str).to_numpy()
    sources = _sources(placing, events, params.bandwidth_m)
    reach = max(sources.reach_m, 2 * params.radii_m[-1])
    shown = cut(network, params.lixel_m, reached(network, sources.edge, sources.offset_m, reach))
    density = heat.heat_density(sources, shown)
    lixels = cut(network, params.lixel_m)
    rank, rows, least = np.zeros(len(lixels), np.int64), HOTSPOTS.frame(), ""
    if len(events) > 1:
        rank, rows, least = _scanned(placing, lixels, events, ids, params, effort)
    at = lixels.holding(shown.edge, shown.middle_m)
    return Hotspots(
        lixels=shown.frame(density, rank[at]),
        segments=_segments(rows, shown, rank[at], places),
        gate=gate("hotspots", len(events), least),
        simulations=params.simulations,
        draws=params.draws,
        unplaced=tuple(ids[~events.placed]),
    )


def nearest_place(segments: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``name``, ``place`` and ``place_distance_m`` of the place nearest to each segment."""
    if not len(places) or not len(segments):
        empty = {"name": "string", "place": "string", "place_distance_m": "float64"}
        return pd.DataFrame({k: pd.Series(dtype=v) for k, v in empty.items()}, index=segments.index)
    distance = shapely.distance(
        np.asarray(segments.geometry.values)[:, None], np.asarray(places.geometry.values)[None, :]
    )
    nearest = distance.argmin(axis=1)
    return pd.DataFrame(
        {
            "name": places["name_en"].to_numpy()[nearest],
            "place": places["id"].to_numpy()[nearest],
            "place_distance_m": distance[np.arange(len(segments)), nearest],
        },
        index=segments.index,
    )


def _events(placing: Placing, sightings: gpd.GeoDataFrame) -> _Events:
    """Return the sightings that can be placed, by the law of their positions."""
    laws, law = laws_of(sightings)
    xy = shapely.get_coordinates(sightings.geometry.values)
    for number, own in enumerate(laws):
        xy[law == number] = middle(xy[law == number], own.cell_m)
    placed = placing.placed(xy, np.array([own.cell_m for own in laws])[law])
    rows = tuple(np.flatnonzero(placed & (law == number)) for number in range(len(laws)))
    none = np.zeros(0, dtype=np.int64)
    return _Events(laws, tuple(xy[r] for r in rows), np.concatenate([none, *rows]), placed)


def _sources(placing: Placing, events: _Events, sigma_m: float) -> Sources:
    """Return the events as sources of the density: their pieces, joined on each lixel."""
    xy = np.concatenate([np.zeros((0, 2)), *events.points])
    where, side, number = distinct(xy, events.sides_m)
    pieces = placing.pieces(where, side)
    weight = np.bincount(number, minlength=len(where))[pieces.cell] * pieces.share
    lixel = np.floor(pieces.offset_m / placing.piece_m)
    key = np.stack([pieces.edge, lixel.astype(np.int64)])
    kept, joined = np.unique(key, axis=1, return_inverse=True)
    edge, joined = kept[0], joined.reshape(-1)
    mass = np.bincount(joined, weight, len(edge)).astype(float)
    offset = np.asarray(np.bincount(joined, weight * pieces.offset_m, len(edge)) / mass)
    return Sources(edge, offset, mass, np.full(len(edge), sigma_m))


def _scanned(
    placing: Placing,
    lixels: Lixels,
    events: _Events,
    ids: npt.NDArray[np.object_],
    params: HotspotParams,
    effort: scan.NullModel,
) -> tuple[Ints, pd.DataFrame, str]:
    """Return the hotspot of each lixel, the figures of each, and what could have been found."""
    pool, chance, redraws = np.random.SeedSequence(params.seed).spawn(3)
    reports = scan.reports_by_effort(
        placing, lixels, events.laws, events.points, effort, np.random.default_rng(pool)
    )
    all_weight = reports.weight(np.concatenate(reports.together))
    view = scan.windows(lixels, np.flatnonzero(all_weight), np.array(params.radii_m))
    together, counts = view.counts(all_weight), view.counts(reports.weight(reports.observed))
    mean = scan.expected(together, counts, reports.each)
    score = scan.scores(counts, mean, reports.n)
    maxima = scan.null_maxima(view, reports, together, simulations=params.simulations, seed=chance)
    chosen = view.first(score, MOST)
    rank = np.zeros(len(lixels), dtype=np.int64)
    rests = []
    for k, window in enumerate(chosen):
        held = view.lixels(window)
        rank[held] = k + 1
        on = np.asarray(reports.on_lixels[:, held].sum(axis=1))[reports.observed] > 0
        rests.append(ids[np.sort(events.row[on])])
    rows = pd.DataFrame(
        {
            "rank": np.arange(1, len(chosen) + 1),
            "radius_m": view.radii_m[np.array(chosen, dtype=np.int64) % len(view.radii_m)],
            "length_m": np.bincount(rank, lixels.length_m, len(chosen) + 1)[1:],
            "reported": counts.flat[chosen],
            "expected": mean.flat[chosen],
            "ratio": counts.flat[chosen] / mean.flat[chosen],
            "score": score.flat[chosen],
            "p_value": scan.p_value(score.flat[chosen], maxima),
            "in_top_redrawn": scan.top_redrawn(
                view, placing, lixels, reports, events.laws, events.points, rank,
                draws=params.draws, top=TOP, seed=redraws,
            ),
            "in_top_left_out": scan.top_left_out(view, reports, counts, mean, rank, TOP),
            "share": counts.flat[chosen] / len(ids),
            "sightings": ["; ".join(own) for own in rests],
            "n_sightings": [len(own) for own in rests],
        }
    )  # fmt: skip
    return rank, rows, _detects(mean[:, 0], reports.n, maxima, params.radii_m[0])


def _detects(mean: Floats, n: int, maxima: Floats, radius_m: float) -> str:
    """Return how many reports in a window where effort is usual would exceed chance.

    Usual is the median over the reports that effort would bring, not over the length of roads.
    """
    level = maxima[int(np.ceil((1 - ALPHA) * (len(maxima) + 1) - 1e-9)) - 1]
    rising = np.sort(mean)
    usual = rising[np.searchsorted(np.cumsum(rising), rising.sum() / 2)]
    many = np.arange(2.0, n + 1)
    enough = many[scan.scores(many, np.full(len(many), usual), n) > level]
    if not len(enough):
        return "no number of so few would exceed chance where effort is usual"
    return f"{enough[0]:.0f} within {radius_m:g} m would exceed chance where effort is usual"


def _segments(
    rows: pd.DataFrame, lixels: Lixels, rank: Ints, places: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the hotspots as table `HOTSPOTS`, with the network that each holds."""
    pieces = lixels.as_network.geometry
    merged = [shapely.line_merge(shapely.union_all(pieces[rank == k])) for k in rows["rank"]]
    lines = [
        shapely.MultiLineString([line]) if line.geom_type == "LineString" else line
        for line in merged
    ]
    segments = gpd.GeoDataFrame(
        rows, geometry=gpd.GeoSeries(lines, index=rows.index), crs=lixels.network.crs
    )
    named = segments.drop(columns=["name", "place", "place_distance_m"], errors="ignore")
    return HOTSPOTS.geoframe(named.join(nearest_place(segments, places)))
