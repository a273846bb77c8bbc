"""Where groups pass, learnt from visits and from reports together, with what is not known.

The logarithm of the rate is a Gaussian field along the ways (`geo.intensity.field`) with an effect
for each kind of way.  Visits count groups at stops: minutes, saturating, times the rate.  Reports
come from all ways, thinned by effort and by an unknown bias to towns; a report's position is its
cell, and all positions in it are possible.  Visits that met nobody count like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import (
    block_diag,
    csc_array,
    csr_array,
    diags_array,
    eye_array,
    hstack,
)
from scipy.spatial import KDTree

from geo.arrays import Floats, Ints, Objects
from geo.chance.nulls import Null
from geo.crs import Frame, require_metric
from geo.intensity import laplace
from geo.intensity.field import precision
from geo.intensity.laplace import Counts, Gaussian
from geo.intensity.posterior import Posterior, StopMoments
from geo.intensity.priors import KIND, LEVEL, REPORTED, TOWN, Hyper, Prior, grid
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
from geo.network.lixels import lixelize
from geo.network.segments import points_xy
from geo.sightings.laws import as_sightings, cells_of, ids_of

SATURATION_MIN: Final = 240.0
"""Minutes after which a longer stay meets hardly any more groups; a judgement."""
LIXEL_M: Final = 500.0
TOWN_M: Final = 1000.0
"""Ways within this distance of a town or a station have its bias."""
VISIT_COLUMNS: Final = ("stop", "minutes", "groups")


def fit(
    ways: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    visits: pd.DataFrame,
    reports: Frame | None = None,
    *,
    effort: Null | None = None,
    towns: Frame | None = None,
    lixel_m: float = LIXEL_M,
    uncertainty_m: float | None = None,
) -> Posterior:
    """Return what visits and reports tell of the rate of groups at stops.

    Parameters
    ----------
    ways : geopandas.GeoDataFrame of LineString, projected CRS in metres
        All ways along which people may pass; a column ``corridor`` names the kind of each, and each
        kind gets an effect.
    stops : geopandas.GeoDataFrame of Point, in the CRS of the ways
        Public stops, with ``id``: the only places of which anything is told.
    visits : pandas.DataFrame
        A row for each visit: ``stop``, an id; ``minutes`` above 0; ``groups`` that were met, 0 too.
    reports : GeoDataFrame or GeoSeries of Point, in the CRS of the ways, optional
        Columns as for `geo.corridors.proximity`.
    effort : geo.chance.nulls.Null, optional
        Where reports are likely, whoever passes; by default from every metre alike.
    towns : GeoDataFrame or GeoSeries of Point, in the CRS of the ways, optional
        Towns and stations, which may report more: by how much is estimated.
    lixel_m : float, metres
        The field is known at points of the ways no farther apart.
    uncertainty_m : float, metres, optional
        As for `geo.corridors.proximity`.

    Returns
    -------
    geo.intensity.Posterior

    Raises
    ------
    geo.crs.CRSError
        If a layer is not in metres, or not in the CRS of the ways.
    geo.network.lines.NetworkError
        If a visit is of no stop, has no minutes, or has groups below 0.

    Examples
    --------
    >>> import shapely
    >>> street = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> stops = gpd.GeoDataFrame(
    ...     {"id": ["bridge", "mill"]}, geometry=gpd.points_from_xy([0, 9000], [0, 0]), crs=9141
    ... )
    >>> visits = pd.DataFrame(
    ...     {"stop": ["bridge", "mill"] * 4, "minutes": 60.0, "groups": [3, 0] * 4}
    ... )
    >>> fit(street, stops, visits).table["relative"].round(1).tolist()
    [1.9, 0.1]
    """
    seen, assumed = as_sightings(
        _none_at(ways) if reports is None else reports, uncertainty_m
    )
    require_metric(ways=ways, stops=stops, reports=seen, towns=towns)
    ids = ids_of(stops, "stops")
    _check(visits, ids)
    ground = _ground(ways, stops, lixel_m)
    effects = _effects(ground, seen, towns)
    design = _design(ground, effects)
    visited = _visited(ground, visits, ids, design)
    reported = _reported(ground, seen, effort, effects)
    at_stops = csr_array(design[ground.stops])
    prior_mean = _prior_mean(ground.network, effects)
    moments: list[StopMoments] = []
    fitted: Gaussian | None = None
    for hyper in grid():
        prior = _prior(ground.network, hyper, effects)
        counts = [replace(visited, size=hyper.size), *reported]
        start = None if fitted is None else fitted.mode
        fitted = laplace.fit(prior, prior_mean, counts, start)
        moments.append(_moments(fitted, prior, at_stops, hyper))
    return Posterior(ids, tuple(moments), len(visits), len(seen), assumed)


@dataclass(frozen=True)
class Ground:
    """The network with a node at each stop, and the kinds of way at each node."""

    network: Network
    stops: Ints
    """Node of each stop."""
    kinds: pd.DataFrame
    """Share of each kind of way at each node, (n, kinds)."""
    km: Floats
    """Kilometres of way that belong to each node."""


@dataclass(frozen=True)
class Effect:
    """A number that is added to the logarithm of the rate, of visits or of reports only."""

    name: str
    prior: Prior
    at_node: Floats
    """(n,)"""
    of_reports: bool
    """Only reports have it."""
    side_m: float = 0.0
    """Only reports with cells of this side have it; 0 for all."""


def _none_at(ways: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries([], crs=ways.crs)


def _check(visits: pd.DataFrame, ids: Objects) -> None:
    """Raise `NetworkError` for visits that cannot be counted."""
    missing = [name for name in VISIT_COLUMNS if name not in visits]
    if missing:
        raise NetworkError(
            f"visits have no column {', '.join(missing)}. Fix: one of them for each visit"
        )
    strange = sorted(set(visits["stop"]) - set(ids))
    if strange:
        raise NetworkError(
            f"visits name the stop {strange[0]!r}, which is not among the stops. Fix: add it there"
        )
    if not (visits["minutes"] > 0).all() or not (visits["groups"] >= 0).all():
        raise NetworkError(
            "a visit has no minutes above 0, or groups below 0. Fix: only visits that were made"
        )


def _ground(
    ways: gpd.GeoDataFrame, stops: gpd.GeoDataFrame, lixel_m: float
) -> Ground:
    """Return the network in short pieces, with a node at each stop."""
    whole = from_lines(ways)
    network, nodes = whole.insert(whole.snap(stops))
    network = lixelize(network, lixel_m).as_network
    km = _at_nodes(network, network.length_m / 1000)
    corridor = pd.Series("way", index=ways.index)
    if "corridor" in ways:
        corridor = ways["corridor"].fillna("way")
    kind = corridor.to_numpy(object)[network.line]
    kinds = pd.DataFrame(index=range(network.n_nodes))
    for name in sorted(set(kind)):
        of_kind = _at_nodes(network, network.length_m / 1000 * (kind == name))
        kinds[name] = of_kind / np.maximum(km, 1e-9)
    return Ground(network, nodes, kinds, km)


def _at_nodes(network: Network, values: Floats) -> Floats:
    """Return the values of edges at their nodes, half at each end."""
    size = network.n_nodes
    first = np.bincount(network.edge_from, values, size)
    return np.asarray(first + np.bincount(network.edge_to, values, size)) / 2


def _effects(
    ground: Ground, reports: gpd.GeoDataFrame, towns: Frame | None
) -> list[Effect]:
    """Return the effects of the model."""
    everywhere = np.ones(ground.network.n_nodes)
    effects = [Effect("level", LEVEL, everywhere, of_reports=False)]
    if len(ground.kinds.columns) > 1:
        for kind, share in ground.kinds.items():
            effects.append(
                Effect(str(kind), KIND, share.to_numpy(), of_reports=False)
            )
    _, side_m = cells_of(reports)
    effects += [
        Effect(f"reported, {side:g} m", REPORTED, everywhere, True, float(side))
        for side in np.unique(side_m)
    ]
    if towns is not None and len(towns):
        distance_m, _ = KDTree(points_xy(towns)).query(ground.network.node_xy)
        near_town = np.where(np.asarray(distance_m) <= TOWN_M, 1.0, 0.0)
        effects.append(Effect("town", TOWN, near_town, of_reports=True))
    return effects


def _design(
    ground: Ground, effects: Sequence[Effect], side_m: float | None = None
) -> csr_array:
    """Return the logarithm of the rate at nodes, of the field and the effects.

    Without `side_m` it is what visits meet; with it, what is reported in cells of this side.
    """
    columns = []
    for effect in effects:
        of_visits = not effect.of_reports
        of_side = side_m is not None and effect.side_m in (0.0, side_m)
        columns.append(effect.at_node * (of_visits or of_side))
    field = eye_array(ground.network.n_nodes)
    return csr_array(hstack([field, csc_array(np.column_stack(columns))]))


def _visited(
    ground: Ground, visits: pd.DataFrame, ids: Objects, design: csr_array
) -> Counts:
    """Return the groups that each visit met."""
    stop = pd.Index(ids).get_indexer(pd.Index(visits["stop"]))
    minutes = visits["minutes"].to_numpy(float)
    hours = SATURATION_MIN / 60 * -np.expm1(-minutes / SATURATION_MIN)
    shape = (len(visits), ground.network.n_nodes)
    rows = np.arange(len(visits))
    exposure = csr_array((hours, (rows, ground.stops[stop])), shape)
    return Counts(visits["groups"].to_numpy(float), exposure, design, np.inf)


def _reported(
    ground: Ground,
    reports: gpd.GeoDataFrame,
    effort: Null | None,
    effects: Sequence[Effect],
) -> list[Counts]:
    """Return the reports from each cell, of each size of cells: also from those without any."""
    xy, side_m = cells_of(reports)
    node_xy = ground.network.node_xy
    nodes = np.arange(len(node_xy))
    nearest_node = KDTree(node_xy)
    weight = ground.km
    if effort is not None:
        _, node = nearest_node.query(effort.xy)
        likely = np.bincount(node, minlength=len(nodes))
        weight = likely / likely.sum() * ground.km.sum()
    counts = []
    for side in np.unique(side_m):
        cells = _cells(node_xy, side)
        here = xy[side_m == side]
        nearest = np.asarray(nearest_node.query(here)[1])
        # A cell without a node, as that of an exact position, is its nearest node's.
        number, row = np.unique(cells, axis=0, return_inverse=True)
        row = row.reshape(-1)
        row_of_cell = {tuple(cell): k for k, cell in enumerate(number.tolist())}
        reported = [
            row_of_cell.get(tuple(cell), row[node])
            for cell, node in zip(
                _cells(here, side).tolist(), nearest, strict=True
            )
        ]
        groups = np.bincount(reported, minlength=len(number)).astype(float)
        exposure = csr_array((weight, (row, nodes)))
        possible = np.asarray(exposure.sum(axis=1)) > 0
        rate = _design(ground, effects, float(side))
        rows = csr_array(exposure[possible])
        counts.append(Counts(groups[possible], rows, rate, np.inf))
    return counts


def _cells(xy: Floats, side_m: float) -> Ints:
    """Return the column and the row of the cell that holds each position, (n, 2)."""
    return np.floor(xy / max(side_m, 1.0)).astype(np.int64)


def _prior(
    network: Network, hyper: Hyper, effects: Sequence[Effect]
) -> csc_array:
    """Return the precision of the field and the effects before anything is counted."""
    field = precision(network, hyper.range_m, hyper.sd)
    sds = np.array([effect.prior.sd for effect in effects])
    return csc_array(block_diag([field, diags_array(1 / sds**2)]))


def _prior_mean(network: Network, effects: Sequence[Effect]) -> Floats:
    medians = np.log([effect.prior.median for effect in effects])
    return np.concatenate([np.zeros(network.n_nodes), medians])


def _moments(
    near: Gaussian, prior: csc_array, at_stops: csr_array, hyper: Hyper
) -> StopMoments:
    """Return mean and covariance of the logarithm of the rate at stops."""
    before = laplace.covariance(laplace.factored(prior), at_stops)
    return StopMoments(
        hyper,
        hyper.log_prior + near.log_marginal,
        at_stops @ near.skewed_mean,
        laplace.covariance(near.factor, at_stops),
        before,
    )
