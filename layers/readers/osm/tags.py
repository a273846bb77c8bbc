"""What OpenStreetMap tags mean here: which features are kept, in which layer, with which values.

The tags themselves stand in ``layers/data/lists/osm_tags.toml``.

Every reader of OpenStreetMap brings its features to one frame, a column a tag, and `layers`
makes the tables of the study from it, so that an extract and osmnx give the same layers.

Meanings follow the OpenStreetMap wiki (Key:highway, Key:oneway, Key:railway,
Lifecycle prefix, Key:access, Key:surface, Key:maxspeed).
"""

import hashlib
import re
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo import schema
from geo.records import Layers, Source
from layers import package_data

LICENCE: Final = "© OpenStreetMap contributors, ODbL 1.0"

_MEANINGS: Final = package_data.toml("lists", "osm_tags.toml")

IN_USE: Final[list[str]] = _MEANINGS["railways"]
LIFECYCLE: Final[dict[str, str]] = _MEANINGS["lifecycle"]

FACILITY_TAGS: Final = tuple(
    (tag.partition("=")[0], tag.partition("=")[2], kind)
    for kind, tags in _MEANINGS["facilities"].items()
    for tag in tags
)
"""Tag key, tag value and the kind of facility; the first that fits decides."""

FACILITY_VALUES: Final = {
    key: [value for other, value, _ in FACILITY_TAGS if other == key]
    for key, _, _ in FACILITY_TAGS
}
"""The values of each key that show a facility."""

SETTLEMENTS: Final[list[str]] = _MEANINGS["settlements"]

KPH_PER_MPH: Final = 1.609344

DIGITS: Final = 6
"""Of coordinates in degrees: a tenth of a metre."""

_LAW: Final = re.compile("|".join(_MEANINGS["law"]), re.IGNORECASE)
"""Names of police, prisons, courts and ministries of the interior, whatever their tags."""

WAY_KEYS: Final = ("highway", "railway", "waterway", *LIFECYCLE)
"""Keys by which a way may belong to a layer."""

FEATURE_KEYS: Final = tuple(
    dict.fromkeys([*WAY_KEYS, *(key for key, _, _ in FACILITY_TAGS), "place"])
)
"""Every feature of a layer has at least one of these keys."""

KEYS: Final = tuple(
    dict.fromkeys(
        [*WAY_KEYS, *_MEANINGS["details"], *_MEANINGS["access"], *FEATURE_KEYS]
    )
)
"""Every key that is read; a reader may leave all others out."""


def layers(features: gpd.GeoDataFrame, source: Source) -> Layers:
    """Sort features into the layers of the study.

    `features`, in EPSG:4326, have an ``id`` (``way/123``) and a column for each tag that occurs.
    Ways come as LineString or, closed, as Polygon; what has neither length nor area is left out.
    A road that is also a disused railway, as many are, appears in both layers.
    """
    lines = _lines(features)
    highway, barred = _tag(lines, "highway"), _barred(lines)
    drivable = highway.isin(schema.DRIVABLE)
    roads = lines[drivable & ~barred]
    paths = lines[highway.isin(schema.WALKABLE) | (drivable & barred)]
    water = lines[_tag(lines, "waterway").isin(schema.WATERWAYS)]
    dry = _tag(water, "intermittent").isin(["yes"])
    classes = ("highway", "surface")
    return Layers(
        _table(
            roads,
            "road",
            classes,
            oneway=_oneway(roads),
            maxspeed_kph=_limit_kph(roads),
        ),
        _table(paths, "path", classes),
        _railways(lines),
        _table(water, "waterway", ("waterway",), intermittent=dry),
        _facilities(features),
        source,
        _settlements(features),
    )


def file_source(
    path: Path,
    stem: str,
    area: Polygon | MultiPolygon | None,
    digest: str,
    **about: str,
) -> dict[str, Any]:
    """Return what a `Source` says of a file: its id changes with the content and with the area.

    Parameters
    ----------
    path
        The file.
    stem
        How the id begins.
    area
        What was cut out, EPSG:4326; None for the whole file.
    digest
        SHA-256 of the content.
    **about
        What else stands in the provenance.
    """
    key = hashlib.sha256(
        digest.encode() + (area.wkb if area is not None else b"")
    ).hexdigest()
    return {
        "kind": "snapshot",
        "id": f"{stem}-{key[:8]}",
        "licence": LICENCE,
        "provenance": {"file": path.name, "sha256": digest, **about},
    }


def in_area(
    features: gpd.GeoDataFrame, area: Polygon | MultiPolygon | None
) -> gpd.GeoDataFrame:
    """Return the features that meet the area, whole; all of them without an area."""
    if area is None:
        return features
    shapely.prepare(area)
    return features[shapely.intersects(area, features.geometry.values)]


def has_ways(layers: Layers) -> bool:
    """Return whether there is a road, a path or a railway."""
    return bool(len(layers.roads) + len(layers.paths) + len(layers.railways))


