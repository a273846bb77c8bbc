"""A scan statistic on a network: where more was reported than effort alone would bring.

Windows are balls of a few radii along the network about centres on it.  Each is scored by the
likelihood ratio of Kulldorff (1997): of ``n`` reports ``c`` lie in the window where ``e`` are
expected, ``c log(c / e) + (n - c) log((n - c) / (n - e))`` where ``c > e``.

What is expected comes from a pool: for every report so many others, each at a true place where an
observer could have been, reported with the same error and grid.  Under the null the reports and
the pool differ in nothing but their names.  So chance is told by naming anew: of reports and pool
of one law together, as many are drawn without replacement as were reported, and the highest score
anywhere is kept.  The test is exact whatever the size of the pool, and for all windows together.

References
----------
Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics 26, 1481-1496.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.special import xlogy

from geo.arrays import Floats, Ints
from geo.hotspots import scan_loops
from geo.network.cells import Placing, distinct
from geo.network.graph import NetworkError
from geo.network.half_edges import half_edges
from geo.network.lixels import Lixels
from geo.sightings.laws import Law

LEAST: Final = 1.5
"""Fewer reports are no hotspot."""

CENTRES_M: Final = 100.0
"""Centres of windows lie at most so far apart along an edge, or on every lixel."""

POOL: Final = (20, 20_000, 2_000_000)
"""So many reports by effort for each one observed; in all at least, and about at most."""

_BLOCK: Final = 50
"""Simulations that share a seed."""

_ROUNDS: Final = 200
"""So often reports are drawn by effort until enough of them lie near the network."""


class NullModel(Protocol):
    """Where sightings would be under a null model."""

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `n` true places, (n, 2), in metres."""
        ...


@dataclass(frozen=True)
class Reports:
    """Reports by the cell that each lies in, and those that effort alone would bring.

    Attributes
    ----------
    on_lixels : (cells, lixels) scipy.sparse.csr_array
        Share of each cell on each lixel.
    cell : tuple of (n_l,) int arrays
        Cell of each report, by law.
    pool : tuple of (each * n_l,) int arrays
        Cell of each report by effort, likewise.
    each : int
        Reports by effort for one observed.
    middle : (cells, 2) float array
    """

    on_lixels: csr_array
    cell: tuple[Ints, ...]
    pool: tuple[Ints, ...]
    each: int
    middle: Floats

    @cached_property
    def n(self) -> int:
        """Number of reports."""
        return sum(len(cell) for cell in self.cell)

    @cached_property
    def observed(self) -> Ints:
        """Cell of each report, law by law."""
        return np.concatenate([np.zeros(0, np.int64), *self.cell])

    @cached_property
    def together(self) -> tuple[Ints, ...]:
        """Cells of reports and pool, by law."""
        return tuple(np.concatenate(both) for both in zip(self.cell, self.pool, strict=True))

    def weight(self, cell: Ints) -> Floats:
        """Return how many of the reports in given cells lie on each lixel."""
        count = np.bincount(cell, minlength=self.on_lixels.shape[0]).astype(float)
        return np.asarray(self.on_lixels.T @ count)

    def renamed(self, rng: np.random.Generator) -> Floats:
        """Return the weights on the lixels of as many reports, drawn from reports and pool."""
        drawn = [
            both[rng.choice(len(both), len(own), replace=False, shuffle=False)]
            for both, own in zip(self.together, self.cell, strict=True)
        ]
        return self.weight(np.concatenate(drawn))


@dataclass(frozen=True)
class Windows:
    """Balls about centres on a network.

    A window is numbered ``centre * len(radii_m) + radius``, by position of both.

    Attributes
    ----------
    radii_m : (r,) float array, rising
    ring : (centres, lixels) scipy.sparse.csr_array of int
        From 1 the number of the first radius that holds the middle of each lixel; 0 for none.
    """

    radii_m: Floats
    ring: csr_array

    @cached_property
    def _by_lixel(self) -> csc_array:
        return self.ring.tocsc()

    def counts(self, weight: Floats) -> Floats:
        """Return what each window holds of the weights on lixels, (centres, r)."""
        found = np.zeros((self.ring.shape[0], len(self.radii_m)))
        lixel, by = np.flatnonzero(weight), self._by_lixel
        scan_loops.held(lixel, weight[lixel], by.indptr, by.indices, by.data, found)
        return np.asarray(np.cumsum(found, axis=1))

    def lixels(self, window: int) -> Ints:
        """Return the lixels that a window holds."""
        centre, radius = divmod(window, len(self.radii_m))
        part = slice(*self.ring.indptr[centre : centre + 2])
        inside = self.ring.data[part] <= radius + 1
        return np.sort(self.ring.indices[part][inside]).astype(np.int64)

    def first(self, score: Floats, most: int) -> list[int]:
        """Return the windows of highest score above 0 that share no lixel, best first.

        Parameters
        ----------
        score : (centres, r) float array
        most : int
            No more than so many.
        """
        left, found = score.copy(), list[int]()
        while len(found) < most and left.size:
            window = int(left.argmax())
            if not left.flat[window] > 0:
                break
            found.append(window)
            sharing = self._by_lixel[:, self.lixels(window)]
            for radius in range(len(self.radii_m)):
                left[sharing.indices[sharing.data <= radius + 1], radius] = 0.0
        return found


