"""The area within a distance of each kind of corridor, and how many sightings lie in it.

Areas are generalised: off by at most a tenth of their distance, which no reader of a map sees.
"""

from collections.abc import Iterable
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from geo.corridors.distance import Corridors, as_corridors
from geo.crs import require_metric
from geo.network.compiling import in_threads
from geo.results import CorridorTests, Proximity
from geo.schema import BANDS_M, CORRIDOR_BANDS

ROUGH: Final = 0.05
"""Lines, and then outlines, are simplified by this share of the distance."""
ROUND: Final = 4
"""Segments in a quarter of a circle."""


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
    crs = require_metric(
        **{kind: corridor.lines for kind, corridor in kinds.items()}
    )
    wanted = [
        (kind, band_m)
        for kind, corridor in kinds.items()
        if len(corridor.lines)
        for band_m in bands_m
    ]
    areas = in_threads(
        lambda pair: _area(kinds[pair[0]].lines, pair[1]), wanted
    )
    rows = [(*pair, area) for pair, area in zip(wanted, areas, strict=True)]
    columns = ["corridor", "band_m", "geometry"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs
    )


def _area(lines: gpd.GeoDataFrame, band_m: float) -> shapely.MultiPolygon:
    rough_m = ROUGH * band_m
    strips = lines.geometry.simplify(rough_m).buffer(band_m, quad_segs=ROUND)
    polygons = [
        _simplified(polygon, rough_m)
        for polygon in shapely.get_parts(strips.union_all())
    ]
    # Rings that were simplified apart may cross.
    area = shapely.make_valid(shapely.MultiPolygon(polygons))
    parts = shapely.get_parts(shapely.get_parts(area))
    return shapely.MultiPolygon(
        [part for part in parts if part.geom_type == "Polygon"]
    )


def _simplified(polygon: shapely.Polygon, rough_m: float) -> shapely.Polygon:
    """Return a polygon simplified ring by ring: all at once take ten times as long."""
    shell, *holes = shapely.simplify(shapely.get_rings(polygon), rough_m)
    return shapely.Polygon(shell, holes)


def bands_of(
    near: Proximity, areas: gpd.GeoDataFrame, tests: CorridorTests | None = None
) -> gpd.GeoDataFrame:
    """Return table `CORRIDOR_BANDS`: areas with the sightings in them, beside what chance gives.

    `areas` are those of `band_areas`; the first null model of `tests` is taken, and without tests
    chance is null.
    """
    keys = ["corridor", "band_m"]
    inside = near.totals.rename(columns={"expected_within": "within"})
    bands = areas.merge(inside, on=keys, how="left")
    if tests is not None and len(tests.bands):
        first = tests.bands[tests.bands["null"] == tests.bands["null"].iloc[0]]
        first = first.rename(
            columns={"sightings": "tested", "expected_within": "tested_within"}
        )
        first = first.assign(
            expected=first["null_share"] * first["tested"].astype(float)
        )
        bands = bands.merge(first.drop(columns="left_out"), on=keys, how="left")
    return CORRIDOR_BANDS.geoframe(
        gpd.GeoDataFrame(bands, geometry="geometry", crs=areas.crs)
    )
