"""Are sightings nearer to corridors than chance, and which corridor explains them best.

All tests are made under all null models, in one call.

The explanation *kind k* says: the group was on that corridor, that is, within the null model's
positions that lie in its band.  Its likelihood against the null is, for one sighting, the
probability under the null that a group so reported was in the band, over the share of the null
that is::

    LR = (1 - STRAY) * P(within | report) / share + STRAY

A sighting beside both the railway and the Ibar supports both; the rarer corridor explains it
better, because it says more.  `STRAY` keeps one sighting from ruling a corridor out.

All sightings together have one more explanation, *a mixture*: each group was on one of the
corridors, or on none, in shares that are not known; its likelihood is the mean over all shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.special import logsumexp, softmax

from geo.arguments import require_params
from geo.arrays import Bools, Each, Floats, Objects
from geo.chance.nulls import (
    Null,
    Observers,
    Window,
    as_polygon,
    layer_of,
    on_network,
    reporting_effort,
    require_null,
    uniform,
)
from geo.corridors.distance import (
    Corridors,
    as_corridors,
    fill_by_law,
    located_from,
    node_distances,
)
from geo.corridors.monte_carlo import NullDistances
from geo.corridors.nearness import compared, nearness_tests
from geo.crs import Frame, require_metric
from geo.network.segments import GeometryError, points_xy
from geo.params import CorridorParams
from geo.results import CorridorTests
from geo.schema import BAND_TESTS, CORRIDOR_CURVES, CORRIDOR_EXPLAINED, CORRIDOR_TESTS
from geo.sightings.laws import Law, as_sightings, ids_of

VARIED: Final = (
    Observers(),
    Observers(sight_m=100.0),
    Observers(sight_m=400.0),
    Observers(residential=0.2, main_roads=0.6),
    Observers(residential=0.6, main_roads=0.2),
    Observers(residential=0.3, main_roads=0.3, stations=0.4),
)
"""Assumptions on reporting effort that a verdict must survive; the first with another seed."""
TABLES: Final = {
    "tests": CORRIDOR_TESTS,
    "bands": BAND_TESTS,
    "curves": CORRIDOR_CURVES,
    "explained": CORRIDOR_EXPLAINED,
}
EXPORTED: Final = 2000
"""Positions of each null that are handed on for the map."""

NOT_COMPARED: Final = ("road_or_path",)
"""Kinds that hold others, and so explain nothing by themselves."""
STRAY: Final = 0.05
"""Share of groups of a corridor that are seen away from it.  Assumed."""
CERTAIN: Final = 0.8
"""An explanation of at least this probability is named; else the sighting is undecided."""
FEW: Final = 20
"""Where fewer null positions lie about a report, its places are equally likely."""
MIXTURES: Final = 4000
"""Shares of the explanations that stand for all, in the likelihood of a mixture."""
AT_ONCE: Final = 1 << 22
"""Likelihoods that are held in memory at a time."""


# A comparison in order: most locals are the layers that it was given, made ready.
def compare_with_chance(
    sightings: Frame,
    corridors: Corridors,
    stations: Frame | None = None,
    window: Window | None = None,
    params: CorridorParams | None = None,
    *,
    roads: Frame | None = None,
    uncertainty_m: float | None = None,
    effort: Null | None = None,
    each: Each = map,
) -> CorridorTests:
    """Test whether sightings lie nearer to corridors than chance, and which explains them best.

    Layers are in one CRS in metres; ``assumed`` says what stands in for what they do not hold.
    Tables are empty where no sighting lies in the window.

    Parameters
    ----------
    sightings, corridors, uncertainty_m
        Events only; as for `proximity`.
    stations : points at which an observer may have stood, optional
    window : polygon, (x0, y0, x1, y1) or layer of polygons, by default as from `window_about`
    params : geo.params.CorridorParams, optional
        The first of its ``nulls`` decides what explains best.  Where no corridor is its
        ``primary_kind``, all hypotheses are exploratory.
    roads : lines, by default the corridor ``road_or_path``
        Along which an observer may have stood (null ``effort``) and people may be (``network``).
    effort : geo.chance.nulls.Null, optional
        Measured effort, in place of the null ``effort`` that is assumed.
    each : geo.arrays.Each, optional
        Runs blocks of simulations; by default one after the other.

    Returns
    -------
    geo.results.CorridorTests

    Raises `CRSError`, `GeometryError` and `UncertaintyError` as `proximity`; and `GeometryError` if
    a null needs roads and there are none.

    Examples
    --------
    >>> canal = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy(range(0, 9000, 1000), [60] * 9, crs=9141)
    >>> params = CorridorParams(nulls=("uniform",), simulations=99, primary_kind="canal")
    >>> tests = compare_with_chance(seen, {"canal": canal}, params=params, uncertainty_m=50)
    >>> tests.bands.loc[tests.bands["primary"], ["band_m", "p", "verdict"]].values.tolist()
    [[250.0, 0.01, 'nearer']]
    """
    params, kinds = params or CorridorParams(), as_corridors(corridors)
    require_params(params, CorridorParams)
    require_null(effort)
    seen, assumed = as_sightings(sightings, uncertainty_m)
    lines = {kind: corridor.lines for kind, corridor in kinds.items()}
    ways = lines.get("road_or_path") if roads is None else roads
    about = {"stations": stations, "roads": ways, "window": layer_of(window)}
    by_name = {f"corridors[{kind!r}]": frame for kind, frame in lines.items()}
    crs = require_metric(sightings=sightings, **about, **by_name)
    area = (
        as_polygon(window)
        if window is not None
        else window_about(seen, reach_m=params.window_reach_m)
    )
    inside = np.asarray(shapely.intersects_xy(area, *points_xy(seen).T))
    models = _Models(params, ways, stations, area, effort)
    nulls = [models.null(name) for name in params.nulls]
    assumed += tuple(dict.fromkeys(text for null in nulls for text in null.assumed))
    if params.primary_kind not in kinds:
        missing = f"no corridor is {params.primary_kind}"
        assumed += (f"no hypothesis was named beforehand: {missing}",)
    segments = {kind: c.segments for kind, c in kinds.items() if len(c.segments)}
    references = [NullDistances(null, segments, params.bands_m, each) for null in nulls]
    return CorridorTests(
        **_tables(seen[inside], references, models),
        nulls=gpd.GeoDataFrame(_exported(nulls, params.seed), crs=crs),
        window=gpd.GeoDataFrame(geometry=[area], crs=crs),
        outside=tuple(ids_of(seen)[~inside]),
        level=params.level,
        simulations=params.simulations,
        assumed=assumed,
    )


def window_about(
    sightings: Frame, boundary: Frame | None = None, reach_m: float = 10_000.0
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the window of chance: within `reach_m` of the sightings' convex hull, and inside.

    Layers of points, and of polygons if any, are in one projected CRS in metres.  Raises
    `GeometryError` if there are no sightings, or none near the boundary's inside.

    Parameters
    ----------
    sightings : GeoDataFrame or GeoSeries of Point, projected CRS in metres
    boundary : layer of polygons in the same CRS, optional
        The window does not leave it.
    reach_m : float, metres

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon

    Examples
    --------
    >>> seen = gpd.GeoSeries.from_xy([0, 400], [0, 300], crs=9141)
    >>> [round(bound) for bound in window_about(seen, reach_m=100).bounds]
    [-100, -100, 500, 400]
    """
    require_metric(sightings=sightings, boundary=boundary)
    if not 0 <= reach_m < np.inf:
        raise GeometryError(f"reach_m is {reach_m:g}. Fix: finite metres, 0 or more")
    if not len(sightings):
        raise GeometryError("there are no sightings, so there is no window about them")
    hull = shapely.MultiPoint(points_xy(sightings)).convex_hull.buffer(reach_m)
    window: shapely.Geometry = hull
    if boundary is not None:
        window = shapely.intersection(hull, boundary.geometry.union_all())
    if isinstance(window, (shapely.Polygon, shapely.MultiPolygon)) and window.area:
        return window
    raise GeometryError(
        f"no sighting lies within {reach_m:g} m of the boundary's inside"
    )


