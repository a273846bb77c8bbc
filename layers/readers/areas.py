"""Study areas: the two of this study, a file of one's own, or a place by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import geopandas as gpd
import osmnx
import pandas as pd
import shapely
from osmnx._errors import InsufficientResponseError
from pyogrio.errors import DataSourceError
from shapely.geometry.base import BaseGeometry

from layers import atomic
from layers.readers import bundled
from layers.readers.osm import answers, download, osmnx_cache
from layers.schema import METRIC, WGS84

MITROVICA: Final = (20.55, 42.75, 21.20, 43.25)
"""West, south, east and north edges of the default area, in degrees."""

OUTLINE_BUFFER_M: Final = 2000.0
"""Areas reach this far beyond the outline: crossings lie on it or just outside."""

NOMINATIM: Final = "https://nominatim.openstreetmap.org"


class AreaError(ValueError):
    """A study area is unknown, or is no polygon."""


def resolve(
    name: str, *, nominatim: str = NOMINATIM, cache: Path | None = None
) -> gpd.GeoDataFrame:
    """Return the study area called `name`.

    Parameters
    ----------
    name : str
        ``mitrovica``, ``corridor``, a file of polygons (GeoJSON or anything else that GDAL
        reads), or a place name, which Nominatim is asked for.
    nominatim : str
        Address of the Nominatim server.
    cache : pathlib.Path, optional
        Folder for Nominatim's answers; `download.default_cache` by default.

    Returns
    -------
    geopandas.GeoDataFrame, EPSG:4326
        One row: ``name`` and a Polygon or MultiPolygon.

    Raises
    ------
    AreaError
        If the file holds no polygon or Nominatim knows no area of this name.
    layers.readers.osm.download.DownloadError
        If Nominatim does not answer.
    """
    if name == "mitrovica":
        return _frame(name, _outline().intersection(shapely.box(*MITROVICA)))
    if name == "corridor":
        network = bundled.network()
        lines = pd.concat([network.roads, network.paths, network.railways, network.waterways])
        return _frame(name, _outline().intersection(shapely.box(*lines.total_bounds)))
    if Path(name).suffix or Path(name).exists():
        return _frame(Path(name).name, _file(Path(name)))
    return _frame(name, _place(name, nominatim, cache or download.default_cache()))


def _outline() -> BaseGeometry:
    """Return the outline of Kosovo*, buffered."""
    outline = bundled.boundary().to_crs(METRIC).buffer(OUTLINE_BUFFER_M)
    return outline.to_crs(WGS84).union_all()


def _file(path: Path) -> BaseGeometry:
    if not path.exists():
        raise AreaError(
            f"{path} does not exist. Fix: check the name, or give 'mitrovica', 'corridor', "
            "or a place name without a dot"
        )
    try:
        shapes = gpd.read_file(path)
    except DataSourceError as error:
        raise AreaError(f"{path} is no file of polygons that GDAL reads: {error}") from error
    if shapes.crs is None:
        raise AreaError(f"{path} states no coordinate reference system. Fix: save it as GeoJSON")
    return shapely.make_valid(shapes.to_crs(WGS84).union_all())


def _place(name: str, nominatim: str, cache: Path) -> BaseGeometry:
    """Ask Nominatim, through the bounded client; osmnx then reads the answer from its cache."""
    # The parameters that osmnx.geocode_to_gdf asks with, in its order: they name the answer.
    params: dict[str, str | int] = {
        "format": "json", "polygon_geojson": 1, "dedupe": 0, "limit": 50, "q": name,
    }  # fmt: skip
    with osmnx_cache.offline(cache):
        target = osmnx_cache.file("search", params)
        if not target.is_file():
            client = download.Client("GET", answers.nominatim)
            answer, _ = client.ask([f"{nominatim.rstrip('/')}/search"], params)
            with atomic.file(target) as part:
                part.write_bytes(answer)
        try:
            return osmnx.geocode_to_gdf(name).union_all()
        except (InsufficientResponseError, TypeError) as error:
            raise AreaError(
                f"Nominatim knows no area called {name!r}. "
                "Fix: check the spelling, add the country, or draw the area as GeoJSON"
            ) from error


def _frame(name: str, area: BaseGeometry) -> gpd.GeoDataFrame:
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty:
        raise AreaError(f"{name} holds {area.geom_type}, not a polygon. Fix: draw it as polygon")
    return gpd.GeoDataFrame({"name": [name]}, geometry=[area], crs=WGS84)
