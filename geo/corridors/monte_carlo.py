"""Is it nearer than chance?  Monte Carlo tests of sightings that are known as roughly as they are.

Under the null a true place is drawn from the null model and reported as the sighting was: with the
same error, into the same grid (`geo.sightings.laws.Law.report`).  Then, as for the real sighting,
every statistic is averaged over the places where such a report may come from.  Data and simulations
carry the same error, so it is not added twice.

Each law of the sightings has a *pool* of so reported places, with what the statistics need of each.
A simulation first draws the pool anew from itself (a bootstrap), then the sightings from that: the
error that a pool of this size has is part of the spread of the simulations, so that the level holds
at any number of sightings.  All corridor kinds share the draws, so that a family of tests can be
adjusted jointly.  Blocks of simulations have seeds of their own: the result does not depend on
which are run where.

References
----------
Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 4.2.
Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing, algorithm 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from geo.arrays import Bools, Floats, Ints
from geo.chance.nulls import Null
from geo.corridors.berman import rank_in
from geo.corridors.distance import node_distances
from geo.network.segments import Segments
from geo.sightings.laws import Law

Singles = npt.NDArray[np.float32]
"""Single precision: features are many, and single shares of sightings."""

NODES: Final = 4
"""Nodes along each axis, at least, that stand for a law in the tests."""

POOL: Final = (1000, 12_000)
"""A pool holds `PER_SIGHTING` reports for each sighting, within these bounds."""
PER_SIGHTING: Final = 20
LEAST_PER_SIGHTING: Final = 2
"""Reports for each sighting that a pool holds, however many sightings there are."""

BLOCK: Final = 50
"""Simulations that share a seed."""

ARGUMENTS: Final = 20
"""Distances at which the distribution function is compared with its envelope."""

GATHERED: Final = 8
"""A sum over so few sightings that `GATHERED` times as many reports are in the pool gathers them;
one over more counts them."""

ROWS_AT_ONCE: Final = 20_000
"""Reported places that are measured together."""


@dataclass(frozen=True)
class Frame:
    """What distances are compared with, under one null.

    Attributes
    ----------
    kinds : tuple of str
    reference : dict of (m,) float array
        Sorted distances of the null's positions, by kind.
    argument : dict of (ARGUMENTS,) float array
        Distances at which curves are compared, by kind.
    bands : (b,) float array
    """

    kinds: tuple[str, ...]
    reference: Mapping[str, Floats]
    argument: Mapping[str, Floats]
    bands: Floats

    @property
    def width(self) -> int:
        """Number of features of a report for each kind: mean, rank, bands, curve."""
        return 2 + len(self.bands) + ARGUMENTS


@dataclass(frozen=True)
class Pool:
    """Reports of one law under the null.

    Attributes
    ----------
    law : Law
    features : (distinct reports, kinds, width) float array
    report : (size,) int array
        Which of the distinct reports each member of the pool is.
    true_distance : (size, kinds) float array
        Of the true place of each member.
    """

    law: Law
    features: Singles
    report: Ints
    true_distance: Floats


@dataclass(frozen=True)
class Group:
    """Sightings alike in law and in the kinds that they test.

    Attributes
    ----------
    law : int
        Number of the law.
    tests : (kinds,) bool array
    members : (n,) int array
        Positions of the sightings.
    """

    law: int
    tests: Bools
    members: Ints


@dataclass(frozen=True)
class Statistics:
    """Statistics of data sets, a row each, against one corridor kind.

    Attributes
    ----------
    n : int
        Sightings tested.
    mean_distance : (c,) float array
    mean_rank : (c,) float array
        Mean of the null's distribution function at the distances.
    within : (c, bands) float array
        Expected number of sightings within each band.
    curve : (c, ARGUMENTS) float array
        Share of the sightings within each of the arguments.
    """

    n: int
    mean_distance: Floats
    mean_rank: Floats
    within: Floats
    curve: Floats

    @property
    def ks(self) -> Floats:
        """Largest distance of the distribution function from the null's, at the arguments."""
        shares = (np.arange(ARGUMENTS) + 0.5) / ARGUMENTS
        return np.asarray(np.abs(self.curve - shares).max(axis=1))

    @classmethod
    def of(cls, sums: Floats, n: int, bands: int) -> Statistics:
        """Return the statistics from sums of features (sets, width) over `n` sightings."""
        return cls(
            n, sums[:, 0] / n, sums[:, 1] / n, sums[:, 2 : 2 + bands], sums[:, 2 + bands :] / n
        )