@dataclass(frozen=True)
class _Models:
    """What the null models of a comparison rest on."""

    params: CorridorParams
    roads: Frame | None
    stations: Frame | None
    area: shapely.Polygon | shapely.MultiPolygon
    measured: Null | None
    """Stands in place of the null ``effort``."""

    def null(self, name: str, observers: Observers | None = None) -> Null:
        """Return the null model of a name; `GeometryError` if it needs roads that are not there."""
        n, seed = self.params.null_points, self.params.seed
        if name == "uniform":
            return uniform(self.area, n=n, seed=seed)
        if name == "effort" and self.measured is not None:
            return self.measured
        if self.roads is None:
            raise GeometryError(
                f"no roads were given, nor a corridor road_or_path, and the null {name} rests on "
                "them. Fix: roads=the ways where an observer may have stood, or only the null of "
                "an even plane, params=CorridorParams(nulls=('uniform',))"
            )
        if name == "network":
            return on_network(self.roads, self.area, n=n, seed=seed)
        return reporting_effort(
            self.roads, self.stations, self.area, observers, n=n, seed=seed
        )


def _exported(nulls: Sequence[Null], seed: int) -> pd.DataFrame:
    """Return positions of each null model, at most `EXPORTED`, for maps."""
    rng, tables = np.random.default_rng(seed), []
    for null in nulls:
        n = min(EXPORTED, len(null.xy))
        xy = rng.choice(null.xy, n, replace=False, shuffle=False)
        points = gpd.points_from_xy(*xy.T)
        tables.append(pd.DataFrame({"null": null.name, "geometry": points}))
    return pd.concat(tables, ignore_index=True)


