"""Corridor proximity: how near sightings were reported, and whether it is nearer than chance.

It takes any points and any lines in metres.  `corridors_of` sorts ways of OpenStreetMap into kinds
of corridor.  Start with

- how near are the sightings to each kind? `proximity`;
- where along a corridor, from which end? `along`;
- how many would lie in each band by where observers are assumed to stand? `with_expected`;
- is that nearer than chance, where effort was measured or you name the null?
  `compare_with_chance` within `window_about` the sightings;
- where is within 250 m of each? `band_areas`;
- do heavier ones, such as larger groups, lie nearer? `weigh`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
