"""Outlines and lines of a study's own, as GeoJSON.

A study's folder may come from somebody else.  Its files are read as JSON, never by GDAL, which
takes a file for what its content says, and follows the paths and addresses that it names.
"""

import json
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from layers.complaints import UserError
from layers.readers.sightings.containers import content_of
from layers.records import Layers, Source
from layers.schema import FACILITIES, WAYS, WGS84

WHOLE_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)

_LAYERS: Final = {"road": "road", "path": "path", "rail": "railway", "river": "waterway"}
"""Values of the property ``layer``, and the layer of table `WAYS` that each stands for."""

_POLYGONS: Final = ("Polygon", "MultiPolygon")
_ONEWAY: Final = {"yes": 1, "-1": -1}


def features(path: Path) -> gpd.GeoDataFrame:
    """Return the features of a file in EPSG:4326: ``id``, geometry, and a column a property.

    Raises `UserError` if it is no FeatureCollection in longitude and latitude, or a geometry is
    damaged.
    """
    try:
        content = json.loads(content_of(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is no JSON in UTF-8 ({error}). Fix: export it as GeoJSON again"
        ) from error
    found = content.get("features") if isinstance(content, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(f, dict) for f in found):
        raise UserError(
            f"{path} is no GeoJSON FeatureCollection with a feature. Fix: export it as GeoJSON"
        )
    try:
        shapes = shapely.from_geojson([json.dumps(f.get("geometry")) for f in found])
    except GEOSException as error:
        raise UserError(
            f"{path} has a geometry that cannot be read ({error}). Fix: export it again"
        ) from error
    frame = gpd.GeoDataFrame(
        [{"id": f.get("id")} | _properties(f) for f in found], geometry=shapes, crs=WGS84
    )
    inside = shapely.box(*WHOLE_WORLD).covers(shapely.box(*frame.total_bounds))
    if not inside or not frame.geometry.is_valid.all():
        what = "crosses itself" if inside else "is not in longitude and latitude, WGS 84"
        raise UserError(f"{path} has a geometry that {what}. Fix: export it in EPSG:4326, valid")
    return frame


def outline(path: Path, name: str) -> gpd.GeoDataFrame:
    """Return the polygons of a file as one row, ``name`` and geometry; errors as `features`.

    Its name is the property ``name`` of the first, or else `name`.
    """
    found = features(path)
    shape = found.geometry.iloc[0] if len(found) == 1 else found.union_all()
    if shape.geom_type not in _POLYGONS or shape.is_empty:
        raise UserError(
            f"{path} holds {shape.geom_type}, not a polygon. Fix: draw the boundary as a polygon"
        )
    named = found["name"].iloc[0] if "name" in found else None
    row = {"name": [named if isinstance(named, str) else name]}
    return gpd.GeoDataFrame(row, geometry=[shape], crs=WGS84)


def network(path: Path, source: Source) -> Layers:
    """Return the ways of a file: four frames of table `WAYS`, in EPSG:4326, and no facility.

    Each feature is a line with the property ``layer``, one of road, path, rail and river, and
    properties as OpenStreetMap has them: ``highway``, ``railway``, ``waterway``, ``name``,
    ``ref``, ``oneway``, ``bridge``, ``tunnel``, ``ford``.  Errors as `features`.
    """
    ways = features(path)
    ways = ways.reindex(columns=[*dict.fromkeys([*ways.columns, "layer", *WAYS.names])])
    unknown = ~ways["layer"].isin(list(_LAYERS)) | (ways.geom_type != "LineString")
    if unknown.any():
        first = int(np.argmax(unknown))
        bad = ways.iloc[first]
        raise UserError(
            f"{path}, feature {first + 1}: {bad.geometry.geom_type} of layer "
            f"{bad['layer']!r}. Fix: lines, with the property layer one of {', '.join(_LAYERS)}"
        )
    rail = ways["layer"] == "rail"
    disused = ways["railway"].isin(["disused", "abandoned"])
    numbered = pd.Series([f"way-{n}" for n in range(1, len(ways) + 1)], index=ways.index)
    table = WAYS.geoframe(
        ways.assign(
            id=ways["id"].astype("string").fillna(numbered),
            status=ways["railway"].where(disused, "active").where(rail),
            oneway=ways["oneway"].map(_ONEWAY).fillna(0),
            layer=ways["layer"].map(_LAYERS),
            **{flag: ways[flag] == "yes" for flag in ("bridge", "tunnel", "ford", "intermittent")},
        )
    )
    road, path_, railway, waterway = (
        table[table["layer"] == layer].reset_index(drop=True) for layer in _LAYERS.values()
    )
    return Layers(road, path_, railway, waterway, FACILITIES.geoframe(), source)


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a feature; a list or table among them is left out."""
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return {}
    plain = {name: value for name, value in properties.items() if name != "geometry"}
    return {n: v for n, v in plain.items() if v is None or isinstance(v, str | int | float)}
