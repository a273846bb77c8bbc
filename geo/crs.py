"""The coordinate reference system in which lengths are measured: metres, or an error with a fix."""

import dataclasses
import math
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
from pyproj import CRS, Proj
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from geo.records import Layers, StudyData
from geo.schema import METRIC, WGS84

__all__ = [
    "CRSError",
    "Frame",
    "as_frame",
    "edges_of",
    "is_graph",
    "metric_crs",
    "require_metric",
    "to_metric",
]

Frame = gpd.GeoDataFrame | gpd.GeoSeries

KOSOVO = (19.97, 41.85, 21.80, 43.31)
"""Longitude and latitude bounds within which EPSG:9141 measures true."""


MOST_SCALE_ERROR: Final = 0.005
"""A CRS in which lengths are wrong by a larger share, anywhere in a layer, is refused."""

DRAWING_M: Final = 200_000.0
"""Coordinates nearer than this to the origin of a CRS that is not valid there are a drawing."""


class CRSError(ValueError):
    """A layer is not in the coordinate reference system that a function needs."""


def metric_crs(layer: Frame) -> CRS:
    """Return the CRS in which `layer` is to be measured; `CRSError` if it has none of its own.

    EPSG:9141 where the layer touches Kosovo or what lies next to it, else the UTM zone of its
    middle.

    >>> metric_crs(gpd.GeoSeries.from_xy([17.8], [43.3], crs="EPSG:4326")).name
    'WGS 84 / UTM zone 33N'
    """
    if layer.crs is None:
        raise CRSError(_missing("layer"))
    west, south, east, north = layer.to_crs(WGS84).total_bounds
    if (
        west <= KOSOVO[2]
        and KOSOVO[0] <= east
        and south <= KOSOVO[3]
        and KOSOVO[1] <= north
    ):
        return CRS(METRIC)
    # What `estimate_utm_crs` finds in all of PROJ's database.
    zone = max(1, math.ceil(((west + east) / 2 + 180) / 6))
    return CRS.from_epsg((32_600 if north + south >= 0 else 32_700) + zone)


def around(shapes: Frame, reach_m: float) -> BaseGeometry:
    """Return what lies within a distance of shapes in any CRS, in EPSG:4326."""
    near = shapes.to_crs(metric_crs(shapes)).buffer(reach_m)
    return near.to_crs(WGS84).union_all()


def require_metric(**layers: Frame | None) -> CRS:
    """Check that the named layers share one projected CRS in metres, and return it.

    Layers are given by the names that the error is to use; None is passed over.  Raises `CRSError`
    if a CRS is missing, geographic, not in metres, or differs between the layers; if coordinates
    are degrees in spite of their CRS; or if lengths are wrong by more than `MOST_SCALE_ERROR`
    anywhere in a layer's extent, by the scale of its projection there (Tissot's indicatrix).

    >>> import geopandas as gpd
    >>> require_metric(roads=gpd.GeoSeries([], crs="EPSG:9141")).to_epsg()
    9141
    """
    crs_by_name: dict[str, CRS] = {}
    for name, layer in layers.items():
        if layer is None:
            continue
        _require_layer(name, layer)
        crs = layer.crs
        if crs is None:
            raise CRSError(_missing(name))
        unit = crs.axis_info[0].unit_name if crs.axis_info else "unknown unit"
        if not crs.is_projected or unit != "metre" or _is_web_mercator(crs):
            what = "metres stretched by the latitude" if unit == "metre" else unit
            raise CRSError(
                f"{name} is in {_label(crs)} ({what}); distances need metres. "
                f"Fix: {name} = {name}.to_crs({METRIC!r}), or outside Kosovo "
                f"{name}.to_crs({name}.estimate_utm_crs())"
            )
        _require_true(name, layer, crs)
        crs_by_name[name] = crs
    if not crs_by_name:
        raise CRSError(
            "no layer was given, so there is no CRS to measure in. Fix: give lines or points"
        )
    first_name, first = next(iter(crs_by_name.items()))
    for name, crs in crs_by_name.items():
        if crs != first:
            raise CRSError(
                f"{name} is in {_label(crs)} but {first_name} is in {_label(first)}. "
                f"Fix: {name} = {name}.to_crs({first_name}.crs)"
            )
    return first


def as_frame(layer: Frame, name: str = "layer") -> gpd.GeoDataFrame:
    """Return a layer as a frame, whose geometries are called ``geometry``."""
    _require_layer(name, layer)
    frame = (
        layer
        if isinstance(layer, gpd.GeoDataFrame)
        else gpd.GeoDataFrame(geometry=layer)
    )
    return (
        frame
        if frame.geometry.name == "geometry"
        else frame.rename_geometry("geometry")
    )


def is_graph(found: object) -> bool:
    """Return whether something is a graph of networkx, such as osmnx makes."""
    return type(found).__module__.startswith("networkx.")


