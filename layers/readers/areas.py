"""Areas to fetch: that of a study, a file of one's own, or a place by its name."""

import hashlib
import json
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely
import shapely.geometry
from pyogrio.errors import DataSourceError
from shapely.geometry.base import BaseGeometry

from geo.crs import metric_crs
from layers.complaints import UserError
from layers.files import atomic
from layers.readers import bundled
from layers.readers.osm import download
from layers.readers.study import Study
from layers.schema import WGS84

OUTLINE_BUFFER_M: Final = 2000.0
"""Areas reach this far beyond the outline: crossings lie on it or just outside."""

NOMINATIM: Final = "https://nominatim.openstreetmap.org"

_POLYGONS: Final = ("Polygon", "MultiPolygon")


def area_of(name: str, cache: Path | None = None) -> gpd.GeoDataFrame:
    """Return the study area called `name` as one row, ``name`` and its outline, in EPSG:4326.

    `name` is ``mitrovica``, ``corridor``, a file of polygons that GDAL reads, or a place name to
    ask Nominatim for, whose answers are kept in `cache`.  Raises `UserError` if the file holds no
    polygon or Nominatim knows no such area, `download.DownloadError` if it does not answer.

    Examples
    --------
    >>> area_of("mitrovica").total_bounds.round(2)
    array([20.55, 42.75, 21.2 , 43.25])
    """
    if name == "mitrovica":
        return of_study(bundled.opened()).assign(name=name)
    if name == "corridor":
        network = bundled.network()
        lines = pd.concat([network.roads, network.paths, network.railways, network.waterways])
        outline = _buffered(bundled.boundary())
        return _frame(name, outline.intersection(shapely.box(*lines.total_bounds)))
    if Path(name).suffix or Path(name).exists():
        return _frame(Path(name).name, _file(Path(name)))
    return _frame(name, _place(name, cache or download.default_cache()))


def of_study(study: Study) -> gpd.GeoDataFrame:
    """Return the area to fetch for a study, as `area_of`: its boundary and a little beyond.

    Only the part in its ``fetch_bounds``, where it has any.  Raises `UserError` if the study has
    no boundary.
    """
    if study.boundary is None:
        raise UserError(
            f"{study.folder} has no boundary. Fix: {study.command('fetch', area='PLACE')}, or draw "
            'one and name it in study.toml: boundary = "boundary.geojson"'
        )
    area = _buffered(study.boundary)
    bounds = study.settings.fetch_bounds
    return _frame(
        study.about.name, area if bounds is None else area.intersection(shapely.box(*bounds))
    )


def _buffered(outline: gpd.GeoDataFrame) -> BaseGeometry:
    wider = outline.to_crs(metric_crs(outline)).buffer(OUTLINE_BUFFER_M)
    return wider.to_crs(WGS84).union_all()


def _file(path: Path) -> BaseGeometry:
    if not path.exists():
        raise UserError(
            f"{path} does not exist: looked in {path.absolute().parent}. Fix: check the name, or "
            "give 'mitrovica', 'corridor', or a place name without a dot"
        )
    try:
        shapes = gpd.read_file(path)
    except DataSourceError as error:
        raise UserError(f"{path} is not a file of polygons that GDAL reads: {error}") from error
    if shapes.crs is None:
        raise UserError(f"{path} states no coordinate reference system. Fix: save it as GeoJSON")
    return shapely.make_valid(shapes.to_crs(WGS84).union_all())


def _place(name: str, cache: Path) -> BaseGeometry:
    """Return the first area that Nominatim knows by the name; each answer is kept."""
    query: dict[str, str | int] = {
        "format": "json", "polygon_geojson": 1, "dedupe": 0, "limit": 50, "q": name,
    }  # fmt: skip
    file = cache / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
    if not file.is_file():
        answer, _ = download.ask([f"{NOMINATIM}/search"], "GET", query, _checked)
        with atomic.file(file) as part:
            part.write_bytes(answer)
    for place in json.loads(file.read_bytes()):
        if place["geojson"].get("type") in _POLYGONS:
            return shapely.geometry.shape(place["geojson"])
    raise UserError(
        f"Nominatim knows no area called {name!r}. "
        "Fix: check the spelling, add the country, or draw the area as GeoJSON"
    )


def _checked(body: bytes) -> bytes:
    """Check an answer of Nominatim: a list of places with shapes, which may be empty."""
    try:
        answer = json.loads(download.text_of(body))
    except (ValueError, RecursionError) as error:
        raise download.AnswerError(f"no JSON ({len(body):,} bytes received): {error}") from error
    if not isinstance(answer, list) or not all(
        isinstance(place, dict) and isinstance(place.get("geojson"), dict) for place in answer
    ):
        raise download.AnswerError("JSON, but no answer of Nominatim")
    return body


def _frame(name: str, area: BaseGeometry) -> gpd.GeoDataFrame:
    if area.geom_type not in _POLYGONS or area.is_empty:
        raise UserError(f"{name} holds {area.geom_type}, not a polygon. Fix: draw it as polygon")
    return gpd.GeoDataFrame({"name": [name]}, geometry=[area], crs=WGS84)
