"""The files of a study's own folder: tables, outlines and lines, corrected texts of stop cards.

The folder may come from somebody else.  Its GeoJSON is read as JSON, never by GDAL, which takes a
file for what its content says, and follows the paths and addresses that it names.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Final, TypeGuard

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from geo.crs import around, metric_crs
from geo.records import CARD_LANGUAGES, Layers, Source
from geo.schema import FACILITIES, PLACES, WAYS, WGS84
from layers.complaints import UserError
from layers.readers import config
from layers.readers.tabular.parsing import Fault, by_row, faults_of
from layers.readers.tabular.rows import outside
from layers.readers.tabular.table_file import content_of, read_table

FAR_M: Final = 50_000.0
"""A place farther than this outside the boundary is none of the study's."""
SPREAD_M: Final = 500_000.0
"""Where a study has no boundary, none lies farther than this from the middle of its places."""
WHOLE_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)
_LAYERS: Final = {
    "road": "road",
    "path": "path",
    "rail": "railway",
    "river": "waterway",
}
"""Values of the property ``layer``, and the layer of table `WAYS` that each stands for."""
_POLYGONS: Final = ("Polygon", "MultiPolygon")
_ONEWAY: Final = {"yes": 1, "-1": -1}
NAMES: Final = ("name_en", "name_sq", "name_sr_cyrl", "name_sr_latn")
_ID: Final = re.compile(r"\w[\w.-]{0,63}")
Corrected = tuple[Mapping[str, Mapping[str, str]], tuple[str, ...]]
"""Texts by key and language, and the languages that have been read."""


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
    features_ = content.get("features") if isinstance(content, dict) else None
    if not features_ or not are_records(features_):
        raise UserError(
            f"{path} is no GeoJSON FeatureCollection with a feature. Fix: export it as GeoJSON"
        )
    try:
        shapes = shapely.from_geojson(
            [json.dumps(f.get("geometry")) for f in features_]
        )
        rows = [{"id": f.get("id")} | _properties(f) for f in features_]
        frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)
    except (GEOSException, UnicodeEncodeError) as error:
        raise UserError(
            f"{path} has a geometry or a text that cannot be read ({error}). "
            "Fix: export it again"
        ) from error
    inside = shapely.box(*WHOLE_WORLD).covers(shapely.box(*frame.total_bounds))
    if not inside or not frame.geometry.is_valid.all():
        what = (
            "crosses itself" if inside else "is not in longitude and latitude, WGS 84"
        )
        raise UserError(
            f"{path} has a geometry that {what}. Fix: export it in EPSG:4326, valid"
        )
    return frame


def are_records(items: Any) -> TypeGuard[list[dict[Any, Any]]]:
    """Return whether a value of JSON is a list of objects."""
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def outline(path: Path, name: str) -> gpd.GeoDataFrame:
    """Return the polygons of a file as one row, ``name`` and geometry; errors as `features`.

    Its name is the property ``name`` of the first, or else `name`.
    """
    shapes = features(path)
    shape = shapes.geometry.iloc[0] if len(shapes) == 1 else shapes.union_all()
    if shape.geom_type not in _POLYGONS or shape.is_empty:
        raise UserError(
            f"{path} holds {shape.geom_type}, not a polygon. Fix: draw the boundary as a polygon"
        )
    named = shapes["name"].iloc[0] if "name" in shapes else None
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
    numbered = pd.Series(
        [f"way-{n}" for n in range(1, len(ways) + 1)], index=ways.index
    )
    table = WAYS.geoframe(
        ways.assign(
            id=ways["id"].astype("string").fillna(numbered),
            status=ways["railway"].where(disused, "active").where(rail),
            oneway=ways["oneway"].map(_ONEWAY).fillna(0),
            layer=ways["layer"].map(_LAYERS),
            **{
                flag: ways[flag] == "yes"
                for flag in ("bridge", "tunnel", "ford", "intermittent")
            },
        )
    )
    road, path_, railway, waterway = (
        table[table["layer"] == layer].reset_index(drop=True)
        for layer in _LAYERS.values()
    )
    return Layers(road, path_, railway, waterway, FACILITIES.geoframe(), source)


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a feature; a list or table among them is left out."""
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return {}
    plain = (str, int, float, type(None))
    return {
        name: value
        for name, value in properties.items()
        if name != "geometry" and isinstance(value, plain)
    }


def places(path: Path, boundary: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the places of a file, table `PLACES`, in EPSG:4326.

    They lie within `FAR_M` of the boundary; without one, within `SPREAD_M` of the middle of all.

    CSV or XLSX, as for sightings, with the required columns and any others of `PLACES`.  A place
    without an English name is called by another name, or by its id.  Raises `UserError` with
    every fault: its row, the column, what was found and how to mend it.
    """

    def check(values: pd.DataFrame) -> Iterator[Fault]:
        yield from _ids(values)
        yield from _far_away(values[["lat", "lon"]].dropna(), boundary)

    values = read_table(path, PLACES, check).reset_index(drop=True)
    names = values.reindex(columns=[*NAMES, "id"]).astype("string")
    values["name_en"] = reduce(pd.Series.fillna, (names[name] for name in names))
    points = gpd.points_from_xy(values["lon"], values["lat"], crs=WGS84)
    return PLACES.geoframe(gpd.GeoDataFrame(values, geometry=points))


