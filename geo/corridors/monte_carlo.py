"""Is it nearer than chance?  Monte Carlo tests of sightings, with their uncertainty kept.

Data and simulations carry the same error, so it is not added twice::

    null model --draw--> true place --error, grid--> report --average over--> features
                                                              its places
    real sighting -------------------------------->  report --average over--> features

Each law of the sightings has a *pool* of such reports, with the features that the statistics need.
A simulation first draws the pool anew from itself (a bootstrap), then the sightings from that.  So
the simulations vary by the error of a pool of this size too, and the level holds at any number of
sightings.  All corridor kinds share the draws, so that a family of tests can be adjusted jointly.

References
----------
Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 4.2.
Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing, algorithm 4.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from geo.arrays import Bools, Each, Floats, Ints
from geo.chance.nulls import Null
from geo.corridors.distance import node_distances
from geo.network.segments import Segments
from geo.sightings.laws import Law

Singles = npt.NDArray[np.float32]
"""Single precision: features are many, and single shares of sightings."""
NODES: Final = 4
"""Nodes of the quadrature along each axis, at least, that stand for a law in the tests."""
POOL: Final = (1000, 12_000)
"""A pool holds `PER_SIGHTING` reports for each sighting, within these bounds."""
PER_SIGHTING: Final = 20
LEAST_PER_SIGHTING: Final = 2
"""Reports for each sighting that a pool holds, however many sightings there are."""
BLOCK: Final = 50
"""Simulations that share a seed."""
CURVE_SHARES: Final = tuple((k + 0.5) / 20 for k in range(20))
"""Shares of the null at whose distances the distribution function is compared with its envelope."""
ROWS_AT_ONCE: Final = 20_000
"""Reported places that are measured together."""
FEWER: Final = 8
"""Where a pool has more than so many reports for each one drawn, those drawn are added one by one;
else a product of matrices counts all."""


@dataclass(frozen=True)
class NullDistances:
    """Distances from a null model's positions to corridors: what sightings are compared with."""

    null: Null
    lines: Mapping[str, Segments]
    """Corridors by kind."""
    bands: Sequence[float]
    each: Each = map
    """Runs blocks of simulations."""
    shares: Sequence[float] = CURVE_SHARES
    """Shares of the null that make the curve; none for tests of bands alone."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of corridor."""
        return tuple(self.lines)

    @cached_property
    def distance(self) -> dict[str, Floats]:
        """Distances by kind, in the order of the null's positions."""
        return {kind: s.nearest(self.null.xy)[0] for kind, s in self.lines.items()}

    @cached_property
    def curve_m(self) -> dict[str, Floats]:
        """Distances by kind within which `shares` of the null lie."""
        if not self.shares:
            return dict.fromkeys(self.lines, np.empty(0))
        return {kind: np.quantile(d, self.shares) for kind, d in self.distance.items()}

    @property
    def width(self) -> int:
        """Number of features of a report for each kind: bands, then curve."""
        return len(self.bands) + len(self.shares)

    def features(self, xy: Floats, law: Law) -> Singles:
        """Return the features of reported points, averaged over where each may come from.

        From (n, 2) points to (n, kinds, width): share within each band and within each distance of
        the curve.
        """
        places = law.places(NODES)
        out = np.empty((len(xy), len(self.lines), self.width), dtype=np.float32)
        for begin in range(0, len(xy), ROWS_AT_ONCE):
            rows = slice(begin, begin + ROWS_AT_ONCE)
            distances = node_distances(xy[rows], places, self.lines.values())
            for k, distance in enumerate(distances):
                cuts_m = [*self.bands, *self.curve_m[self.kinds[k]]]
                shares = [
                    places.within(distance, cut) @ places.weight for cut in cuts_m
                ]
                out[rows, k] = np.stack(shares, axis=1)
        return out


@dataclass(frozen=True)
class Pool:
    """Reports of one law under the null."""

    features: Singles
    """(distinct reports, kinds, width)"""
    report: Ints
    """(size,): which of the distinct reports each member of the pool is."""
    true_distance: Floats
    """(size, kinds): distances of the true place of each member."""


@dataclass(frozen=True)
class Group:
    """Sightings alike in law and in the kinds that they test."""

    law: int
    """Number of the law."""
    tests: Bools
    """(kinds,)"""
    members: Ints
    """(n,): positions of the sightings."""


