"""What may leave, for whom: sightings are masked first, then analysed again, then attacked.

`mask` makes cells of the coarse sightings of a run, and of the cells the only sightings that the
analysis of a release sees.  `twin` draws other sightings of which the same cells are made: what a
release tells beyond its cells differs from that of a twin.  `attack` looks for groups in the files
of a release, and `gain` says how much more it finds than in those of a twin.  `difference` is what
two releases tell together, `utility` what masking costs.
"""

from geo.release.attacker import Evidence, attack, gain
from geo.release.differences import crossing, difference
from geo.release.masking import Masked, mask, twin, utility

__all__ = [
    "Evidence", "Masked", "attack", "crossing", "difference", "gain", "mask", "twin", "utility",
]  # fmt: skip