def of_places(ids: Collection[str]) -> Callable[[pd.DataFrame], Iterator[Fault]]:
    """Return a check that each ``place`` is one of the study, and each ``month`` a month."""

    def check(values: pd.DataFrame) -> Iterator[Fault]:
        places = values.get("place", pd.Series(dtype="str")).dropna()
        yield from faults_of(
            places[~places.isin(list(ids))],
            "place",
            "the study has no such place",
            "name the id of a row of its places",
        )
        months = values.get("month", pd.Series(dtype="str")).dropna()
        wrong = months[~months.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])").astype(bool)]
        yield from faults_of(wrong, "month", "this is not a month", "write YYYY-MM")

    return check


def _ids(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield the ids that stand twice, or cannot name a file or a parameter."""
    first: dict[str, int] = {}
    for row, place_id in by_row(values["id"].dropna()):
        if not _ID.fullmatch(place_id):
            fix = "use letters, digits and _ only"
            yield Fault(row, "id", place_id, "this is not an id", fix)
        elif place_id in first:
            problem = f"row {first[place_id]} has this id already"
            yield Fault(row, "id", place_id, problem, "give each place its own id")
        first.setdefault(place_id, row)


def _far_away(
    positions: pd.DataFrame, boundary: gpd.GeoDataFrame | None
) -> Iterator[Fault]:
    """Yield the places that cannot be of the study: a slip of the hand in a coordinate."""
    if positions.empty:
        return
    is_empty = (positions == 0).any(axis=1)
    empty = positions[is_empty]
    both = [f"{place.lat:g}, {place.lon:g}" for place in empty.itertuples()]
    yield from faults_of(
        pd.Series(both, empty.index, dtype=object),
        "lat, lon",
        "a 0 stands for an empty cell",
        "enter latitude and longitude in degrees",
    )
    positions = positions[~is_empty]
    if boundary is None:
        lat, lon = positions[["lat", "lon"]].median()
        middle = gpd.GeoSeries.from_xy([lon], [lat], crs=WGS84)
        region = around(middle, SPREAD_M)
    elif _are_near(positions, boundary):
        return
    else:
        region = around(boundary.geometry, FAR_M)
    yield from outside(positions, region)


def _are_near(positions: pd.DataFrame, boundary: gpd.GeoDataFrame) -> bool:
    """Return whether all positions lie within `FAR_M` of the boundary."""
    crs = metric_crs(boundary)
    outline = boundary.to_crs(crs).union_all()
    shapely.prepare(outline)
    points = gpd.points_from_xy(positions["lon"], positions["lat"], crs=WGS84)
    return bool(shapely.dwithin(outline, points.to_crs(crs), FAR_M).all())


def corrected(path: Path) -> Corrected:
    """Return texts of the stop cards as a native reader hands them in.

    A TOML file: ``read = ["fa"]`` names the languages that have been read, and each other table is
    a text, such as ``["card.help"]`` with ``fa = "…"``.  Raises `UserError` where a text or a
    language is none of the cards.
    A text is one line without braces: it holds no place for a value.
    """
    content = dict(config.read(path))
    read_by = content.pop("read", [])
    faults = []
    if not isinstance(read_by, list) or set(map(str, read_by)) - set(CARD_LANGUAGES):
        faults.append(
            f"read: found {read_by!r}, a list of {', '.join(CARD_LANGUAGES)} is needed"
        )
    for key, forms in content.items():
        if not key.startswith("card.") or not isinstance(forms, Mapping):
            fix = 'Fix: ["card.help"], then fa = "…"'
            faults.append(f"{key}: there is no such text on the cards. {fix}")
            continue
        for language, text in forms.items():
            if language not in CARD_LANGUAGES:
                languages = ", ".join(CARD_LANGUAGES)
                faults.append(f"{key}: unknown language {language}. Fix: {languages}")
            elif not isinstance(text, str) or not _is_line(text):
                faults.append(
                    f"{key}.{language}: one line of text without braces is needed"
                )
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))
    return content, tuple(read_by)


def _is_line(text: str) -> bool:
    # U+200C and U+200D shape Persian; they are not printable.
    plain = text.replace("\u200c", "").replace("\u200d", "")
    return bool(plain.strip()) and plain.isprintable() and not set("{}") & set(plain)
