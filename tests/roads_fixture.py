"""Roads and outlines whose answers can be worked out by hand."""

from __future__ import annotations

import geopandas as gpd
import shapely

from layers.schema import METRIC


def roads_of(rows: list[tuple]) -> gpd.GeoDataFrame:
    columns = ["highway", "ref", "name", "oneway", "geometry"]
    frame = gpd.GeoDataFrame(
        [dict(zip(columns, row, strict=True)) for row in rows], columns=columns
    )
    frame["geometry"] = [shapely.LineString(line) for line in frame["geometry"]]
    frame[["highway", "ref", "name"]] = frame[["highway", "ref", "name"]].astype("string")
    return frame.set_geometry("geometry").set_crs(METRIC)


def box(*bounds: float) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], crs=METRIC)


EVERYWHERE = box(-1e5, -1e5, 1e5, 1e5)