@dataclass(frozen=True)
class Simulated:
    """Simulated data sets.

    Attributes
    ----------
    sums : (simulations, kinds, width) float array
        Sums of features over the sightings that test each kind.
    first : (simulations, groups, kinds, width) float array
        Features of one sighting of each group: what leaving one out takes away.
    """

    sums: Floats
    first: Singles


def frame(
    null: Null, corridors: Mapping[str, Segments], bands: Sequence[float]
) -> tuple[Frame, Mapping[str, Floats]]:
    """Measure a null model against corridors, once for any number of simulations.

    Returns
    -------
    Frame, and the distances of the null's positions by kind, in their order
    """
    distance = {kind: s.nearest(null.xy)[0] for kind, s in corridors.items()}
    reference = {kind: np.sort(d) for kind, d in distance.items()}
    shares = (np.arange(ARGUMENTS) + 0.5) / ARGUMENTS
    argument = {kind: np.quantile(d, shares) for kind, d in reference.items()}
    found = Frame(tuple(corridors), reference, argument, np.asarray(bands, dtype=float))
    return found, distance


def features(xy: Floats, law: Law, corridors: Mapping[str, Segments], frame: Frame) -> Singles:
    """Return the features of reported points, averaged over where each may come from.

    Parameters
    ----------
    xy : (n, 2) float array
    law : Law
    corridors : mapping of Segments by kind
    frame : Frame

    Returns
    -------
    (n, kinds, width) float array
    """
    places = law.places(NODES)
    out = np.empty((len(xy), len(frame.kinds), frame.width), dtype=np.float32)
    for begin in range(0, len(xy), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        for k, (kind, distance) in enumerate(node_distances(xy[some], places, corridors).items()):
            reference, argument = frame.reference[kind], frame.argument[kind]
            cuts = [*frame.bands, *argument]
            columns = [distance, rank_in(distance, reference)]
            columns += [places.within(distance, cut) for cut in cuts]
            out[some, k] = np.stack([column @ places.weight for column in columns], axis=1)
    return out


def pool_size(sightings: int) -> int:
    """Return how many reports a pool holds for so many sightings."""
    size = int(np.clip(PER_SIGHTING * sightings, *POOL))
    return max(size, LEAST_PER_SIGHTING * sightings)


def pools(
    null: Null,
    laws: Sequence[Law],
    corridors: Mapping[str, Segments],
    frame: Frame,
    *,
    sightings: Sequence[int],
    seed: int,
) -> list[Pool]:
    """Return a pool of reports under the null for each law.

    Parameters
    ----------
    null : Null
    laws : sequence of Law
    corridors : mapping of Segments by kind
    frame : Frame
    sightings : sequence of int
        Number of sightings of each law.
    seed : int
    """
    made = []
    seeds = np.random.SeedSequence(seed).spawn(len(laws))
    for law, n, own in zip(laws, sightings, seeds, strict=True):
        rng = np.random.default_rng(own)
        true = null.draw(pool_size(n), rng)
        distinct, report = np.unique(law.report(true, rng), axis=0, return_inverse=True)
        distance = [s.nearest(true)[0] for s in corridors.values()]
        made.append(
            Pool(
                law,
                features(distinct, law, corridors, frame),
                report.reshape(-1),
                np.stack(distance, axis=1),
            )
        )
    return made


def groups_of(law: Ints, tests: Bools) -> list[Group]:
    """Return the groups of sightings alike in law and in the kinds that they test.

    Parameters
    ----------
    law : (n,) int array
    tests : (n, kinds) bool array
    """
    rows = np.column_stack([law, tests.astype(np.int64)])
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    members = [np.flatnonzero(which.reshape(-1) == k) for k in range(len(distinct))]
    return [
        Group(int(row[0]), row[1:].astype(bool), m)
        for row, m in zip(distinct, members, strict=True)
    ]


def simulate(
    made: Sequence[Pool], groups: Sequence[Group], *, simulations: int, seed: int
) -> Simulated:
    """Return simulated data sets of the same sightings under the null.

    Parameters
    ----------
    made : sequence of Pool, by law
    groups : sequence of Group
    simulations, seed : int
    """
    kinds, width = made[0].features.shape[1:]
    sums = np.zeros((simulations, kinds, width))
    first = np.zeros((simulations, len(groups), kinds, width), dtype=np.float32)
    laws = sorted({group.law for group in groups})
    alike = {law: [k for k, group in enumerate(groups) if group.law == law] for law in laws}
    starts = range(0, simulations, BLOCK)
    for begin, own in zip(starts, np.random.SeedSequence(seed).spawn(len(starts)), strict=True):
        rng = np.random.default_rng(own)
        sets = slice(begin, min(begin + BLOCK, simulations))
        for law, numbers in alike.items():
            pool, n = made[law], [len(groups[k].members) for k in numbers]
            drawn = np.stack(
                [_bootstrapped(pool, sum(n), rng) for _ in range(sets.start, sets.stop)]
            )
            parts = np.split(drawn, np.cumsum(n)[:-1], axis=1)
            for number, part in zip(numbers, parts, strict=True):
                first[sets, number] = pool.features[part[:, 0]]
            sums[sets] += _summed(pool.features, parts, [groups[k].tests for k in numbers])
    return Simulated(sums, first)


def _bootstrapped(pool: Pool, n: int, rng: np.random.Generator) -> Ints:
    """Return `n` reports drawn from a pool that is itself drawn anew.

    Only those members of the new pool are drawn that are used.  Where one is used more than once,
    the last value stands for all its uses.
    """
    size = len(pool.report)
    used = rng.integers(0, size, n)
    again = np.empty(size, dtype=np.int64)
    again[used] = rng.integers(0, size, n)
    return pool.report[again[used]]


def _summed(features: Singles, parts: Sequence[Ints], tests: Sequence[Bools]) -> Floats:
    """Return sums of features (sets, kinds, width) over the reports that test each kind.

    Parameters
    ----------
    features : (reports, kinds, width) float array
    parts : sequence of (sets, n) int array
        Drawn reports, by group.
    tests : sequence of (kinds,) bool array
        Which kinds each group tests.
    """
    sets, (reports, kinds, width) = len(parts[0]), features.shape
    out = np.zeros((sets, kinds, width))
    if GATHERED * sum(part.shape[1] for part in parts) < reports:
        for part, used in zip(parts, tests, strict=True):
            out += features[part].sum(axis=1, dtype=float) * used[:, None]
        return out
    row = np.arange(sets)[:, None] * reports
    counts = np.stack(
        [np.bincount((part + row).ravel(), minlength=sets * reports) for part in parts],
        dtype=np.float32, casting="unsafe",
    ).reshape(len(parts), sets, reports)  # fmt: skip
    for kind in range(kinds):
        own = [k for k, test in enumerate(tests) if test[kind]]
        if own:
            out[:, kind] = counts[own].sum(axis=0) @ features[:, kind]
    return out


def p_value(observed: Floats, simulated: Floats) -> Floats:
    """Return ``(b + 1) / (m + 1)``, with b simulations at least as large as the observed."""
    # Sums in another order differ in the last digits of single precision: that is no difference.
    slack = 1e-5 * np.abs(observed) + 1e-6
    return np.asarray(((simulated >= observed - slack).sum(axis=0) + 1) / (len(simulated) + 1))


def p_error(p: Floats, simulations: int, drawn: Floats | float) -> Floats:
    """Return the standard error of p-values from so many simulations with a pool.

    Parameters
    ----------
    p : (h,) float array
    simulations : int
    drawn : (h,) float array or float
        Sightings over reports in the pool.  A pool of ``s`` shifts the mean of a sum over ``n``
        sightings by ``sqrt(n / s)`` of its standard deviation; the normal density at the quantile
        turns that into a shift of p.
    """
    density = np.exp(-(ndtri(p) ** 2) / 2) / np.sqrt(2 * np.pi)
    shift = density * np.sqrt(drawn)
    return np.asarray(np.hypot(np.sqrt(p * (1 - p) / (simulations + 1)), shift))


def max_t(observed: Floats, simulated: Floats) -> Floats:
    """Return p-values adjusted for a family by the step-down maximum of the statistics.

    Parameters
    ----------
    observed : (h,) float array
        Standardised statistics of the hypotheses; large speaks against the null.
    simulated : (m, h) float array
        The same in data sets under the null, drawn jointly.
    """
    order = np.argsort(-observed, kind="stable")
    tail = np.maximum.accumulate(simulated[:, order[::-1]], axis=1)[:, ::-1]
    p = np.maximum.accumulate(p_value(observed[order], tail))
    out = np.empty(len(p))
    out[order] = p
    return out
