"""Corridor proximity: how near sightings were reported, and whether it is nearer than chance.

Start with `corridors_of`, which sorts ways into kinds of corridor; then ask

- how near are the sightings to each kind? `proximity`;
- is that nearer than chance, given where anyone could have seen and reported them?
  `compare_with_chance` within `window_about` the sightings; for plain points, lines and a window
  `berman_test`;
- which corridor explains them best? `compare_with_chance` says that too;
- what can so few sightings show at all? `share_if_all_agree`.

===============  ==========================================================================
module           what it holds
===============  ==========================================================================
`distance`       distances from sightings to corridors, over all places where each may have been
`analysis`       all tests under all null models, in one call
`nearness`       the tests of one null model as tables
`monte_carlo`    sightings simulated under a null model
`p_values`       Monte Carlo p-values, adjusted for many hypotheses
`small_samples`  what a few sightings can show at best
`attribution`    which corridor explains the sightings best
`berman`         classical tests of points against lines
===============  ==========================================================================
"""

from geo.corridors.analysis import compare_with_chance, window_about
from geo.corridors.berman import berman_test
from geo.corridors.distance import Corridor, corridors_of, proximity
from geo.corridors.small_samples import share_if_all_agree

__all__ = [
    "Corridor",
    "berman_test",
    "compare_with_chance",
    "corridors_of",
    "proximity",
    "share_if_all_agree",
    "window_about",
]
