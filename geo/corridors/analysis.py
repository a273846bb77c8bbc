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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.special import logsumexp, softmax

from geo.arrays import Bools, Each, Floats
from geo.chance import nulls as chance
from geo.chance.nulls import Null, Observers, Window, as_polygon, layer_of
from geo.corridors.distance import (
    Corridors,
    as_corridors,
    fill_by_law,
    located_from,
    node_distances,
)
from geo.corridors.monte_carlo import NullDistances
from geo.corridors.nearness import nearness_tests
from geo.crs import Frame, require_metric
from geo.network.segments import GeometryError, Segments, points_xy
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
    seen, assumed = as_sightings(sightings, uncertainty_m)
    lines = {kind: corridor.lines for kind, corridor in kinds.items()}
    ways = lines.get("road_or_path") if roads is None else roads
    about = {"stations": stations, "roads": ways, "window": layer_of(window)}
    crs = require_metric(sightings=seen, **about, **lines)
    segments = {kind: c.segments for kind, c in kinds.items() if len(c.segments)}
    area = (
        window_about(seen, None, params.window_reach_m)
        if window is None
        else as_polygon(window)
    )
    inside = np.asarray(shapely.intersects_xy(area, *points_xy(seen).T))
    models = _models(params, ways, stations, area, effort)
    nulls = [models[name]() for name in params.nulls]
    assumed += tuple(dict.fromkeys(text for null in nulls for text in null.assumed))
    if params.primary_kind not in kinds:
        assumed += (
            f"no hypothesis was named beforehand: no corridor is {params.primary_kind}",
        )
    return CorridorTests(
        **_tables(seen[inside], segments, nulls, models, params, each),
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
    window = (
        hull
        if boundary is None
        else shapely.intersection(hull, boundary.geometry.union_all())
    )
    if (
        not isinstance(window, (shapely.Polygon, shapely.MultiPolygon))
        or window.is_empty
    ):
        raise GeometryError(
            f"no sighting lies within {reach_m:g} m of the boundary's inside"
        )
    return window


def _models(
    params: CorridorParams,
    roads: Frame | None,
    stations: Frame | None,
    area: Window,
    measured: Null | None,
) -> dict[str, Callable[..., Null]]:
    """Return the null models by name; `GeometryError` if one that is to be used needs roads."""
    n, seed = params.null_points, params.seed
    models: dict[str, Callable[..., Null]] = {
        "uniform": partial(chance.uniform, area, n=n, seed=seed)
    }
    if roads is not None:
        models["effort"] = partial(
            chance.reporting_effort, roads, stations, area, n=n, seed=seed
        )
        models["network"] = partial(chance.on_network, roads, area, n=n, seed=seed)
    if measured is not None:
        models["effort"] = lambda: measured
    missing = [name for name in params.nulls if name not in models]
    if missing:
        raise GeometryError(
            f"no roads were given, nor a corridor road_or_path, and the null {missing[0]} rests on "
            "them. Fix: roads=the ways where an observer may have stood, or only the null of an "
            "even plane, params=CorridorParams(nulls=('uniform',))"
        )
    return models


def _exported(nulls: Sequence[Null], seed: int) -> pd.DataFrame:
    """Return some positions of each null model, for maps."""
    rng, some = np.random.default_rng(seed), []
    for null in nulls:
        xy = rng.choice(
            null.xy, min(EXPORTED, len(null.xy)), replace=False, shuffle=False
        )
        some.append(
            pd.DataFrame({"null": null.name, "geometry": gpd.points_from_xy(*xy.T)})
        )
    return pd.concat(some, ignore_index=True)


def _tables(
    events: gpd.GeoDataFrame,
    lines: Mapping[str, Segments],
    nulls: list[Null],
    models: Mapping[str, Callable[..., Null]],
    params: CorridorParams,
    each: Each,
) -> dict[str, pd.DataFrame]:
    if not len(events) or not lines:
        return {name: table.frame() for name, table in TABLES.items()}
    references = [NullDistances(null, lines, params.bands_m) for null in nulls]
    found = [
        nearness_tests(events, reference, params, each) for reference in references
    ]
    tests, bands, curves = map(list, zip(*found, strict=True))
    if params.vary and nulls[0].name == "effort":
        bands[0] = _robust(bands[0], events, lines, models["effort"], params, each)
    return {
        "tests": CORRIDOR_TESTS.frame(pd.concat(tests)),
        "bands": BAND_TESTS.frame(pd.concat(bands)),
        "curves": CORRIDOR_CURVES.frame(pd.concat(curves)),
        "explained": explain_sightings(events, references[0], params.explain_m),
    }


def _robust(
    bands: pd.DataFrame,
    events: gpd.GeoDataFrame,
    lines: Mapping[str, Segments],
    by_effort: Callable[..., Null],
    params: CorridorParams,
    each: Each,
) -> pd.DataFrame:
    """Mark a verdict as fragile if another effort assumption or another seed overturns it."""
    out, other_seed = bands.copy(), replace(params, seed=params.seed + 1000)
    for effort in VARIED:
        if not (out["verdict"] == "nearer").any():
            break
        reference = NullDistances(by_effort(effort), lines, params.bands_m)
        _, again, _ = nearness_tests(events, reference, other_seed, each)
        lost = (out["verdict"] == "nearer") & (again["p_adjusted"] > params.level)
        out.loc[lost, ["verdict", "depends_on"]] = (
            "fragile",
            f"reporting effort: {effort}",
        )
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
    located = [
        *(located_from(sightings, kind) for kind in names[:-1]),
        np.zeros(len(logs), bool),
    ]
    marked = np.stack(located, axis=1)
    each = _odds(ids_of(sightings), names, logs, marked, _reachable(share, 1))
    every = explain_jointly(names, logs[~marked.any(axis=1)], share)
    return CORRIDOR_EXPLAINED.frame(pd.concat([each, every], ignore_index=True))


def log_ratios(
    sightings: gpd.GeoDataFrame, reference: NullDistances, band_m: float
) -> tuple[list[str], Floats, Floats]:
    """Return explanations, the last of them *none*, and the log-likelihood of each sighting.

    That is (n, explanations), against the null.  Then the share of the null in each band.
    """
    kinds = [kind for kind in reference.kinds if kind not in NOT_COMPARED]
    inside = np.array(
        [reference.distance[kind] <= band_m for kind in kinds], dtype=bool
    )
    inside = inside.reshape(len(kinds), len(reference.null.xy)).T
    share = np.maximum(inside.mean(axis=0), 1 / len(inside))
    tree, lines = cKDTree(reference.null.xy), [reference.lines[kind] for kind in kinds]

    def within(xy: Floats, law: Law) -> Floats:
        """Return the probability that a group so reported was in each band."""
        found = _by_null(xy, law, tree, inside)
        few = np.isnan(found).any(axis=1)
        if few.any():
            places = law.places()
            for k, distance in enumerate(node_distances(xy[few], places, lines)):
                found[few, k] = places.within(distance, band_m) @ places.weight
        return found

    probability = fill_by_law(np.empty((len(sightings), len(kinds))), sightings, within)
    return [*kinds, "none"], _log_ratio(probability, share), np.asarray(share)


def explain_jointly(names: list[str], logs: Floats, share: Floats) -> pd.DataFrame:
    """Return the odds of each explanation, and of a mixture, for all sightings together."""
    sums = np.append(logs.sum(axis=0), _mixture(logs))
    reach = np.append(_reachable(share, len(logs)), 1.0)
    nowhere = np.zeros((1, len(sums)), dtype=bool)
    ids = np.array(["all"], dtype=object)
    return _odds(ids, [*names, "mixture"], sums[None], nowhere, reach)


def _by_null(xy: Floats, law: Law, tree: cKDTree, inside: Bools) -> Floats:
    """Return the share in each band of the null, weighted by the law; NaN where it is `FEW`."""
    found = np.full((len(xy), inside.shape[1]), np.nan)
    if law.reach_m == 0:
        return found
    for row, point in enumerate(xy):
        some = tree.query_ball_point(point, law.reach_m * np.sqrt(2))
        weight = law.density(tree.data[some] - point)
        if (weight > 0).sum() >= FEW:
            found[row] = weight @ inside[some] / weight.sum()
    return found


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
        some = slice(begin, begin + step)
        top = distinct[some].max(axis=1)
        mixed = np.exp(distinct[some] - top[:, None]) @ shares.T
        total += times[some] @ (np.log(mixed) + top[:, None])
    return float(logsumexp(total) - np.log(MIXTURES))


def _odds(
    ids: npt.NDArray[np.object_],
    names: list[str],
    logs: Floats,
    located: Bools,
    reach: Floats,
) -> pd.DataFrame:
    """Return the rows of sightings.  One located from a compared kind is not explained."""
    share = softmax(logs, axis=1)
    n, kinds = logs.shape
    plogp = share * np.log(np.where(share > 0, share, 1.0))
    best = share.argmax(axis=1)
    label = np.array(names, dtype=object)[best]
    open_ = np.where(reach[best] < CERTAIN, "cannot_be_decided", "undecided")
    label = np.where(share.max(axis=1) >= CERTAIN, label, open_)
    label = np.where(located.any(axis=1), "undecided", label)
    return pd.DataFrame(
        {
            "sighting": np.repeat(ids, kinds),
            "corridor": np.tile(np.array(names, dtype=object), n),
            "located_from_kind": located.ravel(),
            "log_ratio": logs.ravel(),
            "share": share.ravel(),
            "share_reachable": np.tile(reach, n),
            "entropy": np.repeat(-plogp.sum(axis=1) / np.log(max(kinds, 2)), kinds),
            "explained_by": np.repeat(label, kinds),
        }
    )
