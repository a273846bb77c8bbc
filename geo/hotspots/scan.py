"""A scan statistic on a network: where more was reported than effort would bring.

Windows are balls of a few radii along the network about centres on it.  Each is scored by the
likelihood ratio of Kulldorff (1997): of ``n`` reports ``c`` lie in the window where ``e`` are
expected, ``c log(c / e) + (n - c) log((n - c) / (n - e))`` where ``c > e``.

What is expected comes from a pool: for every report a number of others, each at a true place where
an observer could have been, reported with the same error and grid.  Chance is random labelling: of
reports and pool of one law together, as many are drawn as were reported, and the highest score
anywhere is kept.  Under the null reports and pool differ in nothing but their labels, so the test
is exact whatever the size of the pool, and for all windows together.

References
----------
Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26, 1481-1496.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.special import xlogy

from geo.arrays import Each, Floats, Ints
from geo.chance.nulls import Null
from geo.network.cells import Placing, distinct
from geo.network.compiling import compiled
from geo.network.half_edges import HalfEdges, between, edges_at, half_edges_of, walk
from geo.network.lixels import Lixels
from geo.network.source_lines import NetworkError
from geo.sightings.laws import Law

LEAST: Final = 1.5
"""The least number of reports of a hotspot; each counts by the share of it that lies there."""
CENTRES_M: Final = 100.0
"""The largest distance between centres of windows along an edge; longer lixels have one each."""
POOL: Final = (20, 20_000, 2_000_000)
"""Reports by effort for each one observed; the least number of them all, and about the largest."""
SMALL_POOL: Final = (2, 4000, 40_000)
"""The same where a few windows are counted only."""
_BLOCK: Final = 50
"""Simulations that share a seed."""
_ROUNDS: Final = 200
"""The most draws of reports by effort, until enough of them lie near the network."""


@dataclass(frozen=True)
class Reports:
    """Reports by the cell that each lies in, and those that effort would bring."""

    laws: tuple[Law, ...]
    middle: Floats
    """(cells, 2)"""
    on_lixels: csr_array
    """(cells, lixels): share of each cell on each lixel."""
    cell: tuple[Ints, ...]
    """Cell of each report, by law."""
    pool: tuple[Ints, ...]
    """Cell of each report by effort, by law."""
    each: int
    """Reports by effort for one observed."""

    @cached_property
    def n(self) -> int:
        """Number of reports."""
        return len(self.observed)

    @cached_property
    def observed(self) -> Ints:
        """Cell of each report, law by law."""
        return np.concatenate(self.cell)

    @cached_property
    def both(self) -> tuple[Ints, ...]:
        """Cells of reports and pool, by law."""
        return tuple(
            np.concatenate(pair) for pair in zip(self.cell, self.pool, strict=True)
        )

    def weight(self, cell: Ints) -> Floats:
        """Return how many of the reports in given cells lie on each lixel."""
        count = np.bincount(cell, minlength=self.on_lixels.shape[0]).astype(float)
        return np.asarray(self.on_lixels.T @ count)

    def relabelled(self, rng: np.random.Generator) -> Floats:
        """Return the weights on the lixels of as many reports, drawn from reports and pool."""
        drawn = [
            both[rng.choice(len(both), len(observed), replace=False, shuffle=False)]
            for both, observed in zip(self.both, self.cell, strict=True)
        ]
        return self.weight(np.concatenate(drawn))


@dataclass(frozen=True)
class Windows:
    """Balls about centres on a network.

    A window is numbered ``centre * len(radii_m) + radius``, by position of both.
    """

    radii_m: Floats
    """(r,), rising"""
    ring: csr_array
    """(windows, lixels): 1 where a window, and no smaller one, holds the lixel's middle."""

    @cached_property
    def _by_lixel(self) -> csc_array:
        return self.ring.tocsc()

    def counts(self, weight: Floats) -> Floats:
        """Return what each window holds of the weights on lixels, (centres, r)."""
        # Of truth values the true ones are found many times as fast as of numbers.
        lixel = np.flatnonzero(weight != 0)
        in_rings = self._by_lixel[:, lixel] @ weight[lixel]
        return np.asarray(np.cumsum(in_rings.reshape(-1, len(self.radii_m)), axis=1))

    def lixels(self, window: int) -> Ints:
        """Return the lixels that a window holds."""
        begin, end = self.ring.indptr[[window - window % len(self.radii_m), window + 1]]
        return np.sort(self.ring.indices[begin:end]).astype(np.int64)

    def best(self, score: Floats, most: int) -> list[int]:
        """Return the windows of highest score above 0 that share no lixel, best first."""
        remaining, chosen = score.copy(), list[int]()
        while len(chosen) < most and remaining.max(initial=0.0) > 0:
            chosen.append(int(remaining.argmax()))
            covered = np.zeros(self.ring.shape[1])
            covered[self.lixels(chosen[-1])] = 1.0
            remaining[self.counts(covered) > 0] = 0.0
        return chosen