def _tables(
    events: gpd.GeoDataFrame, references: Sequence[NullDistances], models: _Models
) -> dict[str, pd.DataFrame]:
    """Return the tables of `CorridorTests`."""
    params, first = models.params, references[0]
    if not len(events) or not first.lines:
        return {name: table.frame() for name, table in TABLES.items()}
    of_nulls = [nearness_tests(events, reference, params) for reference in references]
    tests, bands, curves = map(list, zip(*of_nulls, strict=True))
    is_assumed = first.null.name == "effort" and models.measured is None
    if is_assumed:
        bands[0] = _robust(bands[0], events, first, models)
    return {
        "tests": CORRIDOR_TESTS.frame(pd.concat(tests)),
        "bands": BAND_TESTS.frame(pd.concat(bands)),
        "curves": CORRIDOR_CURVES.frame(pd.concat(curves)),
        "explained": explain_sightings(events, first, params.explain_m),
    }


def _robust(
    bands: pd.DataFrame, events: gpd.GeoDataFrame, first: NullDistances, models: _Models
) -> pd.DataFrame:
    """Mark a verdict as fragile if another effort assumption or another seed overturns it."""
    params, out = models.params, bands.copy()
    tested = out.index[out["p_adjusted"].notna()]
    other_seed = replace(params, seed=params.seed + 1000)
    for observers in VARIED:
        nearer = out["verdict"] == "nearer"
        if not nearer.any():
            break
        null = models.null("effort", observers)
        reference = replace(first, null=null, shares=())
        varied = compared(events, reference, other_seed)
        adjusted = pd.Series(varied.adjusted, tested).reindex(out.index)
        lost = nearer & (adjusted > params.level)
        reason = f"reporting effort: {observers}"
        out.loc[lost, ["verdict", "depends_on"]] = "fragile", reason
    return out


def explain_sightings(
    sightings: gpd.GeoDataFrame, reference: NullDistances, band_m: float
) -> pd.DataFrame:
    """Return the odds of each corridor kind as explanation of each sighting, and of all together.

    Before the data all explanations are equally likely, *none of them* too.  Within `band_m` of a
    corridor counts as on it.  The rows *all* leave out the sightings that were located from a kind
    that is compared.
    """
    names, logs, share = log_ratios(sightings, reference, band_m)
    located = np.zeros(logs.shape, dtype=bool)
    for column, kind in enumerate(names[:-1]):
        located[:, column] = located_from(sightings, kind)
    single = _odds(ids_of(sightings), names, logs, located, _reachable(share, 1))
    together = explain_jointly(names, logs[~located.any(axis=1)], share)
    return CORRIDOR_EXPLAINED.frame(pd.concat([single, together], ignore_index=True))