def windows(lixels: Lixels, support: Ints, radii_m: Floats) -> Windows:
    """Return windows about some lixels.

    Parameters
    ----------
    lixels : geo.network.lixels.Lixels
        Of all edges of their network.
    support : (s,) int array
        The lixels that may be centres, sorted; one near to a centre before it is left out, see
        `CENTRES_M`.
    radii_m : (r,) float array, metres, rising
    """
    half = half_edges(lixels.network)
    chosen, begin, found, ring = scan_loops.balls(
        support, lixels.edge[support], lixels.middle_m[support], radii_m, CENTRES_M / 2,
        half.length, half.start, half.pointer, half.leaving, lixels.first, lixels.pieces,
    )  # fmt: skip
    return Windows(radii_m, csr_array((ring, found, begin), shape=(len(chosen), len(lixels))))


def reports_by_effort(
    placing: Placing,
    lixels: Lixels,
    laws: tuple[Law, ...],
    points: tuple[Floats, ...],
    null: NullModel,
    rng: np.random.Generator,
) -> Reports:
    """Return reports with their pool, by cell.

    Parameters
    ----------
    placing : geo.network.cells.Placing
    lixels : geo.network.lixels.Lixels
        Of all edges of its network.
    laws : tuple of geo.sightings.laws.Law
    points : tuple of (n_l, 2) float arrays
        Middles of the cells of the reports of each law; all can be placed.
    null : NullModel
        True places by reporting effort.
    rng : numpy.random.Generator

    Raises
    ------
    NetworkError
        If hardly any report by effort lies near the network.
    """
    times, least, most = POOL
    n = sum(len(xy) for xy in points)
    each = -(-min(max(times * n, least), most) // n)
    pools = [_pool(placing, law, each * len(xy), null, rng)
             for law, xy in zip(laws, points, strict=True)]  # fmt: skip
    size = [len(xy) for xy in (*points, *pools)]
    sides = np.repeat([law.cell_m for law in (*laws, *laws)], size)
    middle, side, number = distinct(np.concatenate([*points, *pools]), sides)
    parts = np.split(number, np.cumsum(size)[:-1])
    on_lixels = placing.pieces(middle, side).on_lixels(len(middle), lixels)
    return Reports(on_lixels, tuple(parts[: len(laws)]), tuple(parts[len(laws) :]), each, middle)


def _pool(placing: Placing, law: Law, n: int, null: NullModel, rng: np.random.Generator) -> Floats:
    """Return `n` reports by effort that can be placed on the network."""
    found, left = [np.zeros((0, 2))], n
    for _ in range(_ROUNDS):
        if left <= 0:
            break
        seen = law.report(null.draw(n, rng), rng)
        middle, side, number = distinct(seen, np.full(len(seen), law.cell_m))
        found.append(seen[placing.placed(middle, side)[number]])
        left -= len(found[-1])
    if left > 0:
        raise NetworkError(
            f"of {_ROUNDS * n} places of observers, reported with an uncertainty of "
            f"{law.radius_m:g} m, {n - left} lie within {placing.limit_m:g} m of the network. Fix: "
            "a wider hotspots.snap_limit_m, or leave such sightings out"
        )
    return np.concatenate(found)[:n]


def expected(together: Floats, counts: Floats, each: int) -> Floats:
    """Return how many reports effort would bring to windows.

    Parameters
    ----------
    together : float array
        Reports and pool in each window.
    counts : float array
        Reports alone.
    each : int
        Reports by effort for one observed; a pool of less than one report counts as one.
    """
    return np.asarray(np.maximum(together - counts, 1.0) / each)


def scores(counts: Floats, mean: Floats, n: float) -> Floats:
    """Return Kulldorff's logarithm of the likelihood ratio; 0 where no more than expected.

    Parameters
    ----------
    counts : float array
        Reports in each window, in parts where a cell lies in it in part.
    mean : float array
        Those expected.
    n : float
        All reports.
    """
    found = np.zeros(counts.shape)
    more = (counts > LEAST - 1e-9) & (counts > mean)
    c, e = np.minimum(counts[more], n), mean[more]
    found[more] = c * np.log(c / e) + xlogy(n - c, (n - c) / (n - e))
    return found


def null_maxima(
    view: Windows, reports: Reports, together: Floats, *, simulations: int,
    seed: np.random.SeedSequence,
) -> Floats:  # fmt: skip
    """Return the highest scores anywhere when reports and pool are named anew, sorted.

    Parameters
    ----------
    view : Windows
    reports : Reports
    together : (centres, r) float array
        Reports and pool in each window.
    simulations : int
    seed : numpy.random.SeedSequence
        Each block of simulations has a seed of its own, so that blocks may run apart.
    """
    found = np.empty(simulations)
    for block, own in enumerate(seed.spawn(-(-simulations // _BLOCK))):
        rng = np.random.default_rng(own)
        for k in range(block * _BLOCK, min((block + 1) * _BLOCK, simulations)):
            counts = view.counts(reports.renamed(rng))
            mean = expected(together, counts, reports.each)
            found[k] = scores(counts, mean, reports.n).max(initial=0.0)
    return np.sort(found)


def p_value(score: Floats, maxima: Floats) -> Floats:
    """Return how often chance scores as high somewhere, (1 + k) / (s + 1).

    Parameters
    ----------
    score : float array
    maxima : (s,) float array, sorted
    """
    higher = len(maxima) - np.searchsorted(maxima, np.asarray(score) * (1 - 1e-12))
    return np.asarray((1 + higher) / (len(maxima) + 1))


def top_left_out(
    view: Windows, reports: Reports, counts: Floats, mean: Floats, rank: Ints, top: int
) -> Floats:
    """Return how often each hotspot is among the first when one report is left out.

    Parameters
    ----------
    view : Windows
    reports : Reports
    counts, mean : (centres, r) float arrays
        Reports in each window, and those expected; these fall with the number of reports.
    rank : (lixels,) int array
        Rank of the hotspot on each lixel, 0 for none.
    top : int
        The first so many.

    Returns
    -------
    (h,) float array
        Share of the reports, by rank: it shares a lixel with one of the first windows.
    """
    found = np.zeros(rank.max(initial=0) + 1)
    n = reports.n - 1
    less = mean * n / reports.n
    base = scores(counts, less, n)
    first = view.first(base, top)
    # A report outside the first windows lowers others only: they stay the first.
    held = np.unique(np.concatenate([np.zeros(0, np.int64), *map(view.lixels, first)]))
    cells, times = np.unique(reports.observed, return_counts=True)
    inside = np.asarray(reports.on_lixels[cells][:, held].sum(axis=1)) > 0
    found[_ranks(view, first, rank)] += times[~inside].sum()
    for cell, many in zip(cells[inside], times[inside], strict=True):
        without = scores(counts - view.counts(reports.weight(np.array([cell]))), less, n)
        found[_ranks(view, view.first(without, top), rank)] += many
    return found[1:] / reports.n


def top_redrawn(
    view: Windows,
    placing: Placing,
    lixels: Lixels,
    reports: Reports,
    laws: tuple[Law, ...],
    points: tuple[Floats, ...],
    rank: Ints,
    *,
    draws: int,
    top: int,
    seed: np.random.SeedSequence,
) -> Floats:
    """Return how often each hotspot is among the first when true places are drawn by their law.

    A true place lies at the nearest position on the network, and so do those of the pool, drawn
    once.  Parameters and result are those of `top_left_out`, `reports_by_effort` and
    `null_maxima`.
    """
    rng = np.random.default_rng(seed)

    def drawn(about: Iterable[Floats]) -> tuple[Floats, int]:
        true = [law.draw(xy, rng) for law, xy in zip(laws, about, strict=True)]
        at, away = placing.nearest(np.concatenate(true))
        at = at.take(away <= placing.limit_m)
        on = np.bincount(lixels.holding(at.edge, at.offset_m), minlength=len(lixels))
        return view.counts(on.astype(float)), len(at)

    found = np.zeros(rank.max(initial=0) + 1)
    pool, size = drawn(reports.middle[cell] for cell in reports.pool)
    for _ in range(draws):
        counts, n = drawn(points)
        score = scores(counts, np.maximum(pool, 1.0) * n / size, n)
        found[_ranks(view, view.first(score, top), rank)] += 1
    return found[1:] / draws


def _ranks(view: Windows, chosen: list[int], rank: Ints) -> Ints:
    """Return the ranks of the hotspots that chosen windows share a lixel with, and 0."""
    return np.unique(
        np.concatenate([np.zeros(1, np.int64), *(rank[view.lixels(w)] for w in chosen)])
    )