def windows_about(lixels: Lixels, support: Ints, radii_m: Floats) -> Windows:
    """Return windows about the `support`, sorted lixels; `lixels` are those of all edges."""
    pairs = _balls(
        half_edges_of(lixels.network),
        support,
        lixels.edge[support],
        lixels.middle_m[support],
        radii_m,
        CENTRES_M / 2,
        lixels.first,
        lixels.pieces,
    )
    size = (pairs[0].max(initial=-1) // len(radii_m) + 1) * len(radii_m)
    ring = csr_array((np.ones(len(pairs[0])), pairs), shape=(size, len(lixels)))
    return Windows(radii_m, ring)


def _pool_size(reports: int, bounds: tuple[int, int, int]) -> int:
    """Return how many places the pool holds for each report."""
    times, least, most = bounds
    return -(-min(max(times * reports, least), most) // reports)


def reports_by_effort(
    placing: Placing,
    lixels: Lixels,
    laws: tuple[Law, ...],
    points: tuple[Floats, ...],
    effort: Null,
    rng: np.random.Generator,
    pool: tuple[int, int, int] = POOL,
) -> Reports:
    """Return reports with their pool, by cell; `points` are the middles of cells by law.

    Parameters
    ----------
    placing : Placing
        Where on the network reports of each law may lie.
    lixels : Lixels
    laws : tuple of Law
        How true places scatter about a report.
    points : tuple of (n, 2) floats
        Middles of the cells of each law, metres.
    effort : Null
        Where reports would be by effort alone.
    rng : numpy.random.Generator
    pool : (int, int, int)
        As `POOL`.
    """
    each = _pool_size(sum(len(xy) for xy in points), pool)
    many = [each * len(xy) for xy in points]
    pools = [
        _pool(placing, *of_law, effort, rng) for of_law in zip(laws, many, strict=True)
    ]
    size = [len(xy) for xy in (*points, *pools)]
    side_m = np.repeat([law.cell_m for law in (*laws, *laws)], size)
    middle, side, number = distinct(np.concatenate([*points, *pools]), side_m)
    cells = tuple(np.split(number, np.cumsum(size)[:-1]))
    on_lixels = placing.pieces(middle, side).on_lixels(len(middle), lixels)
    return Reports(
        laws, middle, on_lixels, cells[: len(laws)], cells[len(laws) :], each
    )


def _pool(
    placing: Placing, law: Law, n: int, effort: Null, rng: np.random.Generator
) -> Floats:
    """Return `n` reports by effort that can be placed on the network."""
    placed, missing = [np.zeros((0, 2))], n
    for _ in range(_ROUNDS):
        if missing <= 0:
            break
        drawn = law.report(effort.draw(n, rng), rng)
        middle, side, number = distinct(drawn, np.full(len(drawn), law.cell_m))
        placed.append(drawn[placing.placed(middle, side)[number]])
        missing -= len(placed[-1])
    if missing > 0:
        raise NetworkError(
            f"of {_ROUNDS * n} places of observers, reported with an uncertainty of "
            f"{law.radius_m:g} m, {n - missing} lie within {placing.limit_m:g} m of the network. "
            "Fix: a wider hotspots.snap_limit_m, or leave such sightings out"
        )
    return np.concatenate(placed)[:n]


def expected(with_pool: Floats, counts: Floats, each: int) -> Floats:
    """Return how many reports effort would bring, from reports with pool and reports only."""
    return np.asarray(np.maximum(with_pool - counts, 1.0) / each)


def scores(counts: Floats, mean: Floats, n: float) -> Floats:
    """Return Kulldorff's logarithm of the likelihood ratio of `n` reports; 0 where no more.

    >>> scores(np.array([5.0, 2.0]), np.array([1.0, 3.0]), 10).round(2).tolist()
    [5.11, 0.0]
    """
    score = np.zeros(counts.shape)
    more = (counts > LEAST - 1e-9) & (counts > mean)
    c, e = np.minimum(counts[more], n), mean[more]
    # Where a window holds all reports, the second term is 0 even if as many are expected.
    outside = np.divide(n - c, n - e, out=np.ones(len(c)), where=c < n)
    score[more] = c * np.log(c / e) + xlogy(n - c, outside)
    return score


def expected_within(windows: Windows, chosen: list[int], reports: Reports) -> Floats:
    """Return how many reports effort would bring to each of a few windows, (w,)."""
    weight = reports.weight(np.concatenate(reports.pool)) / reports.each
    return np.array([weight[windows.lixels(window)].sum() for window in chosen])


def null_maxima(
    windows: Windows,
    reports: Reports,
    with_pool: Floats,
    simulations: int,
    seed: np.random.SeedSequence,
    each: Each = map,
) -> Floats:
    """Return the highest scores anywhere under random labelling, sorted.

    Each block of simulations has a seed of its own, so that more simulations begin with the same,
    and blocks may run in any order and place, by `each`.

    Parameters
    ----------
    windows : Windows
        All that are scanned.
    reports : Reports
        Reports with their pool.
    with_pool : (w,) floats
        Reports and pool in each window.
    simulations : int
        How many random labellings.
    seed : numpy.random.SeedSequence
    each : callable
        Runs the blocks, as `map` does.
    """

    def block(task: tuple[int, np.random.SeedSequence]) -> Floats:
        begin, rng = task[0], np.random.default_rng(task[1])
        highest = np.empty(min(_BLOCK, simulations - begin))
        for k in range(len(highest)):
            counts = windows.counts(reports.relabelled(rng))
            mean = expected(with_pool, counts, reports.each)
            highest[k] = scores(counts, mean, reports.n).max(initial=0.0)
        return highest

    starts = range(0, simulations, _BLOCK)
    blocks = zip(starts, seed.spawn(len(starts)), strict=True)
    return np.sort(np.concatenate([np.zeros(0), *each(block, blocks)]))


def familywise_p(score: Floats, maxima: Floats) -> Floats:
    """Return how often chance scores as high somewhere, (1 + k) / (s + 1); `maxima` are sorted."""
    higher = len(maxima) - np.searchsorted(maxima, np.asarray(score) * (1 - 1e-12))
    return np.asarray((1 + higher) / (len(maxima) + 1))


# One loop: its arrays are shared by all centres.
@compiled
def _balls(
    half: HalfEdges,
    lixel: Ints,
    edge: Ints,
    offset: Floats,
    radius: Floats,
    apart: float,
    first: Ints,
    pieces: Ints,
) -> tuple[Ints, Ints]:
    """Return the smallest window about each centre that holds a lixel's middle, and that lixel."""
    covered = np.zeros(first[len(first) - 1], dtype=np.bool_)
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    edges, seen = (
        np.empty(len(half.length), dtype=np.int64),
        np.full(len(half.length), -1),
    )
    inside, window = np.empty((2, 1024), dtype=np.int64)
    centre, size = 0, 0
    limit = radius[len(radius) - 1]
    for i in range(len(lixel)):
        if covered[lixel[i]]:
            continue
        count = walk(half, edge[i], offset[i], limit, distance, touched)
        n_edges = edges_at(half, edge[i], touched[:count], i, seen, edges)
        for here in edges[:n_edges]:
            step = half.length[here] / pieces[here]
            for piece in range(pieces[here]):
                middle = (piece + 0.5) * step
                d = between(half, edge[i], offset[i], here, middle, distance)
                if d > limit:
                    continue
                if d <= apart:
                    covered[first[here] + piece] = True
                if size == len(inside):
                    inside = np.concatenate((inside, inside))
                    window = np.concatenate((window, window))
                inside[size] = first[here] + piece
                window[size] = centre * len(radius) + np.searchsorted(radius, d)
                size += 1
        distance[touched[:count]] = np.inf
        centre += 1
    return window[:size], inside[:size]
