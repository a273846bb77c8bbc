"""How events lie along a network: their density, and whether they cluster.  For notebooks.

Start with `estimate_density` (four estimators) and `bandwidth_scores` (which bandwidth); then
`k_envelopes`: does the K function of the events leave what chance gives?

================  ==============================================================================
module            what it holds
================  ==============================================================================
`density`         density on lixels by four estimators; choice of bandwidth
`equal_split`     two of the estimators: kernels that split at every node
`k`               network K function and its global envelopes
`kernels`         kernels, by standard deviation or half-width
================  ==============================================================================
"""

from geo.patterns.density import (
    ESTIMATORS,
    bandwidth_scores,
    density_by_bandwidth,
    estimate_density,
)
from geo.patterns.k import KTest, k_envelopes, k_function
from geo.patterns.kernels import KERNELS, sigma_of

__all__ = [
    "ESTIMATORS",
    "KERNELS",
    "KTest",
    "bandwidth_scores",
    "density_by_bandwidth",
    "estimate_density",
    "k_envelopes",
    "k_function",
    "sigma_of",
]
