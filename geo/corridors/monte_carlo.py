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
from functools import cached_property, partial
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
CURVE_SHARES: Final = (np.arange(20) + 0.5) / 20
"""Shares of the null at whose distances the distribution function is compared with its envelope."""
ROWS_AT_ONCE: Final = 20_000
"""Reported places that are measured together."""


@dataclass(frozen=True)
class NullDistances:
    """Distances from a null model's positions to corridors: what sightings are compared with."""

    null: Null
    lines: Mapping[str, Segments]
    """Corridors by kind."""
    bands: Sequence[float]

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
        """Distances by kind within which `CURVE_SHARES` of the null lie."""
        return {kind: np.quantile(d, CURVE_SHARES) for kind, d in self.distance.items()}

    @property
    def width(self) -> int:
        """Number of features of a report for each kind: bands, then curve."""
        return len(self.bands) + len(CURVE_SHARES)

    def features(self, xy: Floats, law: Law) -> Singles:
        """Return the features of reported points, averaged over where each may come from.

        From (n, 2) points to (n, kinds, width): share within each band and within each distance of
        the curve.
        """
        places = law.places(NODES)
        out = np.empty((len(xy), len(self.lines), self.width), dtype=np.float32)
        for begin in range(0, len(xy), ROWS_AT_ONCE):
            some = slice(begin, begin + ROWS_AT_ONCE)
            distances = node_distances(xy[some], places, self.lines.values())
            for k, (kind, distance) in enumerate(
                zip(self.lines, distances, strict=True)
            ):
                cuts = [*self.bands, *self.curve_m[kind]]
                columns = [places.within(distance, cut) for cut in cuts]
                out[some, k] = np.stack(
                    [column @ places.weight for column in columns], axis=1
                )
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
    """Return a pool of reports under the null for each law, large enough for its `sightings`."""
    made = []
    seeds = np.random.SeedSequence(seed).spawn(len(laws))
    for law, n, own in zip(laws, sightings, seeds, strict=True):
        rng = np.random.default_rng(own)
        true = reference.null.draw(pool_size(n), rng)
        distinct, report = np.unique(law.report(true, rng), axis=0, return_inverse=True)
        distance = np.stack(
            [s.nearest(true)[0] for s in reference.lines.values()], axis=1
        )
        made.append(
            Pool(reference.features(distinct, law), report.reshape(-1), distance)
        )
    return made


def groups_of(law: Ints, tests: Bools) -> list[Group]:
    """Return the groups of sightings alike in law, (n,), and in what they test, (n, kinds)."""
    rows = np.column_stack([law, tests.astype(np.int64)])
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    return [
        Group(int(row[0]), row[1:].astype(bool), np.flatnonzero(which.reshape(-1) == k))
        for k, row in enumerate(distinct)
    ]


def simulate(
    made: Sequence[Pool],
    groups: Sequence[Group],
    *,
    simulations: int,
    seed: int,
    each: Each = map,
) -> tuple[Floats, Singles]:
    """Return simulated data sets of the same sightings under the null, from the pools by law.

    First the sums of features over the sightings that test each kind, (simulations, kinds, width);
    then the features of one sighting of each group, (simulations, groups, kinds, width).  Each
    block of simulations has a seed of its own, so that more simulations begin with the same, and
    blocks may run in any order and place, by `each`.
    """
    starts = range(0, simulations, BLOCK)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    sizes = [min(BLOCK, simulations - begin) for begin in starts]
    sums, first = zip(
        *each(partial(_block, made, groups), zip(sizes, seeds, strict=True)),
        strict=True,
    )
    return np.concatenate(sums), np.concatenate(first)


