"""Which corridor explains the sightings best: railway, road, river, none of them, or a mixture.

The explanation *kind k* says: the group was on that corridor, that is, within the null model's
positions that lie in its band.  Its likelihood against the null is, for one sighting, the
probability under the null that a group so reported was in the band, over the share of the null
that is::

    LR = (1 - STRAY) * P(within | report) / share + STRAY

A sighting beside both the railway and the Ibar supports both; the rarer corridor explains it
better, because it says more.  `STRAY` keeps one sighting from ruling a corridor out.

Of all sightings together there is one more explanation, *a mixture*: each group was on one of the
corridors, or on none, in shares that are not known; its likelihood is the mean over all shares.
"""

from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree
from scipy.special import logsumexp, softmax

from geo.arrays import Bools, Floats
from geo.corridors.distance import fill_by_law, located_from, node_distances
from geo.corridors.monte_carlo import NullDistances
from geo.sightings.laws import Law, ids_of
from layers.schema import CORRIDOR_EXPLAINED

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


def explain_sightings(
    sightings: gpd.GeoDataFrame, reference: NullDistances, band_m: float
) -> pd.DataFrame:
    """Return the odds of each corridor kind as explanation of each sighting, and of all together.

    Before the data all explanations are equally likely, *none of them* too.  Within `band_m` of a
    corridor counts as on it.  The rows *all* leave out the sightings that were located from a kind
    that is compared.
    """
    names, logs, share = log_ratios(sightings, reference, band_m)
    located = [*(located_from(sightings, kind) for kind in names[:-1]), np.zeros(len(logs), bool)]
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
    inside = np.array([reference.distance[kind] <= band_m for kind in kinds], dtype=bool)
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
    ids: npt.NDArray[np.object_], names: list[str], logs: Floats, located: Bools, reach: Floats
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
    return pd.DataFrame({
        "sighting": np.repeat(ids, kinds),
        "corridor": np.tile(np.array(names, dtype=object), n),
        "located_from_kind": located.ravel(),
        "log_ratio": logs.ravel(),
        "share": share.ravel(),
        "share_reachable": np.tile(reach, n),
        "entropy": np.repeat(-plogp.sum(axis=1) / np.log(max(kinds, 2)), kinds),
        "explained_by": np.repeat(label, kinds),
    })  # fmt: skip
