"""The posterior of a Gaussian vector of which counts are known, as a Gaussian at its mode.

References
----------
L. Tierney, J. B. Kadane, "Accurate approximations for posterior moments and marginal densities",
Journal of the American Statistical Association 81 (1986) 82-86: the approximation, its marginal
likelihood.
H. Rue, S. Martino, N. Chopin, "Approximate Bayesian inference for latent Gaussian models by using
integrated nested Laplace approximations", JRSS B 71 (2009) 319-392, section 3.2.3: the mean is
moved by the third derivatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu
from scipy.special import gammaln

from geo.arrays import Floats
from geo.intensity.selected import variances

MOST_STEPS: Final = 60
CLOSE: Final = 1e-7
"""A step that changes no element by more is the last."""
LARGEST_STEP: Final = 4.0
"""Largest change of an element in one step; the objective is concave, and steps stay safe."""


@dataclass(frozen=True)
class Counts:
    """Counts, and what each element of the vector adds to the mean of each."""

    groups: Floats
    """(r,)"""
    exposure: csr_array
    """(r, n): mean of each count for a rate of one at each node."""
    design: csr_array
    """(n, d): logarithm of the rate at each node, of the vector's elements."""
    size: float
    """Negative binomial with this size; infinite for Poisson."""

    def parts(self, vector: Floats) -> csr_array:
        """Return what each node adds to the mean of each count, (r, n)."""
        rate = np.exp(self.design @ vector)
        parts = self.exposure.copy()
        parts.data = parts.data * rate[parts.indices]
        return parts

    def mean(self, vector: Floats) -> Floats:
        """Return the mean of each count, (r,)."""
        return np.asarray(self.parts(vector).sum(axis=1), dtype=float)

    def log_likelihood(self, mean: Floats) -> float:
        """Return the logarithm of the chance of the counts."""
        groups = self.groups
        size = self.size
        if np.isinf(size):
            return float(
                (groups * np.log(mean) - mean - gammaln(groups + 1)).sum()
            )
        chances = gammaln(groups + size) - gammaln(size) - gammaln(groups + 1)
        chances += size * np.log(size / (size + mean)) + groups * np.log(
            mean / (size + mean)
        )
        return float(chances.sum())


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian near a posterior."""

    mode: Floats
    factor: Any
    """`splu` of its precision matrix."""
    log_marginal: float
    """Logarithm of the marginal likelihood of the counts."""
    skewed_mean: Floats
    """Mean, with the skewness of the posterior."""


def fit(
    prior: csc_array,
    prior_mean: Floats,
    counts: Sequence[Counts],
    start: Floats | None = None,
) -> Gaussian:
    """Return the Gaussian at the mode of the posterior, by Newton's steps.

    Parameters
    ----------
    prior : (d, d) sparse matrix
        Precision of the vector before anything is counted.
    prior_mean : (d,) array
    counts : sequence of Counts
    start : (d,) array, optional
        A vector near the mode; by default the prior mean.
    """
    mode = (prior_mean if start is None else start).copy()
    height = _log_joint(prior, prior_mean, counts, mode)
    for _ in range(MOST_STEPS):
        gradient, curvature = _derivatives(prior, prior_mean, counts, mode)
        step = factored(curvature).solve(gradient)
        step *= min(1.0, LARGEST_STEP / max(np.abs(step).max(), CLOSE))
        while True:
            higher = _log_joint(prior, prior_mean, counts, mode + step)
            if higher >= height or np.abs(step).max() < CLOSE:
                break
            step /= 2
        mode += step
        height = higher
        if np.abs(step).max() < CLOSE:
            break
    _, curvature = _derivatives(prior, prior_mean, counts, mode)
    factor = factored(curvature)
    log_marginal = height + (_log_det(factored(prior)) - _log_det(factor)) / 2
    mean = mode + factor.solve(_third(counts, mode, factor)) / 2
    return Gaussian(mode, factor, log_marginal, mean)


def covariance(factor: Any, rows: csr_array) -> Floats:
    """Return the covariance matrix of linear combinations of a Gaussian vector, (k, k).

    `factor` is that of its precision matrix, as from `factored`.
    """
    return np.asarray(rows @ factor.solve(rows.T.toarray()))


def _log_joint(
    prior: csc_array,
    prior_mean: Floats,
    counts: Sequence[Counts],
    vector: Floats,
) -> float:
    """Return the logarithm of prior and likelihood, without the constants of the prior."""
    away = vector - prior_mean
    log_prior = -float(away @ (prior @ away)) / 2
    chances = [block.log_likelihood(block.mean(vector)) for block in counts]
    return float(log_prior + sum(chances))


def _rows(counts: Counts, vector: Floats) -> tuple[Floats, csr_array]:
    """Return the mean of each count, and the derivative of its logarithm, (r, d)."""
    mean = counts.mean(vector)
    share = diags_array(1 / mean) @ counts.parts(vector)
    return mean, csr_array(share @ counts.design)


def _derivatives(
    prior: csc_array,
    prior_mean: Floats,
    counts: Sequence[Counts],
    vector: Floats,
) -> tuple[Floats, csc_array]:
    """Return the gradient of the joint, and its curvature, a precision matrix.

    Where several nodes share a count, their shares are held fixed; so the curvature is positive.
    """
    gradient = -(prior @ (vector - prior_mean))
    curvature = prior
    for block in counts:
        mean, rows = _rows(block, vector)
        share = 1 / (1 + mean / block.size)
        information = (1 + block.groups / block.size) * mean * share**2
        gradient += rows.T @ ((block.groups - mean) * share)
        curvature = curvature + rows.T @ diags_array(information) @ rows
    return gradient, csc_array(curvature)


def _third(counts: Sequence[Counts], mode: Floats, factor: Any) -> Floats:
    """Return how skewness changes the gradient: third derivatives times variances."""
    total = np.zeros(len(mode))
    for block in counts:
        mean, rows = _rows(block, mode)
        variance = variances(factor, rows)
        share = 1 / (1 + mean / block.size)
        # Third derivative of the log-likelihood by the logarithm of the mean.
        third = (
            -(1 + block.groups / block.size) * mean * share**2 * (2 * share - 1)
        )
        total += rows.T @ (third * variance)
    return total


def factored(matrix: csc_array) -> Any:
    """Return the factors of a positive definite matrix."""
    options = {"SymmetricMode": True}
    return splu(
        csc_array(matrix),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options=options,
    )


def _log_det(factor: Any) -> float:
    """Return the logarithm of the determinant of a factored matrix."""
    return float(np.log(np.abs(factor.U.diagonal())).sum())