def _block(
    made: Sequence[Pool],
    groups: Sequence[Group],
    block: tuple[int, np.random.SeedSequence],
) -> tuple[Floats, Singles]:
    """Return the simulations of a block, of so many with a seed, as `simulate`."""
    simulations, seed = block
    kinds, width = made[0].features.shape[1:]
    sums = np.zeros((simulations, kinds, width))
    first = np.zeros((simulations, len(groups), kinds, width), dtype=np.float32)
    laws = sorted({group.law for group in groups})
    alike = {
        law: [k for k, group in enumerate(groups) if group.law == law] for law in laws
    }
    rng = np.random.default_rng(seed)
    for law, numbers in alike.items():
        pool, n = made[law], [len(groups[k].members) for k in numbers]
        drawn = np.stack([_bootstrapped(pool, sum(n), rng) for _ in range(simulations)])
        parts = np.split(drawn, np.cumsum(n)[:-1], axis=1)
        for number, part in zip(numbers, parts, strict=True):
            first[:, number] = pool.features[part[:, 0]]
        sums += _summed(pool.features, parts, [groups[k].tests for k in numbers])
    return sums, first


def _bootstrapped(pool: Pool, n: int, rng: np.random.Generator) -> Ints:
    """Return `n` reports drawn from a pool that is itself drawn anew."""
    size = len(pool.report)
    used = rng.integers(0, size, n)
    # Only members of the new pool that are used are drawn; the last value stands for all uses.
    again = np.empty(size, dtype=np.int64)
    again[used] = rng.integers(0, size, n)
    return pool.report[again[used]]


def _summed(features: Singles, parts: Sequence[Ints], tests: Sequence[Bools]) -> Floats:
    """Return sums of features (sets, kinds, width) over the reports, (sets, n), that test each."""
    sets, (reports, kinds, width) = len(parts[0]), features.shape
    out = np.zeros((sets, kinds, width))
    row = np.arange(sets)[:, None] * reports
    used = [
        np.bincount((part + row).ravel(), minlength=sets * reports) for part in parts
    ]
    for kind in range(kinds):
        own = [times for times, test in zip(used, tests, strict=True) if test[kind]]
        if own:
            out[:, kind] = (
                np.sum(own, axis=0, dtype=float).reshape(sets, -1) @ features[:, kind]
            )
    return out


def monte_carlo_p(observed: Floats, simulated: Floats) -> Floats:
    """Return ``(b + 1) / (m + 1)``, with b of m simulations at least as large as observed."""
    # Differences by rounding, where sums have another order, count as ties.
    slack = 1e-5 * np.abs(observed) + 1e-6
    return np.asarray(
        ((simulated >= observed - slack).sum(axis=0) + 1) / (len(simulated) + 1)
    )


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
    p = np.maximum.accumulate(
        monte_carlo_p(observed[order], _highest_from(simulated, order))
    )
    out = np.empty(len(p))
    out[order] = p
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
            p[others] = max_t(
                self._standard(observed)[others], self._standard_null[:, others]
            )
        return p

    def smallest(self, best: Floats) -> Floats:
        """Return the adjusted p-value of each hypothesis, if it alone were at its best."""
        p, others = monte_carlo_p(best, self.null), ~self.primary
        if others.any():
            highest = self._standard_null[:, others].max(axis=1)
            p[others] = [
                float(monte_carlo_p(b, highest)) for b in self._standard(best)[others]
            ]
        return p

    def critical(self, observed: Floats, level: float) -> Floats:
        """Return the count that each hypothesis must exceed to reach an adjusted level.

        For the primary hypothesis it is NaN: its level is the level itself.
        """
        others = np.flatnonzero(~self.primary)
        out = np.full(len(observed), np.nan)
        if len(others):
            order = others[np.argsort(-self._standard(observed)[others], kind="stable")]
            highest = _highest_from(self._standard_null, order)
            beyond = max(int(level * (len(highest) + 1) + 1e-9) - 1, 0)
            needed = -np.partition(-highest, beyond, axis=0)[beyond]
            mean, deviation = self._moments
            out[order] = (
                mean[order]
                + needed * np.where(np.isinf(deviation), 0.0, deviation)[order]
            )
        return out

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
        return np.asarray((counts - mean) / deviation)