def log_ratios(
    sightings: gpd.GeoDataFrame, reference: NullDistances, band_m: float
) -> tuple[list[str], Floats, Floats]:
    """Return explanations, the last of them *none*, and the log-likelihood of each sighting.

    That is (n, explanations), against the null.  Then the share of the null in each band.
    """
    kinds = [kind for kind in reference.kinds if kind not in NOT_COMPARED]
    positions = reference.null.xy
    inside = np.zeros((len(positions), len(kinds)), dtype=bool)
    for column, kind in enumerate(kinds):
        inside[:, column] = reference.distance[kind] <= band_m
    share = np.maximum(inside.mean(axis=0), 1 / len(inside))
    tree, lines = cKDTree(positions), [reference.lines[kind] for kind in kinds]

    def within(xy: Floats, law: Law) -> Floats:
        """Return the probability that a group so reported was in each band."""
        probability = _by_null(xy, law, tree, inside)
        few = np.isnan(probability).any(axis=1)
        if few.any():
            places = law.places()
            for k, distance in enumerate(node_distances(xy[few], places, lines)):
                probability[few, k] = places.within(distance, band_m) @ places.weight
        return probability

    of_all = fill_by_law(np.empty((len(sightings), len(kinds))), sightings, within)
    return [*kinds, "none"], _log_ratio(of_all, share), share


def explain_jointly(names: list[str], logs: Floats, share: Floats) -> pd.DataFrame:
    """Return the odds of each explanation, and of a mixture, for all sightings together."""
    sums = np.append(logs.sum(axis=0), _mixture(logs))
    reach = np.append(_reachable(share, len(logs)), 1.0)
    nowhere = np.zeros((1, len(sums)), dtype=bool)
    ids = np.array(["all"], dtype=object)
    return _odds(ids, [*names, "mixture"], sums[None], nowhere, reach)


def _by_null(xy: Floats, law: Law, tree: cKDTree, inside: Bools) -> Floats:
    """Return the share in each band of the null, weighted by the law; NaN where it is `FEW`."""
    share = np.full((len(xy), inside.shape[1]), np.nan)
    if law.reach_m == 0:
        return share
    for row, point in enumerate(xy):
        near_point = tree.query_ball_point(point, law.reach_m * np.sqrt(2))
        weight = law.density(tree.data[near_point] - point)
        if (weight > 0).sum() >= FEW:
            share[row] = weight @ inside[near_point] / weight.sum()
    return share


def _log_ratio(within: Floats, share: Floats) -> Floats:
    """Return the logarithm of each explanation's likelihood ratio; of none it is 0."""
    ratio = (1 - STRAY) * within / share + STRAY
    return np.column_stack([np.log(ratio), np.zeros(len(within))])


def _reachable(share: Floats, n: int) -> Floats:
    """Return the largest share that `n` sightings could give each explanation."""
    best = n * _log_ratio(np.eye(len(share)), share)
    nowhere = n * _log_ratio(np.zeros((1, len(share))), share)
    return np.append(np.diag(softmax(best, axis=1)), softmax(nowhere, axis=1)[0, -1])


def _mixture(logs: Floats) -> float:
    """Return the logarithm of the mean likelihood over all shares of the explanations."""
    if not len(logs):
        return 0.0
    shares = np.random.default_rng(0).dirichlet(np.ones(logs.shape[1]), MIXTURES)
    distinct, times = np.unique(logs, axis=0, return_counts=True)
    total = np.zeros(MIXTURES)
    step = max(AT_ONCE // MIXTURES, 1)
    for begin in range(0, len(distinct), step):
        rows = slice(begin, begin + step)
        top = distinct[rows].max(axis=1)[:, None]
        mixed = np.exp(distinct[rows] - top) @ shares.T
        total += times[rows] @ (np.log(mixed) + top)
    return float(logsumexp(total) - np.log(MIXTURES))


def _odds(
    ids: Objects, names: list[str], logs: Floats, located: Bools, reach: Floats
) -> pd.DataFrame:
    """Return the rows of sightings.  One located from a compared kind is not explained."""
    share = softmax(logs, axis=1)
    n, kinds = logs.shape
    kind_names = np.array(names, dtype=object)
    best = share.argmax(axis=1)
    undecided = np.where(reach[best] < CERTAIN, "cannot_be_decided", "undecided")
    label = np.where(share.max(axis=1) >= CERTAIN, kind_names[best], undecided)
    label = np.where(located.any(axis=1), "undecided", label)
    return pd.DataFrame(
        {
            "sighting": ids.repeat(kinds),
            "corridor": np.tile(kind_names, n),
            "located_from_kind": located.ravel(),
            "log_ratio": logs.ravel(),
            "share": share.ravel(),
            "share_reachable": np.tile(reach, n),
            "explained_by": label.repeat(kinds),
        }
    )
