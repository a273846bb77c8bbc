"""Corridor proximity: how near sightings were reported, and whether it is nearer than chance.

It takes any points and any lines in metres.  `corridors_of` sorts ways of OpenStreetMap into kinds
of corridor.  Start with

- how near are the sightings to each kind? `proximity`;
- where along a corridor, from which end? `along`;
- is that nearer than chance, given where anyone could have seen and reported them?
  `compare_with_chance` within `window_about` the sightings;
- where is within 250 m of each? `band_areas`;
- which corridor explains them best? `compare_with_chance` says that too;
- do heavier ones, such as larger groups, lie nearer? `weigh`;
- what can so few sightings show at all? `lowest_share_if_all_agree`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
