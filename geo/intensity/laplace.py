"""The posterior of a Gaussian vector of which counts are known, as a Gaussian at its mode.

References
----------
L. Tierney, J. B. Kadane, "Accurate approximations for posterior moments and marginal densities",
Journal of the American Statistical Association 81 (1986) 82-86: the approximation, its marginal
likelihood.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu
from scipy.special import gammaln

from geo.arrays import Floats, Ints

MOST_STEPS: Final = 60
CLOSE: Final = 1e-3
"""A step that changes no element by more is the last: the error is then about its square."""
LARGEST_STEP: Final = 4.0
"""Largest change of an element in one step; the objective is concave, and steps stay safe."""
POISSON: Final = 1e6
"""A negative binomial of this size is a Poisson."""


@dataclass(frozen=True)
class Counts:
    """Counts, and what each element of the vector adds to the mean of each."""

    groups: Floats
    """(r,)"""
    exposure: csr_array
    """(r, m): mean of each count for a rate of one at each place."""
    design: csr_array
    """(m, d): logarithm of the rate at each place, of the vector's elements."""
    size: Floats
    """(r,): negative binomial with this size; `POISSON` for Poisson."""

    def parts(self, vector: Floats) -> csr_array:
        """Return what each place adds to the mean of each count, (r, m)."""
        rate = np.exp(self.design @ vector)
        exposure = self.exposure
        parts = exposure.data * rate[exposure.indices]
        return csr_array((parts, exposure.indices, exposure.indptr), exposure.shape)

    def mean(self, vector: Floats) -> Floats:
        """Return the mean of each count, (r,)."""
        return np.asarray(self.exposure @ np.exp(self.design @ vector), dtype=float)

    def log_likelihood(self, mean: Floats) -> float:
        """Return the logarithm of the chance of the counts."""
        groups = self.groups
        size = self.size
        constant = gammaln(groups + size) - gammaln(size) - gammaln(groups + 1)
        chances = groups * np.log(mean / size)
        chances -= (groups + size) * np.log1p(mean / size)
        return float((constant + chances).sum())


@dataclass(frozen=True)
class Before:
    """A Gaussian vector before anything is counted."""

    precision: csc_array
    """(d, d)"""
    mean: Floats
    """(d,)"""
    factor: Any
    """`factored` of its precision."""


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian near a posterior."""

    mode: Floats
    factor: Any
    """`factored` of its precision matrix."""
    log_marginal: float
    """Logarithm of the marginal likelihood of the counts."""


def fit(before: Before, counts: Counts, start: Floats | None = None) -> Gaussian:
    """Return the Gaussian at the mode of the posterior, by Newton's steps.

    Parameters
    ----------
    before : Before
    counts : Counts
    start : (d,) array, optional
        A vector near the mode; by default the prior mean.
    """
    mode = (before.mean if start is None else start).copy()
    height = _log_joint(before, counts, mode)
    for _ in range(MOST_STEPS):
        gradient, factor = _derivatives(before, counts, mode)
        step = factor.solve(gradient)
        step *= min(1.0, LARGEST_STEP / max(np.abs(step).max(), CLOSE))
        while True:
            higher = _log_joint(before, counts, mode + step)
            if higher >= height or np.abs(step).max() < CLOSE:
                break
            step /= 2
        mode += step
        height = higher
        if np.abs(step).max() < CLOSE:
            break
    log_marginal = height + (_log_det(before.factor) - _log_det(factor)) / 2
    return Gaussian(mode, factor, log_marginal)


def covariance(factor: Any, rows: csr_array) -> Floats:
    """Return the covariance matrix of linear combinations of a Gaussian vector, (k, k).

    `factor` is that of its precision matrix, as from `factored`.
    """
    return np.asarray(rows @ factor.solve(rows.T.toarray()))


def _log_joint(before: Before, counts: Counts, vector: Floats) -> float:
    """Return the logarithm of prior and likelihood, without the constants of the prior."""
    away = vector - before.mean
    log_prior = -float(away @ (before.precision @ away)) / 2
    return log_prior + counts.log_likelihood(counts.mean(vector))


def _rows(counts: Counts, vector: Floats) -> tuple[Floats, csr_array, csr_array]:
    """Return the mean of each count, each place's share of it, the derivative of its logarithm."""
    share = counts.parts(vector)
    mean = np.asarray(share.sum(axis=1), dtype=float)
    share.data /= np.repeat(mean, np.diff(share.indptr))
    return mean, share, csr_array(share @ counts.design)


def _derivatives(before: Before, counts: Counts, vector: Floats) -> tuple[Floats, Any]:
    """Return the gradient of the joint, and the factor of its curvature.

    With a count's score ``s`` and information ``i`` by the logarithm of its mean, that logarithm's
    derivative ``g``, and shares ``q`` of places whose rates have the derivatives ``D``, the
    curvature is ``(i + s) g gᵀ - s Dᵀ diag(q) D``.  Far from the mode it need not be positive; then
    shares are held fixed, ``i g gᵀ``.
    """
    mean, share, rows = _rows(counts, vector)
    below = 1 / (1 + mean / counts.size)
    score = (counts.groups - mean) * below
    information = (1 + counts.groups / counts.size) * mean * below**2
    gradient = rows.T @ score - before.precision @ (vector - before.mean)
    prior = before.precision
    curvature = prior + _squared(rows, information + score)
    factor = factored(curvature - _squared(counts.design, share.T @ score))
    if factor.U.diagonal().min() <= 0:
        factor = factored(prior + _squared(rows, information))
    return gradient, factor


def _squared(rows: csr_array, weight: Floats) -> csc_array:
    """Return ``rowsᵀ diag(weight) rows``."""
    data = rows.data * np.repeat(weight, np.diff(rows.indptr))
    weighted = csr_array((data, rows.indices, rows.indptr), rows.shape)
    return csc_array(rows.T @ weighted)


def elimination_order(matrix: csc_array) -> Ints:
    """Return the order of rows in which a positive definite matrix has sparse factors, (d,)."""
    return np.argsort(factored(matrix, "MMD_AT_PLUS_A").perm_c)


def factored(
    matrix: csc_array, order: Literal["NATURAL", "MMD_AT_PLUS_A"] = "NATURAL"
) -> Any:
    """Return the factors of a positive definite matrix, in its own order or one of SuperLU's."""
    options = {"SymmetricMode": True}
    return splu(
        csc_array(matrix), permc_spec=order, diag_pivot_thresh=0.0, options=options
    )


def _log_det(factor: Any) -> float:
    """Return the logarithm of the determinant of a factored matrix."""
    return float(np.log(np.abs(factor.U.diagonal())).sum())
