"""Is it nearer than chance?  Monte Carlo tests that carry the sightings' uncertainty through.

A sighting is a disc, not a point.  Under the null its true position is drawn from the null model
and reported with the same error as the real one; then, as for the real one, every statistic is
averaged over the disc about the reported position.  Data and simulations carry the same error, so
it is not added twice.

Each null is prepared once, in *pools*: for each error law, reported positions with the distances
from points spread over their discs.  A simulation only draws from the pools, for all corridor
kinds together, so that a family of tests can be adjusted jointly.

References
----------
Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 4.2.
Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing, algorithm 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.berman import ks_distance, rank_in
from geo.discs import sigma_of
from geo.nulls import Null
from geo.segments import Bools, Floats, Ints, Segments

SPREAD: Final = 16
"""Points that stand for an uncertainty disc in the tests."""

POOL: Final = 1000
"""Reported positions in the pool of an error law that is not exact."""

LAWS: Final = 12
"""Different uncertainties are brought to so many at most, the nearest larger one."""

VALUES_AT_ONCE: Final = 1 << 20
"""Distances that are looked at together: memory does not grow with the simulations."""

ARGUMENTS: Final = 64
"""Distances at which the distribution function is compared with its envelope."""


@dataclass(frozen=True)
class Law:
    """One error law: its radius (`uncertainty_m`) and whether it is Gaussian."""

    radius: float
    gaussian: bool

    def spread(self, k: int) -> Floats:
        """Return `k` points that stand for the law, spread like a sunflower's seeds."""
        share = (np.arange(k) + 0.5) / k
        angle = np.arange(k) * np.pi * (3 - np.sqrt(5))
        return _polar(self._radius(share), angle)

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return `n` random displacements."""
        angle = rng.uniform(0, 2 * np.pi, n)
        return _polar(self._radius(rng.random(n)), angle)

    def _radius(self, share: Floats) -> Floats:
        if self.gaussian:
            return np.asarray(sigma_of(np.array(self.radius)) * np.sqrt(-2 * np.log1p(-share)))
        return np.asarray(self.radius * np.sqrt(share))


@dataclass(frozen=True)
class Prepared:
    """A null model, measured against every corridor kind.

    Attributes
    ----------
    null : Null
    kinds : tuple of str
    reference : dict of (m,) float array
        Sorted distances of the null positions, by kind.
    argument : dict of (k,) float array
        Distances at which curves are compared, by kind.
    laws : tuple of Law
    pool : tuple of dict of (positions, spread) float array
        Distances by law, then kind.
    """

    null: Null
    kinds: tuple[str, ...]
    reference: Mapping[str, Floats]
    argument: Mapping[str, Floats]
    laws: tuple[Law, ...]
    pool: tuple[Mapping[str, Floats], ...]


@dataclass(frozen=True)
class Statistics:
    """Statistics of data sets, a row each, against one corridor kind.

    Attributes
    ----------
    mean_distance : (c,) float array
    mean_rank : (c,) float array
        Mean of the null's distribution function at the distances.
    ks : (c,) float array
        Largest distance of the (averaged) distribution function from the null's.
    within : (c, bands) float array
        Expected number of sightings within each band.
    curve : (c, k) float array
        Share of the sightings within each of the arguments.
    """

    mean_distance: Floats
    mean_rank: Floats
    ks: Floats
    within: Floats
    curve: Floats


def laws_of(uncertainty: Floats, gaussian: Bools) -> tuple[tuple[Law, ...], Ints]:
    """Return the distinct error laws, and the law of each sighting.

    Where there are more than `LAWS`, uncertainties are raised to the nearest of their quantiles.
    """
    pairs = np.stack([np.asarray(uncertainty, float), np.asarray(gaussian, float)], axis=1)
    if len(np.unique(pairs, axis=0)) > LAWS:
        steps = np.quantile(pairs[:, 0], np.linspace(0, 1, LAWS // 2), method="higher")
        pairs[:, 0] = steps[np.searchsorted(steps, pairs[:, 0])]
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    return tuple(Law(float(r), bool(g)) for r, g in distinct), which.reshape(-1)


def prepare(
    null: Null, corridors: Mapping[str, Segments], laws: tuple[Law, ...], *, seed: int
) -> Prepared:
    """Measure a null model against corridors, once for any number of simulations.

    Parameters
    ----------
    null : Null
    corridors : mapping of Segments by kind
    laws : tuple of Law
    seed : int
    """
    rng = np.random.default_rng(seed)
    exact = {kind: s.nearest(null.xy)[0] for kind, s in corridors.items()}
    k = 1 if all(law.radius == 0 for law in laws) else SPREAD
    pools = []
    for law in laws:
        if k == 1:
            pools.append({kind: d[:, None] for kind, d in exact.items()})
            continue
        true = null.xy[rng.choice(len(null.xy), POOL, replace=len(null.xy) < POOL)]
        reported = true + law.draw(POOL, rng)
        pools.append(measure(reported, law.spread(k)[None], corridors))
    reference = {kind: np.sort(d) for kind, d in exact.items()}
    shares = (np.arange(ARGUMENTS) + 0.5) / ARGUMENTS
    argument = {kind: np.quantile(d, shares) for kind, d in reference.items()}
    return Prepared(null, tuple(corridors), reference, argument, laws, tuple(pools))


def measure(xy: Floats, spread: Floats, corridors: Mapping[str, Segments]) -> dict[str, Floats]:
    """Return by kind the distances (n, k) from points spread over each position's disc.

    Parameters
    ----------
    xy : (n, 2) float array
    spread : (n, k, 2) or (1, k, 2) float array
        Displacements from each position.
    corridors : mapping of Segments by kind
    """
    at = (xy[:, None, :] + spread).reshape(-1, 2)
    return {kind: s.nearest(at)[0].reshape(len(xy), -1) for kind, s in corridors.items()}


def most_within(prepared: Prepared, law: Ints, kind: str, bands: Floats) -> Floats:
    """Return the largest expected number of these sightings within each band, wherever they lie.

    A wide disc never lies in a narrow band whole.
    """
    best = [[(pool[kind] <= band).mean(axis=1).max() for band in bands] for pool in prepared.pool]
    return np.asarray(np.array(best)[law].sum(axis=0))


def statistics(distance: Floats, prepared: Prepared, kind: str, bands: Floats) -> Statistics:
    """Return the statistics of data sets from distances (sets, sightings, spread)."""
    sets, n, k = distance.shape
    flat = distance.reshape(sets, n * k)
    u = rank_in(flat, prepared.reference[kind])
    ordered = np.sort(flat, axis=1)
    shifted = np.searchsorted(prepared.argument[kind], ordered, side="left")
    row = np.arange(sets)[:, None] * (ARGUMENTS + 1)
    counts = np.bincount((shifted + row).ravel(), minlength=sets * (ARGUMENTS + 1))
    curve = counts.reshape(sets, -1).cumsum(axis=1)[:, :ARGUMENTS] / (n * k)
    within = np.stack([(flat <= b).sum(axis=1) / k for b in bands], axis=1)
    return Statistics(flat.mean(axis=1), u.mean(axis=1), ks_distance(u), within, curve)


def simulate(
    prepared: Prepared,
    law: Ints,
    used: Mapping[str, Bools],
    bands: Floats,
    *,
    simulations: int,
    seed: int,
) -> dict[str, Statistics]:
    """Return statistics of simulated data sets by kind; a set is the same for all kinds.

    Parameters
    ----------
    prepared : Prepared
    law : (n,) int array
        Law of each sighting, a number in ``prepared.laws``.
    used : mapping of (n,) bool array
        Sightings that the test of each kind uses; at least one.
    bands : (b,) float array
    simulations, seed : int
    """
    parts: dict[str, list[Statistics]] = {kind: [] for kind in used}
    for draw in _draws(prepared, law, simulations, seed):
        for kind, mask in used.items():
            distance = _drawn(prepared, law, draw, kind)[:, mask]
            parts[kind].append(statistics(distance, prepared, kind, bands))
    return {kind: _joined(found) for kind, found in parts.items()}


def p_value(observed: Floats, simulated: Floats) -> Floats:
    """Return ``(b + 1) / (m + 1)``, with b simulations at least as large as the observed."""
    # Sums in another order differ in the last digit: that is no difference.
    slack = 1e-9 * np.maximum(np.abs(observed), 1e-12)
    return np.asarray(((simulated >= observed - slack).sum(axis=0) + 1) / (len(simulated) + 1))


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


def holm(p: Floats) -> Floats:
    """Return p-values adjusted by Holm's step-down rule."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return out


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _draws(prepared: Prepared, law: Ints, simulations: int, seed: int) -> Iterator[Ints]:
    """Yield rows of the pools, (sets, sightings), some data sets at a time."""
    rng = np.random.default_rng(seed)
    first = next(iter(prepared.pool[0].values()))
    at_once = max(VALUES_AT_ONCE // (len(law) * first.shape[1]), 1)
    sizes = np.array([len(next(iter(pool.values()))) for pool in prepared.pool])
    for begin in range(0, simulations, at_once):
        sets = min(at_once, simulations - begin)
        yield rng.integers(0, sizes[law], (sets, len(law)))


def _drawn(prepared: Prepared, law: Ints, draw: Ints, kind: str) -> Floats:
    """Return the distances (sets, sightings, spread) of drawn rows."""
    if len(prepared.laws) == 1:
        return prepared.pool[0][kind][draw]
    spread = prepared.pool[0][kind].shape[1]
    out = np.empty((*draw.shape, spread))
    for number, pool in enumerate(prepared.pool):
        own = law == number
        out[:, own] = pool[kind][draw[:, own]]
    return out


def _joined(parts: list[Statistics]) -> Statistics:
    return Statistics(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("mean_distance", "mean_rank", "ks", "within", "curve")
        )
    )
