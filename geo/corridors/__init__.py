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

from geo.corridors.along import along
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
