"""Hotspots: where more was reported than reporting effort would bring.

A hotspot says where people were *reported*, never where they *are*.  Start with `find`, which scans
a network for hotspots and gives the density of what was reported on it.  It takes any points and
any lines in metres:

>>> import geopandas as gpd, shapely
>>> from geo import chance, hotspots
>>> lines = [shapely.LineString([(0, y), (9000, y)]) for y in (0, 900)]  # or geopandas.read_file
>>> streets = gpd.GeoSeries(lines, crs="EPSG:32634")
>>> seen = gpd.GeoSeries.from_xy([950, 1000, 1050, 5000], [20] * 4, crs="EPSG:32634")
>>> effort = chance.reporting_effort(streets)
>>> hot = hotspots.find(streets, seen, effort=effort, uncertainty_m=50)
>>> hot.segments[["radius_m", "reported", "n_sightings"]].iloc[0].tolist()
[150.0, 3.0, 3.0]
>>> str(hot.gate).startswith("descriptive only: 4 of at least 10")
True

The densities alone, which take no account of effort: `heat_density` along a network,
`planar_density` in the plane.

===============  ==========================================================================
module           what it holds
===============  ==========================================================================
`ranking`        hotspots, ranked and named, with what each rests on
`scan`           the scan statistic on a network
`heat`           density along a network
`planar`         density in the plane, for comparison
===============  ==========================================================================
"""

from geo.hotspots.heat import Sources, heat_density
from geo.hotspots.planar import planar_density
from geo.hotspots.ranking import find

__all__ = ["Sources", "find", "heat_density", "planar_density"]
