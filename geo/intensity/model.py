"""Where groups pass, learnt from visits and from reports together, with what is not known.

The logarithm of the rate is a Gaussian field along the ways (`geo.intensity.field`) with an effect
for each kind of way and each named section.  Visits count groups at stops: hours, saturating, times
the rate, summed over the kinds of way in reach.  Groups that say by which kind of way they came
tell these apart.  Reports come from all ways, thinned by effort and by an unknown bias to towns; a
report's position is its cell, and all positions in it are possible.  Visits that met nobody count
like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
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
    vstack,
)
from scipy.spatial import KDTree

from geo.arrays import Floats, Ints, Objects
from geo.chance.nulls import Null
from geo.crs import Frame, require_metric
from geo.intensity import laplace
from geo.intensity.field import precision
from geo.intensity.laplace import POISSON, Before, Counts
from geo.intensity.posterior import Posterior, StopMoments
from geo.intensity.priors import (
    ASKED,
    KIND,
    LEVEL,
    REPORTED,
    SECTION,
    TOWN,
    Prior,
    grid,
)
from geo.intensity.support import REACH_M, Ground, ground_of, one_of
from geo.network.graph import Network
from geo.network.segments import points_xy
from geo.network.source_lines import NetworkError
from geo.sightings.laws import as_sightings, cells_of, ids_of

SATURATION_MIN: Final = 240.0
"""Minutes after which a longer stay meets hardly any more groups; a judgement."""
LIXEL_M: Final = 1000.0
TOWN_M: Final = 1000.0
"""Ways within this distance of a town or a station have its bias."""
UNLIKELY: Final = 7.0
"""Choices of the field's parameters that are less likely than the best by more, in logarithms, are
left out."""
VISIT_COLUMNS: Final = ("stop", "minutes", "groups")
KIND_COLUMNS: Final = ("stop", "kind", "groups")


def fit(
    ways: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    visits: pd.DataFrame,
    reports: Frame | None = None,
    *,
    kinds: pd.DataFrame | None = None,
    expected: Sequence[float] | Floats | None = None,
    effort: Null | None = None,
    towns: Frame | None = None,
    lixel_m: float = LIXEL_M,
    reach_m: float = REACH_M,
    uncertainty_m: float | None = None,
) -> Posterior:
    """Return what visits and reports tell of the rate of groups at stops.

    Parameters
    ----------
    ways : geopandas.GeoDataFrame of LineString, projected CRS in metres
        All ways along which people may pass; a column ``corridor`` names the kind of each, and each
        kind gets an effect; so does each name in a column ``section``.
    stops : geopandas.GeoDataFrame of Point, in the CRS of the ways
        Public stops, with ``id``: the only places of which anything is told.
    visits : pandas.DataFrame
        A row for each visit: ``stop``, an id; ``minutes`` above 0; ``groups`` that were met, 0 too.
        A row for several of equal length has ``visits``, their number, and the sums of the others.
    reports : GeoDataFrame or GeoSeries of Point, in the CRS of the ways, optional
        Columns as for `geo.corridors.proximity`.
    kinds : pandas.DataFrame, optional
        Of groups that were met, by which kind of way they said that they came: a row for each
        ``stop`` and ``kind``, as named in ``corridor``, with the number of ``groups``.  A kind that
        has no way in reach of the stop tells nothing.
    expected : (s,) array, optional
        What is assumed of the rate at each stop before anything is counted, over that elsewhere; by
        default all are alike.  A way has that of the nearest stop.  It holds as firmly as the field
        allows: as much as ``1 / sd²`` groups.
    effort : geo.chance.nulls.Null, optional
        Where reports are likely, whoever passes; by default from every metre alike.
    towns : GeoDataFrame or GeoSeries of Point, in the CRS of the ways, optional
        Towns and stations, which may report more: by how much is estimated.
    lixel_m : float, metres
        The field is known at points of the ways no farther apart.
    reach_m : float, metres
        Groups come to a stop from each kind of way within this distance, at least from the nearest.
    uncertainty_m : float, metres, optional
        As for `geo.corridors.proximity`.

    Returns
    -------
    geo.intensity.Posterior

    Raises
    ------
    geo.crs.CRSError
        If a layer is not in metres, or not in the CRS of the ways.
    geo.network.source_lines.NetworkError
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
    require_metric(ways=ways, stops=stops, reports=reports, towns=towns)
    ids = ids_of(stops, "stops")
    _check(visits, ids, VISIT_COLUMNS)
    if not (visits["minutes"] > 0).all():
        raise NetworkError(
            "a visit has no minutes above 0. Fix: only visits that were made"
        )
    ground = ground_of(ways, stops, lixel_m, reach_m)
    if expected is None:
        expected = np.ones(len(ids))
    expected = np.asarray(expected, dtype=float)
    sources = [_visited(ground, visits, ids, expected)]
    if kinds is not None:
        _check(kinds, ids, KIND_COLUMNS)
        sources.append(_asked(ground, kinds, ids))
    _, nearest = KDTree(points_xy(stops)).query(ground.network.node_xy)
    sources += _reported(ground, seen, expected[nearest], effort, towns)
    moments = _moments(ground, sources)
    return Posterior(
        ids,
        ground.points["stop"].to_numpy(),
        moments,
        int(_number(visits).sum()),
        len(seen),
        assumed,
        expected,
    )


