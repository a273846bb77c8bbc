"""Areas to fetch: that of a study, a file of one's own, or a place by its name."""

import re
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely
from pyogrio.errors import DataSourceError
from shapely.geometry.base import BaseGeometry

from geo.crs import around, metric_crs
from geo.schema import WGS84
from layers.complaints import UserError, require_file
from layers.readers import bundled
from layers.readers.osm import queries, snapshots
from layers.readers.spelling import spelt
from layers.readers.study import Study

OUTLINE_BUFFER_M: Final = 2000.0
"""Areas reach this far beyond the outline: crossings lie on it or just outside."""

SQUARE_KM: Final = MappingProxyType(
    {"city": 20, "town": 10, "suburb": 4, "village": 4, "hamlet": 2}
)
"""Side of the square about a settlement of which no more than a point is known."""

_NAMES: Final = ("name", "name_en", "name_sq", "name_sr")
_POLYGONS: Final = ("Polygon", "MultiPolygon")


def area_of(name: str, cache: Path | str | None = None) -> gpd.GeoDataFrame:
    """Return the study area called `name` as one row, ``name`` and its outline, in EPSG:4326.

    `name` is ``mitrovica``, ``corridor``, a file of polygons that GDAL reads, or a place name to
    ask Nominatim for, whose answers are kept in `cache`.  Raises `UserError` if the file holds no
    polygon or Nominatim knows no such area, `asking.DownloadError` if it does not answer.

    Examples
    --------
    >>> area_of("mitrovica").total_bounds.round(2)
    array([20.55, 42.75, 21.15, 43.28])
    """
    if name == "mitrovica":
        return of_study(bundled.opened()).assign(name=name)
    if name == "corridor":
        network = bundled.network()
        lines = pd.concat(
            [network.roads, network.paths, network.railways, network.waterways]
        )
        outline = around(bundled.boundary(), OUTLINE_BUFFER_M)
        return _frame(name, outline.intersection(shapely.box(*lines.total_bounds)))
    if Path(name).suffix or Path(name).exists():
        return _frame(Path(name).name, _file(Path(name)))
    return _frame(name, _place(name, cache))


def rectangle(corners: str) -> gpd.GeoDataFrame:
    """Return the area between west, south, east and north, in degrees, as `area_of`.

    Raises `UserError` if these are not the corners of a rectangle on the globe.

    Examples
    --------
    >>> rectangle("20.8,42.8,20.9,42.95").total_bounds
    array([20.8 , 42.8 , 20.9 , 42.95])
    """
    try:
        west, south, east, north = (float(corner) for corner in corners.split(","))
    except ValueError:
        west = south = east = north = 0.0
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UserError(
            f"{corners!r} are no corners of a rectangle. Fix: west, south, east and north in "
            "degrees, such as 20.8,42.8,20.9,42.95"
        )
    return _frame(corners, shapely.box(west, south, east, north))


class Settlement(NamedTuple):
    """What a snapshot knows of a place."""

    area: gpd.GeoDataFrame
    """As `area_of`: a square about its point."""
    kind: str
    snapshot: str


def in_snapshots(name: str, store: Path | None) -> Settlement | None:
    """Return the settlement of a name, in any language, in the newest snapshot that has it.

    Spellings are those of `spelt`.  Of several the largest; None where no snapshot has it.
    """
    folder = snapshots.at(store)
    wanted = spelt(name)
    for manifest in snapshots.list_all(folder):
        settlements = snapshots.load(folder, manifest.id).settlements
        same = [
            row
            for row in settlements.to_dict("records")
            if any(wanted in _spellings(row[column]) for column in _NAMES)
        ]
        if not same:
            continue
        largest = min(same, key=lambda row: [*SQUARE_KM].index(row["kind"]))
        kind = str(largest["kind"])
        point = gpd.GeoSeries([largest["geometry"]], crs=WGS84)
        square = point.to_crs(metric_crs(point)).buffer(
            500 * SQUARE_KM[kind], cap_style="square"
        )
        area = square.to_crs(WGS84).envelope.iloc[0]
        return Settlement(_frame(name, area), kind, manifest.id)
    return None


def _spellings(names: object) -> set[str]:
    """Return how the names of a settlement are spelt; a map joins those of two languages."""
    if not isinstance(names, str):
        return set()
    return {spelt(name) for name in [names, *re.split(r" [-–] |/", names)]}


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
    area = around(study.boundary, OUTLINE_BUFFER_M)
    bounds = study.settings.fetch_bounds
    return _frame(
        study.about.name,
        area if bounds is None else area.intersection(shapely.box(*bounds)),
    )


def _file(path: Path) -> BaseGeometry:
    if not path.exists():
        raise UserError(
            f"{path} does not exist: looked in {path.absolute().parent}. Fix: check the name, or "
            "give 'mitrovica', 'corridor', or a place name without a dot"
        )
    require_file(path)
    try:
        shapes = gpd.read_file(path)
    except DataSourceError as error:
        raise UserError(
            f"{path} is not a file of polygons that GDAL reads: {error}"
        ) from error
    return outline(shapes, str(path))


def outline(
    shapes: gpd.GeoDataFrame | gpd.GeoSeries, name: str = "the frame"
) -> BaseGeometry:
    """Return what polygons in any CRS cover, in EPSG:4326; raise `UserError` if they have none."""
    if shapes.crs is None:
        raise UserError(
            f"{name} states no coordinate reference system. Fix: save it as GeoJSON"
        )
    return shapely.make_valid(shapes.to_crs(WGS84).union_all())


def _place(name: str, cache: Path | str | None) -> BaseGeometry:
    """Return the first area that Nominatim knows by the name; each answer is kept."""
    servers = queries.Servers(cache=cache, progress=str, setting="nominatim_url")
    call = queries.Call(f"the place {name!r}", "geocode_to_gdf", {"query": name})
    try:
        (answer,) = servers.ask([call])
    except queries.DownloadError as error:
        if not re.search(r"returned 0 results|did not geocode", str(error)):
            raise
        raise UserError(
            f"Nominatim knows no area called {name!r}. "
            "Fix: check the spelling, add the country, or draw the area as GeoJSON"
        ) from error
    shape: BaseGeometry = answer.value.geometry.iloc[0]
    return shape


def _frame(name: str, area: BaseGeometry) -> gpd.GeoDataFrame:
    if area.geom_type not in _POLYGONS or area.is_empty:
        raise UserError(
            f"{name} holds {area.geom_type}, not a polygon. Fix: draw it as polygon"
        )
    return gpd.GeoDataFrame({"name": [name]}, geometry=[area], crs=WGS84)
