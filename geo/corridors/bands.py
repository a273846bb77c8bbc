"""The area within a distance of each kind of corridor, and how many sightings lie in it.

Areas are generalised: off by at most a tenth of their distance, which no reader of a map sees.
"""

from collections.abc import Iterable
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Objects
from geo.corridors.distance import Corridors, as_corridors
from geo.crs import require_metric
from geo.network.compiling import in_threads
from geo.network.segments import along_curve
from geo.results import Proximity
from geo.schema import BANDS_M, CORRIDOR_BANDS

WITHOUT_AREA: Final = ("road_or_path",)
"""Kinds of corridor about which a study tells no area: it is whole towns."""
ROUGH: Final = 0.05
"""Lines, and then outlines, are simplified by this share of the distance."""
ROUND: Final = 4
"""Segments in a quarter of a circle."""
PART: Final = 20_000
"""Lines about which a thread finds the area at a time."""


def band_areas(
    corridors: Corridors, bands_m: Iterable[float] = BANDS_M
) -> gpd.GeoDataFrame:
    """Return the area within each distance of each kind of corridor.

    Parameters
    ----------
    corridors : mapping of lines by kind, or of Corridor as from `corridors_of`
        In one projected CRS in metres, else `geo.crs.CRSError`.
    bands_m : iterable of float, metres

    Returns
    -------
    geopandas.GeoDataFrame
        ``corridor``, ``band_m`` and a MultiPolygon, a row a kind that has lines and distance; the
        outline is off by at most a tenth of the distance.

    Examples
    --------
    >>> canal = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> areas = band_areas({"canal": canal}, [100])
    >>> (areas.area / 1e6).round(2).tolist()
    [1.83]
    """
    kinds = as_corridors(corridors)
    crs = require_metric(**{kind: corridor.lines for kind, corridor in kinds.items()})
    bands = list(bands_m)
    lines = {
        kind: corridor.lines.geometry
        for kind, corridor in kinds.items()
        if len(corridor.lines)
    }
    areas = in_threads(lambda ways: _areas(ways, bands), lines.values())
    rows = [
        (kind, band_m, by_band[band_m])
        for kind, by_band in zip(lines, areas, strict=True)
        for band_m in bands
    ]
    columns = ["corridor", "band_m", "geometry"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs
    )


def _areas(
    lines: gpd.GeoSeries, bands_m: Iterable[float]
) -> dict[float, shapely.MultiPolygon]:
    """Return the area within each distance of lines.

    A wider one grows from the one before, unless that is too rough for it.
    """
    areas: dict[float, shapely.MultiPolygon] = {}
    before_m, error_m = 0.0, np.inf
    for band_m in sorted(bands_m):
        rough_m = ROUGH * band_m
        if error_m <= rough_m:
            strips = _grown(areas[before_m], band_m - before_m)
        else:
            error_m = rough_m
            strips = _strips(lines, band_m, rough_m)
        areas[band_m] = _outlined(shapely.union_all(strips), rough_m)
        before_m = band_m
        error_m += rough_m
    return areas


def _strips(lines: gpd.GeoSeries, by_m: float, rough_m: float) -> list[BaseGeometry]:
    """Return the areas about lines that lie together."""
    ways = lines.to_numpy()[along_curve(lines.bounds.to_numpy()[:, :2])]

    def strip(part: Objects) -> BaseGeometry:
        rough = shapely.simplify(part, rough_m, preserve_topology=False)
        return shapely.union_all(shapely.buffer(rough, by_m, quad_segs=ROUND))

    return list(in_threads(strip, np.array_split(ways, 1 + len(ways) // PART)))


def _grown(area: shapely.MultiPolygon, by_m: float) -> list[BaseGeometry]:
    """Return the polygons of an area grown: rings by themselves take a tenth of the time."""
    grown: list[BaseGeometry] = []
    for polygon in shapely.get_parts(area):
        rings = np.asarray(shapely.polygons(shapely.get_rings(polygon)))
        shell = shapely.buffer(rings[0], by_m, quad_segs=ROUND)
        holes = shapely.buffer(rings[1:], -by_m, quad_segs=ROUND)
        # Rings of a polygon lie apart, and more so as they shrink.
        apart = shapely.get_parts(holes[~shapely.is_empty(holes)])
        grown.append(shapely.difference(shell, shapely.MultiPolygon([*apart])))
    return grown


def _outlined(area: shapely.Geometry, rough_m: float) -> shapely.MultiPolygon:
    """Return an area with simpler outlines."""
    polygons = [_simplified(polygon, rough_m) for polygon in shapely.get_parts(area)]
    # Rings that were simplified apart may cross.
    area = shapely.make_valid(shapely.MultiPolygon(polygons))
    parts = shapely.get_parts(shapely.get_parts(area))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _simplified(polygon: shapely.Polygon, rough_m: float) -> shapely.Polygon:
    """Return a polygon simplified ring by ring: all at once take ten times as long."""
    shell, *holes = shapely.simplify(shapely.get_rings(polygon), rough_m)
    return shapely.Polygon(shell, holes)


def bands_of(near: Proximity, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return table `CORRIDOR_BANDS`: areas with the sightings in them, beside what effort brings.

    `areas` are those of `band_areas`.
    """
    inside = near.totals.rename(
        columns={
            "expected_within": "within",
            "expected_within_independent": "within_independent",
        }
    )
    bands = areas.merge(inside, on=["corridor", "band_m"], how="left")
    return CORRIDOR_BANDS.geoframe(
        gpd.GeoDataFrame(bands, geometry="geometry", crs=areas.crs)
    )
