"""What may leave, for whom: sightings are masked first, then analysed again, then attacked.

Start with `mask`: it makes cells of the coarse sightings of a run, and then of these cells the only
sightings that the analysis of a release sees.  `twin` draws other sightings that make the same
cells: what a release shows beyond its cells differs from that of a twin.  `attack` looks for groups
in the files of a release, and `gain` says how much more it finds than in those of a twin.
`difference` is what two releases show together, `utility` what masking costs.
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from geo.release.attacker import Evidence, attack, gain
    from geo.release.differences import crossing, difference
    from geo.release.masking import Masked, mask, twin, utility

__all__ = [
    "Evidence",
    "Masked",
    "attack",
    "crossing",
    "difference",
    "gain",
    "mask",
    "twin",
    "utility",
]

# Who says of which months sightings are waits for no attack.
__getattr__, __dir__ = opened_on_use(
    __name__,
    Evidence="attacker",
    attack="attacker",
    gain="attacker",
    crossing="differences",
    difference="differences",
    Masked="masking",
    mask="masking",
    twin="masking",
    utility="masking",
)
