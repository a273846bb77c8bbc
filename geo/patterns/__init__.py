"""How events lie along a network: their density, and whether they cluster.  For notebooks.

Start with `estimate_density` (four estimators) and `bandwidth_scores` (which bandwidth); then
`k_envelopes`: does the K function of the events leave what chance gives?
"""

from geo.patterns.equal_split import KERNELS, sigma_of
from geo.patterns.estimators import ESTIMATORS, bandwidth_scores, estimate_density
from geo.patterns.k import KTest, k_envelopes, k_function

__all__ = [
    "ESTIMATORS",
    "KERNELS",
    "KTest",
    "bandwidth_scores",
    "estimate_density",
    "k_envelopes",
    "k_function",
    "sigma_of",
]