def pool_size(sightings: int) -> int:
    """Return how many reports a pool holds for a number of sightings."""
    size = int(np.clip(PER_SIGHTING * sightings, *POOL))
    return max(size, LEAST_PER_SIGHTING * sightings)


def pools(
    laws: Sequence[Law], reference: NullDistances, sightings: Sequence[int], seed: int
) -> list[Pool]:
    """Return a pool of reports under the null for each law.

    Parameters
    ----------
    laws : sequence of geo.sightings.laws.Law
    reference : NullDistances
    sightings : sequence of int
        Number of the sightings of each law; its pool is large enough for them.
    seed : int
        Each law draws with a seed of its own.
    """
    of_laws = []
    seeds = np.random.SeedSequence(seed).spawn(len(laws))
    for law, n, of_law in zip(laws, sightings, seeds, strict=True):
        rng = np.random.default_rng(of_law)
        true = reference.null.draw(pool_size(n), rng)
        distinct, report = np.unique(law.report(true, rng), axis=0, return_inverse=True)
        away = [lines.nearest(true)[0] for lines in reference.lines.values()]
        features = reference.features(distinct, law)
        of_laws.append(Pool(features, report.reshape(-1), np.stack(away, axis=1)))
    return of_laws


def groups_of(law: Ints, tests: Bools) -> list[Group]:
    """Return the groups of sightings alike in law, (n,), and in what they test, (n, kinds)."""
    rows = np.column_stack([law, tests.astype(int)])
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    return [
        Group(int(row[0]), row[1:].astype(bool), np.flatnonzero(which.reshape(-1) == k))
        for k, row in enumerate(distinct)
    ]