def _lines(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the ways as LineStrings; of an area its outline."""
    ways = _rounded(features[features["id"].str.startswith("way/")])
    area = shapely.get_dimensions(ways.geometry.values) == 2
    if area.any():
        outline = shapely.line_merge(shapely.boundary(ways.geometry.values[area]))
        geometry = ways.geometry.values.to_numpy().copy()
        geometry[area] = outline
        ways = ways.set_geometry(
            gpd.GeoSeries(geometry, index=ways.index, crs=ways.crs)
        )
        ways = ways.explode(index_parts=False)
    return ways[
        (ways.geom_type == "LineString") & (shapely.length(ways.geometry.values) > 0)
    ]


def _rounded(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return features with coordinates of `DIGITS` digits."""
    shapes = shapely.transform(
        features.geometry.values, lambda xy: np.round(xy, DIGITS)
    )
    return features.set_geometry(
        gpd.GeoSeries(shapes, index=features.index, crs=features.crs)
    )


def _railways(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return railways, also disused ones; a ``railway`` tag outranks a lifecycle prefix."""
    railway = _tag(lines, "railway")
    status = railway.where(railway.isin(["disused", "abandoned"]))
    status = status.mask(railway.isin(IN_USE), "active")
    for key, past in LIFECYCLE.items():
        was = _tag(lines, key)
        applies = (
            (railway.isna() | railway.isin(["no"])) & status.isna() & was.isin(IN_USE)
        )
        status = status.mask(applies, past)
        railway = railway.mask(applies, was)
    is_rail = status.notna()
    return _table(
        lines[is_rail], "railway", railway=railway[is_rail], status=status[is_rail]
    )


def _facilities(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kind = _no_values(features)
    for key, value, name in FACILITY_TAGS:
        kind = kind.mask(kind.isna() & _tag(features, key).isin([value]), name)
    kind = kind.mask(
        kind.notna() & _tag(features, "name").str.contains(_LAW).fillna(False), "police"
    )
    facilities = _rounded(features[kind.notna()])
    points = _points(facilities.geometry.values.to_numpy())
    rows = pd.DataFrame(
        {
            "id": facilities["id"],
            "kind": kind[kind.notna()],
            "name": _tag(facilities, "name"),
        }
    ).assign(geometry=points)
    return schema.FACILITIES.geoframe(
        rows[~shapely.is_empty(points)].reset_index(drop=True), crs=schema.WGS84
    )


def _settlements(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the named points that are settlements, the largest kind first."""
    place, name = _tag(features, "place"), _tag(features, "name")
    named = features["id"].str.startswith("node/") & name.notna()
    rows = [
        features[named & place.isin([kind])].assign(kind=kind) for kind in SETTLEMENTS
    ]
    settlements = _rounded(pd.concat(rows, ignore_index=True))
    names = {f"name_{g}": _tag(settlements, f"name:{g}") for g in ("en", "sq", "sr")}
    return schema.SETTLEMENTS.geoframe(settlements.assign(**names), crs=schema.WGS84)


def _points(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return a point for each feature: in its area, or half way along its line."""
    shape = np.array([_filled(g) for g in geometry], dtype=object)
    line = shapely.get_dimensions(shape) == 1
    points = np.asarray(shapely.point_on_surface(shape), dtype=object)
    points[line] = shapely.line_interpolate_point(shape[line], 0.5, normalized=True)
    return points


def _filled(geometry: BaseGeometry) -> BaseGeometry:
    """Return the area that a closed line bounds; any other geometry as it is."""
    if (
        isinstance(geometry, shapely.LineString)
        and geometry.is_closed
        and len(geometry.coords) > 3
    ):
        return shapely.make_valid(shapely.Polygon(geometry.coords))
    return geometry


def _tag(features: pd.DataFrame, key: str) -> pd.Series:
    """Return the values of one tag, null where a feature does not have it."""
    if key in features:
        return features[key].astype("string")
    return _no_values(features)


def _no_values(features: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NA, index=features.index, dtype="string")


def _marked(features: pd.DataFrame, key: str) -> pd.Series:
    """Return where a tag such as ``bridge`` is there and is not ``no``."""
    return _tag(features, key).fillna("no") != "no"


def _barred(features: pd.DataFrame) -> pd.Series:
    """Return which ways a patrol car may not use; the most specific access tag decides."""
    access = _no_values(features)
    for key in _MEANINGS["access"]:
        access = access.fillna(_tag(features, key))
    return access.isin(_MEANINGS["not_for_patrols"])


def _oneway(roads: pd.DataFrame) -> pd.Series:
    """Return 1 with the drawing direction, -1 against it, 0 both ways."""
    oneway = _tag(roads, "oneway")
    implied = _tag(roads, "junction").isin(["roundabout", "circular"])
    implied |= _tag(roads, "highway").isin(["motorway"])
    forward = oneway.isin(["yes", "true", "1"]) | (oneway.isna() & implied)
    backward = oneway.isin(["-1", "reverse"])
    return forward.astype("int8") - backward.astype("int8")


def _limit_kph(roads: pd.DataFrame) -> pd.Series:
    """Return the posted limit; null for zones, walking pace, several limits and other words."""
    limit = _tag(roads, "maxspeed").str.extract(
        r"^(\d+(?:\.\d+)?)\s*(mph)?(?:km/h|kmh|kph)?$"
    )
    number = pd.to_numeric(limit[0]).astype("float64")
    return number.where(number > 0) * np.where(limit[1].notna(), KPH_PER_MPH, 1.0)


def _table(
    lines: gpd.GeoDataFrame,
    layer: str,
    tags: tuple[str, ...] = (),
    **columns: pd.Series,
) -> gpd.GeoDataFrame:
    """Return `lines` as table `WAYS` with the tags and columns that belong to the layer."""
    rows = pd.DataFrame(
        {
            "id": lines["id"],
            **{key: _tag(lines, key) for key in ("name", "ref", "service", *tags)},
            "name_sr": _tag(lines, "name:sr"),
            **{key: _marked(lines, key) for key in ("bridge", "tunnel", "ford")},
            **columns,
        }
    ).assign(layer=layer, geometry=lines.geometry.values)
    return schema.WAYS.geoframe(rows.reset_index(drop=True), crs=schema.WGS84)
