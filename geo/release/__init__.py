"""What may leave, for whom: sightings are masked first, then analysed again, then attacked.

`mask` makes the cells of a tier of the coarse sightings of a run, and from the cells the only
sightings that the analysis of a release sees.  `twin` draws other sightings of which the same cells
are made: whatever a release tells beyond its cells differs from that of a twin.  `difference` is
what a release tells beside an earlier one.  `attack` looks for places and days in the files of a
release, and `gain` says how much more it finds than in those of a twin.  `utility` says what
masking costs.
"""

from geo.release.attack import Evidence, attack, gain
from geo.release.differences import difference
from geo.release.masking import Masked, mask
from geo.release.twins import twin
from geo.release.utility import utility

__all__ = ["Evidence", "Masked", "attack", "difference", "gain", "mask", "twin", "utility"]