def simulate(
    pools_by_law: Sequence[Pool],
    groups: Sequence[Group],
    *,
    simulations: int,
    seed: int,
    each: Each = map,
) -> tuple[Floats, Singles]:
    """Return simulated data sets of the same sightings under the null.

    Parameters
    ----------
    pools_by_law, groups
        As from `pools` and `groups_of`.
    simulations, seed : int
        Each block of simulations has a seed of its own, so that more simulations begin with the
        same.
    each : geo.arrays.Each
        Runs the blocks, in any order and place.

    Returns
    -------
    (array, array)
        The sums of features over the sightings that test each kind, (simulations, kinds, width);
        the features of one sighting of each group, (simulations, groups, kinds, width).
    """

    def block(number: int) -> tuple[Floats, Singles]:
        size = min(BLOCK, simulations - number * BLOCK)
        block_seed = np.random.SeedSequence(seed, spawn_key=(number,))
        return _block(pools_by_law, groups, size, np.random.default_rng(block_seed))

    sums, first = zip(*each(block, range(-(-simulations // BLOCK))), strict=True)
    return np.concatenate(sums), np.concatenate(first)


def _block(
    pools_by_law: Sequence[Pool],
    groups: Sequence[Group],
    size: int,
    rng: np.random.Generator,
) -> tuple[Floats, Singles]:
    """Return so many simulations, as `simulate`."""
    kinds, width = pools_by_law[0].features.shape[1:]
    sums = np.zeros((size, kinds, width))
    first = np.zeros((size, len(groups), kinds, width), dtype=np.float32)
    law_of_group = np.array([group.law for group in groups])
    for law in np.unique(law_of_group).tolist():
        pool = pools_by_law[law]
        alike = np.flatnonzero(law_of_group == law).tolist()
        n = [len(groups[k].members) for k in alike]
        reports = [_bootstrapped(pool, sum(n), rng) for _ in range(size)]
        parts = np.split(np.stack(reports), np.cumsum(n)[:-1], axis=1)
        for k, part in zip(alike, parts, strict=True):
            first[:, k] = pool.features[part[:, 0]]
        sums += _summed(pool.features, parts, [groups[k].tests for k in alike])
    return sums, first


def _bootstrapped(pool: Pool, n: int, rng: np.random.Generator) -> Ints:
    """Return `n` reports drawn from a pool that is itself drawn anew."""
    size = len(pool.report)
    used = rng.integers(0, size, n)
    # Only members of the new pool that are used are drawn; the last value stands for all uses.
    redrawn = np.empty(size, dtype=int)
    redrawn[used] = rng.integers(0, size, n)
    return pool.report[redrawn[used]]


def _summed(features: Singles, parts: Sequence[Ints], tests: Sequence[Bools]) -> Floats:
    """Return sums of features (sets, kinds, width) over the reports, (sets, n), that test each."""
    sets, (reports, kinds, width) = len(parts[0]), features.shape
    n = sum(part.shape[1] for part in parts)
    count = _one_by_one if n * FEWER < reports else _by_product
    out = np.zeros((sets, kinds, width))
    for kind in range(kinds):
        of_kind = [part for part, test in zip(parts, tests, strict=True) if test[kind]]
        if of_kind:
            together = np.concatenate(of_kind, axis=1)
            out[:, kind] = count(features[:, kind], together)
    return out


def _one_by_one(features: Singles, reports: Ints) -> Floats:
    """Return sums of features (reports, width) over few reports of each set, (sets, n)."""
    return np.asarray(features[reports].sum(axis=1, dtype=float))


def _by_product(features: Singles, reports: Ints) -> Floats:
    """Return the same sums for many reports: how often each is drawn, times its features."""
    sets, size = len(reports), len(features)
    row = np.arange(sets)[:, None] * size
    times = np.bincount((reports + row).ravel(), minlength=sets * size)
    return np.asarray(times.reshape(sets, size).astype(float) @ features)


def monte_carlo_p(observed: Floats, simulated: Floats) -> Floats:
    """Return ``(b + 1) / (m + 1)``, with b of m simulations at least as large as observed."""
    # Differences by rounding, where sums have another order, count as ties.
    slack = 1e-5 * np.abs(observed) + 1e-6
    as_large = (simulated >= observed - slack).sum(axis=0)
    return np.asarray((as_large + 1) / (len(simulated) + 1))


def p_error(p: Floats, simulations: int, drawn: Floats | float) -> Floats:
    """Return the standard error of p-values from a number of simulations with a pool.

    `drawn` is sightings over reports in the pool.  A pool of ``s`` shifts the mean of a sum over
    ``n`` sightings by ``sqrt(n / s)`` of its standard deviation; the normal density at the quantile
    turns that into a shift of p.
    """
    density = np.exp(-(ndtri(p) ** 2) / 2) / np.sqrt(2 * np.pi)
    shift = density * np.sqrt(drawn)
    return np.asarray(np.hypot(np.sqrt(p * (1 - p) / (simulations + 1)), shift))


def max_t(observed: Floats, simulated: Floats) -> Floats:
    """Return p-values adjusted for a family by the step-down maximum of the statistics.

    `observed`, (h,), are standardised and large against the null; `simulated`, (m, h), are the same
    in data sets under the null, drawn jointly.
    """
    order = np.argsort(-observed, kind="stable")
    single = monte_carlo_p(observed[order], _highest_from(simulated, order))
    out = np.empty(len(order))
    out[order] = np.maximum.accumulate(single)
    return out


def _highest_from(simulated: Floats, order: Ints) -> Floats:
    """Return for each hypothesis in order the highest statistic of it and all that follow."""
    highest: Floats = np.maximum.accumulate(simulated[:, order[::-1]], axis=1)
    return highest[:, ::-1]


@dataclass(frozen=True)
class Family:
    """Counts within the bands of all hypotheses: one primary, the others adjusted together.

    `null` holds the counts in data sets under the null, drawn jointly.
    """

    null: Floats
    primary: Bools

    def adjusted(self, observed: Floats) -> Floats:
        """Return the p-value of the primary hypothesis, and the adjusted ones of the others."""
        p, others = monte_carlo_p(observed, self.null), ~self.primary
        if others.any():
            standard = self._standard(observed)[others]
            p[others] = max_t(standard, self._standard_null[:, others])
        return p

    def smallest(self, best: Floats) -> Floats:
        """Return the adjusted p-value of each hypothesis, if it alone were at its best."""
        p, others = monte_carlo_p(best, self.null), ~self.primary
        if others.any():
            highest = self._standard_null[:, others].max(axis=1)[:, None]
            p[others] = monte_carlo_p(self._standard(best)[others], highest)
        return p

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """Mean and deviation of the counts under the null; an infinite deviation for none."""
        deviation = self.null.std(axis=0)
        return self.null.mean(axis=0), np.where(deviation > 0, deviation, np.inf)

    @cached_property
    def _standard_null(self) -> Floats:
        return self._standard(self.null)

    def _standard(self, counts: Floats) -> Floats:
        mean, deviation = self._moments
        return (counts - mean) / deviation
