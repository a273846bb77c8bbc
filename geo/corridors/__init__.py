"""Corridor proximity: how near sightings were reported, and whether it is nearer than chance.

It takes any points and any lines in metres:

>>> import geopandas as gpd, shapely
>>> from geo import corridors
>>> lines = [shapely.LineString([(0, y), (5000, y)]) for y in (0, 900)]  # or geopandas.read_file
>>> canal, street = (gpd.GeoSeries([line], crs="EPSG:32634") for line in lines)
>>> seen = gpd.GeoSeries.from_xy([1000, 2000, 3500], [90, 40, 300], crs="EPSG:32634")
>>> near = corridors.proximity(seen, {"canal": canal}, uncertainty_m=50)
>>> near.totals["expected_within"].round(1).tolist()  # within 100, 250, 500 m
[1.6, 2.0, 3.0]
>>> tests = corridors.compare_with_chance(seen, {"canal": canal}, roads=street, uncertainty_m=50)
>>> tests.bands["verdict"].iloc[0]  # within 100 m
'cannot_be_decided'
>>> for text in tests.assumed:
...     print(text)
observers stood along roads only: no stations were given
reports are as likely from every metre of the roads: they have no column highway
no hypothesis was named beforehand: no corridor is railway

`corridors_of` sorts ways of OpenStreetMap into kinds of corridor.  Then ask

- how near are the sightings to each kind? `proximity`;
- is that nearer than chance, given where anyone could have seen and reported them?
  `compare_with_chance` within `window_about` the sightings; for plain points, lines and a window
  `berman_test`;
- which corridor explains them best? `compare_with_chance` says that too;
- what can so few sightings show at all? `lowest_share_if_all_agree`.

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
from geo.corridors.small_samples import lowest_share_if_all_agree

__all__ = [
    "Corridor",
    "berman_test",
    "compare_with_chance",
    "corridors_of",
    "lowest_share_if_all_agree",
    "proximity",
    "window_about",
]