@dataclass(frozen=True)
class Source:
    """Counts from one source, and the places at which the rate makes them."""

    groups: Floats
    """(r,)"""
    exposure: csr_array
    """(r, m): mean of each count for a rate of one at each place."""
    field: csr_array
    """(m, n): the field at each place, of its nodes."""
    classes: csr_array
    """(m, classes): the classes of way at each place."""
    source_effects: Floats
    """(m, e): effects of this source only at each place."""
    priors: tuple[Prior, ...] = ()
    """Their priors, e of them."""
    visits: Floats | None = None
    """(r,): visits behind each count, which are overdispersed; None for none."""


def _none_at(ways: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries([], crs=ways.crs)


def _check(rows: pd.DataFrame, ids: Objects, columns: Sequence[str]) -> None:
    """Raise `NetworkError` for visits or answers that cannot be counted."""
    missing = [name for name in columns if name not in rows]
    if missing:
        raise NetworkError(
            f"visits have no column {', '.join(missing)}. Fix: one of them for each visit"
        )
    strange = sorted(set(rows["stop"]) - set(ids))
    if strange:
        raise NetworkError(
            f"visits name the stop {strange[0]!r}, which is not among the stops. Fix: add it there"
        )
    if not (rows["groups"] >= 0).all():
        raise NetworkError("a visit has groups below 0. Fix: 0 where nobody was met")


def _number(visits: pd.DataFrame) -> Floats:
    """Return the number of visits of each row."""
    if "visits" not in visits:
        return np.ones(len(visits))
    return visits["visits"].to_numpy(float)


def _visited(
    ground: Ground, visits: pd.DataFrame, ids: Objects, expected: Floats
) -> Source:
    """Return the groups that visits met, by whichever way in reach of their stop."""
    stop = pd.Index(ids).get_indexer(pd.Index(visits["stop"]))
    number = _number(visits)
    minutes = visits["minutes"].to_numpy(float) / number
    hours = SATURATION_MIN / 60 * -np.expm1(-minutes / SATURATION_MIN)
    at_stop = one_of(ground.points["stop"].to_numpy(), len(ids)).T
    weight = number * hours * expected[stop]
    exposure = diags_array(weight) @ at_stop.tocsr()[stop]
    return Source(
        visits["groups"].to_numpy(float),
        csr_array(exposure),
        ground.field_at_points,
        ground.class_at_points,
        np.empty((len(ground.points), 0)),
        visits=number,
    )


def _asked(ground: Ground, kinds: pd.DataFrame, ids: Objects) -> Source:
    """Return the groups that came by each kind of way in reach of their stop.

    Of the groups of a stop those by each kind are multinomial, as the rates on its ways.  That is
    the likelihood of Poisson counts whose level at each stop is unknown (S. G. Baker, "The
    multinomial-Poisson transformation", The Statistician 43 (1994) 495-504).
    """
    points = ground.points
    kind_of_point = ground.classes["kind"].to_numpy()[points["class"]]
    seen = pd.MultiIndex.from_arrays([ids[points["stop"]], kind_of_point])
    in_reach = seen.unique()
    answers = kinds.groupby(["stop", "kind"])["groups"].sum()
    groups = answers.reindex(in_reach, fill_value=0).to_numpy(float)
    stop = pd.Index(ids).get_indexer(in_reach.get_level_values(0))
    told = np.flatnonzero(np.bincount(stop, groups))
    counted = np.isin(stop, told)
    level_of_stop = one_of(points["stop"].to_numpy(), len(ids))[:, told]
    exposure = one_of(in_reach.get_indexer(seen), len(in_reach)).T
    return Source(
        groups[counted],
        csr_array(exposure.tocsr()[counted]),
        ground.field_at_points,
        ground.class_at_points,
        level_of_stop.toarray(),
        (ASKED,) * len(told),
    )


def _reported(
    ground: Ground,
    reports: gpd.GeoDataFrame,
    expected: Floats,
    effort: Null | None,
    towns: Frame | None,
) -> list[Source]:
    """Return the reports from each cell, of each size of cells: also from those without any."""
    xy, side_m = cells_of(reports)
    nodes = np.arange(len(ground.network.node_xy))
    nearest_node = KDTree(ground.network.node_xy)
    weight = _weight(ground, nearest_node, effort) * expected
    source_effects, priors = _bias(ground, towns)
    sources = []
    for side in np.unique(side_m):
        groups, row = _from_cells(nearest_node, xy[side_m == side], side)
        exposure = csr_array((weight, (row, nodes)))
        possible = np.asarray(exposure.sum(axis=1)) > 0
        sources.append(
            Source(
                groups[possible],
                csr_array(exposure[possible]),
                csr_array(eye_array(len(nodes))),
                ground.share,
                source_effects,
                priors,
            )
        )
    return sources


def _weight(ground: Ground, nodes: KDTree, effort: Null | None) -> Floats:
    """Return the kilometres at each node; with a measured `effort` shared out by that."""
    km = np.asarray(ground.km.sum(axis=1), dtype=float)
    if effort is None:
        return km
    _, node = nodes.query(effort.xy)
    reports = np.bincount(node, minlength=len(km))
    return np.asarray(reports / reports.sum() * km.sum())


def _bias(ground: Ground, towns: Frame | None) -> tuple[Floats, tuple[Prior, ...]]:
    """Return the effects of reports at each node, a column each, and their priors."""
    node_xy = ground.network.node_xy
    everywhere = np.ones(len(node_xy))
    if towns is None or not len(towns):
        return everywhere[:, None], (REPORTED,)
    distance_m, _ = KDTree(points_xy(towns)).query(node_xy)
    in_town = np.where(np.asarray(distance_m) <= TOWN_M, 1.0, 0.0)
    return np.column_stack([everywhere, in_town]), (REPORTED, TOWN)


def _from_cells(nodes: KDTree, xy: Floats, side_m: float) -> tuple[Floats, Ints]:
    """Return the number of reports from each cell, and the cell of each node."""
    number, row = np.unique(_cells(nodes.data, side_m), axis=0, return_inverse=True)
    row = row.reshape(-1)
    row_of_cell = {tuple(cell): k for k, cell in enumerate(number.tolist())}
    # A cell without a node, as that of an exact position, is its nearest node's.
    nearest = np.asarray(nodes.query(xy)[1])
    cells = _cells(xy, side_m).tolist()
    reported = [
        row_of_cell.get(tuple(cell), row[node])
        for cell, node in zip(cells, nearest, strict=True)
    ]
    return np.bincount(reported, minlength=len(number)).astype(float), row


def _cells(xy: Floats, side_m: float) -> Ints:
    """Return the column and the row of the cell that holds each position, (n, 2)."""
    return np.floor(xy / max(side_m, 1.0)).astype(np.int64)


# One loop: each fit starts from the mode of the one before.
def _moments(ground: Ground, sources: Sequence[Source]) -> tuple[StopMoments, ...]:
    """Return mean and covariance at the points that stops see, of each likely choice."""
    effects = [ground.effects(column) for column in ("kind", "section")]
    priors = [LEVEL, *[KIND] * effects[0].shape[1]]
    priors += [SECTION] * effects[1].shape[1]
    parts = 2 if SECTION in priors else 1
    # To find an order takes longer than to factor: nodes are put in one once, effects stay last.
    order = _order(ground.network, sources)
    sources = [replace(source, field=source.field[:, order]) for source in sources]
    priors += [prior for source in sources for prior in source.priors]
    counts = _stacked(sources, csr_array(hstack(effects)))
    visits = np.concatenate(
        [
            np.zeros(len(source.groups)) if source.visits is None else source.visits
            for source in sources
        ]
    )
    at_points = csr_array(counts.design[: len(ground.points)])
    moments: list[StopMoments] = []
    fitted = None
    best = -np.inf
    for (range_m, sd), choices in groupby(
        grid(visited=bool(visits.any())), lambda hyper: (hyper.range_m, hyper.sd)
    ):
        sd_of_part = sd / parts**0.5
        before = _before(ground.network, order, range_m, sd_of_part, priors)
        prior_covariance = laplace.covariance(before.factor, at_points)
        for hyper in choices:
            size = np.where(visits, hyper.size * visits, POISSON)
            counts = replace(counts, size=size)
            fitted = laplace.fit(before, counts, fitted.mode if fitted else None)
            log_weight = hyper.log_prior + fitted.log_marginal
            best = max(best, log_weight)
            if log_weight < best - UNLIKELY:
                continue
            moments.append(
                StopMoments(
                    hyper,
                    log_weight,
                    at_points @ fitted.mode,
                    laplace.covariance(fitted.factor, at_points),
                    prior_covariance,
                )
            )
    return tuple(moments)


def _stacked(sources: Sequence[Source], effects: csr_array) -> Counts:
    """Return the counts of all sources, of one vector: field, level, classes, effects of sources.

    `effects` are of the classes, (classes, e).
    """
    classes = vstack([source.classes for source in sources])
    design = hstack(
        [
            vstack([source.field for source in sources]),
            csr_array(np.ones((classes.shape[0], 1))),
            classes @ effects,
            block_diag([csr_array(source.source_effects) for source in sources]),
        ]
    )
    groups = np.concatenate([source.groups for source in sources])
    return Counts(
        groups,
        csr_array(block_diag([source.exposure for source in sources])),
        csr_array(design),
        np.full(len(groups), POISSON),
    )


def _order(network: Network, sources: Sequence[Source]) -> Ints:
    """Return the order of the nodes in which the field, once counted, has sparse factors."""
    counted = csr_array(vstack([source.exposure @ source.field for source in sources]))
    field = precision(network, REACH_M, 1.0)
    return laplace.elimination_order(field + csc_array(counted.T @ counted))


def _before(
    network: Network, order: Ints, range_m: float, sd: float, priors: Sequence[Prior]
) -> Before:
    """Return the field, its nodes in an order, and the effects before anything is counted.

    Sections have the standard deviation of the field, `sd`.
    """
    field = precision(network, range_m, sd)[order][:, order]
    sds = np.array([sd if prior is SECTION else prior.sd for prior in priors])
    matrix = csc_array(block_diag([field, diags_array(1 / sds**2)]))
    medians = np.log([prior.median for prior in priors])
    mean = np.concatenate([np.zeros(network.n_nodes), medians])
    return Before(matrix, mean, laplace.factored(matrix))
