"""Corridor proximity: how near sightings were reported, and whether it is nearer than chance.

It takes any points and any lines in metres.  `corridors_of` sorts ways of OpenStreetMap into kinds
of corridor.  Start with

- how near are the sightings to each kind? `proximity`;
- where along a corridor, from which end? `along`;
- is that nearer than chance, given where anyone could have seen and reported them?
  `compare_with_chance` within `window_about` the sightings;
- where is within 250 m of each? `band_areas`;
- which corridor explains them best? `compare_with_chance` says that too;
- what can so few sightings show at all? `lowest_share_if_all_agree`.
"""

from typing import TYPE_CHECKING

from geo.corridors.along import along
from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from geo.corridors.analysis import compare_with_chance, window_about
    from geo.corridors.bands import band_areas
    from geo.corridors.distance import Corridor, corridors_of, proximity
    from geo.corridors.small_samples import lowest_share_if_all_agree

__all__ = [
    "Corridor",
    "along",
    "band_areas",
    "compare_with_chance",
    "corridors_of",
    "lowest_share_if_all_agree",
    "proximity",
    "window_about",
]

# Who draws bands or plans waits for no test.
__getattr__, __dir__ = opened_on_use(
    __name__,
    along="along",
    compare_with_chance="analysis",
    window_about="analysis",
    band_areas="bands",
    Corridor="distance",
    corridors_of="distance",
    proximity="distance",
    lowest_share_if_all_agree="small_samples",
)