def edges_of(graph: str) -> str:
    """Return the code that makes lines in metres of a graph of osmnx, by its name."""
    return f"osmnx.graph_to_gdfs({graph}, nodes=False).to_crs({METRIC!r})"


def _require_layer(name: str, layer: object) -> None:
    """Raise `CRSError` for what has no CRS, such as a table, an array or a graph."""
    if isinstance(layer, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return
    fix = f"{name} = geopandas.GeoSeries.from_xy(x, y, crs=...), or a GeoDataFrame"
    if is_graph(layer):
        fix = f"{name} = {edges_of(name)}"
    raise CRSError(f"{name} is {type(layer).__name__}, no layer with a CRS. Fix: {fix}")


def _require_true(name: str, layer: Frame, crs: CRS) -> None:
    """Raise `CRSError` for degrees that say they are metres, and for metres that are not true."""
    bounds = np.asarray(layer.total_bounds)
    if not np.isfinite(bounds).all():
        return
    area = crs.area_of_use.bounds if crs.area_of_use else (-180.0, -90.0, 180.0, 90.0)
    swapped = _within(bounds, (area[1], area[0], area[3], area[2]))
    if swapped or _within(bounds, area):
        what = "degrees, latitude first" if swapped else "degrees"
        in_order = _swapped(name, layer) if swapped else name
        raise CRSError(
            f"{name} lies from {_pair(bounds[:2])} to {_pair(bounds[2:])} and says that it is in "
            f"{_label(crs)}: these are {what}. Fix: {name} = {in_order}.set_crs({WGS84!r}, "
            f"allow_override=True).to_crs({METRIC!r})"
        )
    error = _scale_error(crs, bounds, area)
    if abs(error) > MOST_SCALE_ERROR:
        best, what = metric_crs(layer), "long" if error > 0 else "short"
        fix = f"{name} = {name}.to_crs({_label(best)!r})"
        if best == crs:
            fix = f"a smaller area: {name} reaches too far for any one zone"
        raise CRSError(
            f"{name} is in {_label(crs)}, whose metres are {100 * abs(error):.1f} % too {what} "
            f"where it lies. Fix: {fix}"
        )


def _scale_error(crs: CRS, bounds: Floats, area: tuple[float, ...]) -> float:
    """Return the share by which lengths are too long, below 0 too short, where that is worst.

    It is 0 for a drawing about the origin of a CRS that does not hold there.
    """
    projection = Proj(crs)
    west, south, east, north = bounds
    x = np.array([west, (west + east) / 2, east])
    y = np.array([south, (south + north) / 2, north])
    each_x, each_y = np.meshgrid(x, y)
    lon, lat = projection(each_x.ravel(), each_y.ravel(), inverse=True)
    valid = (area[0] <= lon) & (lon <= area[2]) & (area[1] <= lat) & (lat <= area[3])
    if not valid.any() and np.abs(bounds).max() <= DRAWING_M:
        return 0.0
    factors = projection.get_factors(lon, lat)
    scales = np.concatenate([factors.tissot_semiminor, factors.tissot_semimajor]) - 1
    return float(scales[np.abs(scales).argmax()])


def _swapped(name: str, layer: Frame) -> str:
    """Return the code that puts the second coordinate of a layer first."""
    turned = f"{name}.transform(lambda xy: xy[:, ::-1])"
    is_frame = isinstance(layer, gpd.GeoDataFrame)
    return f"{name}.set_geometry({turned})" if is_frame else turned


def _within(bounds: Floats, area: tuple[float, ...]) -> bool:
    return bool((bounds[:2] >= area[:2]).all() and (bounds[2:] <= area[2:]).all())


def _pair(xy: Floats) -> str:
    return f"{xy[0]:.6g}, {xy[1]:.6g}"


def _is_web_mercator(crs: CRS) -> bool:
    """Return whether a CRS is that of web maps, whose metres are 1.37 times too long at 43°."""
    operation = crs.coordinate_operation
    return operation is not None and "Pseudo Mercator" in operation.method_name


def _label(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def _missing(name: str) -> str:
    return (
        f"{name} has no CRS. Fix: {name} = {name}.set_crs({WGS84!r}) if its coordinates are "
        f"longitude and latitude, then .to_crs({METRIC!r})"
    )


Record = TypeVar("Record", StudyData, Layers)


def to_metric(data: StudyData) -> StudyData:
    """Return the data with every layer in the CRS of its outline, by `metric_crs`.

    >>> from layers.readers import bundled
    >>> to_metric(bundled.study_data()).layers.roads.crs.to_epsg()
    9141
    """
    crs = metric_crs(data.boundary)

    def moved(record: Record) -> Record:
        changes: dict[str, Any] = {}
        for field in dataclasses.fields(record):
            value = getattr(record, field.name)
            if isinstance(value, gpd.GeoDataFrame):
                changes[field.name] = value.to_crs(crs)
            elif isinstance(value, Layers):
                changes[field.name] = moved(value)
        return dataclasses.replace(record, **changes)

    return moved(data)
