"""A QGIS project of a run or a plan: groups, order and looks of the planner map."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
from markupsafe import Markup
from pyproj import CRS

from layers import filenames
from layers.gpx import in_utc
from layers.handling import Handling
from layers.schema import STOPS, WGS84, Table
from layers.shipped import filled
from layers.writers import styles
from layers.writers.layers import Layer, Tables
from layers.writers.rasters import Surface

PAGE: Final = (190, 253)
"""Width and height of the map on a sheet of A4, in mm."""
MARGIN: Final = 0.06
"""Room around the patrols, as a share."""


def write(
    folder: Path,
    *,
    layers: Sequence[Layer],
    tables: Tables,
    surfaces: Iterable[Surface],
    crs: str,
    title: str,
    handling: Handling,
) -> list[Path]:
    """Write the project beside the GeoPackage and into it; return the file.

    `crs` is the metric one in which the map is drawn; `surfaces` are the rasters in the folder.
    """
    text = _document(layers, tables, surfaces, crs, title, handling)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # An entry without a time of its own has that of 1980: equal input gives equal files.
        archive.writestr(zipfile.ZipInfo("project.qgs"), text, zipfile.ZIP_DEFLATED)
    path = folder / filenames.PROJECT
    path.write_bytes(packed.getvalue())
    with closing(sqlite3.connect(folder / filenames.GEOPACKAGE)) as gpkg, gpkg:
        gpkg.execute(
            "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
        )
        gpkg.execute(
            "INSERT INTO qgis_projects VALUES (?, ?, ?)",
            (path.stem, json.dumps({"title": title}), packed.getvalue().hex()),
        )
    return [path]


def _document(
    layers: Sequence[Layer],
    tables: Tables,
    surfaces: Iterable[Surface],
    crs: str,
    title: str,
    handling: Handling,
) -> str:
    """Return the project as XML."""
    groups = _groups(layers, tables, surfaces)
    ids = {one["held"]: one["id"] for group in reversed(groups) for one in group["layers"][::-1]}
    relations = [
        {**each, "from_id": ids[each["from"]], "to_id": ids[each["to"]]}
        for each in styles.GIS["relations"]
        if {each["from"], each["to"]} <= ids.keys()
    ]
    held = {layer.name: layer.frame for layer in layers}
    stops = held.get("patrol_stops", STOPS.geoframe())
    known = stops.dropna(subset=["starts_at"])
    drawn = stops if len(stops) else held.get("boundary", stops)
    box, page = _boxes(drawn.geometry.to_crs(crs))
    return filled(
        "project.qgs",
        groups=groups,
        ids=ids,
        relations=relations,
        crs=crs,
        wkt=lambda name: CRS(name).to_wkt(),
        title=title,
        box=box,
        page=page,
        segment_km=_segment_km(page),
        handling=handling.line(),
        credit=handling.credit,
        run=handling.run,
        moments=[in_utc(known["starts_at"].min()), in_utc(known["ends_at"].max())]
        if len(known)
        else [],
    )


def _groups(
    layers: Sequence[Layer], tables: Tables, surfaces: Iterable[Surface]
) -> list[dict[str, Any]]:
    """Return the groups of the legend, from top to bottom, each with its layers."""
    held = {layer.name: layer for layer in layers}
    rasters = [_raster(surface) for surface in surfaces]
    groups = []
    for group in styles.GIS["groups"]:
        listed = [each for each in group["layers"] if each["source"] in held]
        drawn = [_layer(held[each["source"]], each) for each in listed]
        drawn += rasters if group.get("rasters") else []
        groups.append({"title": group["title"], "shown": group.get("shown", True), "layers": drawn})
    rows = {table.name: table for table, _ in tables}
    listed = [each for each in styles.GIS["tables"] if each["source"] in rows]
    plain = [_plain(each, rows[each["source"]]) for each in listed]
    groups.append({"title": "Tables", "shown": False, "layers": plain})
    for number, one in enumerate(one for group in groups for one in group["layers"]):
        # QGIS gives a layer whose id is short another one.
        one["id"] = f"layer_of_{one['held']}_{number}"
    return [group for group in groups if group["layers"]]


def _layer(layer: Layer, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer of the GeoPackage as the template of the project takes it."""
    geometry = {"Point": "Point", "MultiPolygon": "Polygon"}.get(layer.table.geometry, "Line")
    return {
        **_plain(drawn, layer.table, layer.name),
        "geometry": geometry,
        "labels": "label" in drawn or "number" in drawn,
        "crs": WGS84,
        "style": Markup(styles.qml(drawn, layer.table, layer.frame, whole=False)),
    }


def _plain(listed: Mapping[str, Any], table: Table, name: str = "") -> dict[str, Any]:
    """Return a table of the GeoPackage likewise."""
    held = name or table.name
    return {
        "held": held, "title": listed["title"], "shown": listed.get("shown", True),
        "type": "vector", "provider": "ogr", "about": table.meaning, "geometry": "No geometry",
        "labels": False, "crs": "", "style": "", "join": listed.get("join"),
        "source": f"./{filenames.GEOPACKAGE}|layername={held}",
    }  # fmt: skip


def _raster(surface: Surface) -> dict[str, Any]:
    return {
        "held": surface.path.stem, "title": surface.title, "shown": False,
        "type": "raster", "provider": "gdal", "about": surface.about, "geometry": "",
        "labels": False, "crs": surface.crs, "style": Markup(surface.style(whole=False)),
        "join": None,
        "source": f"./{filenames.RASTERS}/{surface.path.name}",
    }  # fmt: skip


def _boxes(drawn: gpd.GeoSeries) -> tuple[list[float], list[float]]:
    """Return what the window shows, and what fills a sheet: left, bottom, right, top in metres."""
    low, high = drawn.total_bounds[:2], drawn.total_bounds[2:]
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 500) * (1 + MARGIN)
    page = np.array(PAGE) / 2 * (half / (np.array(PAGE) / 2)).max()
    window, sheet = (
        [*(middle - size).round().tolist(), *(middle + size).round().tolist()]
        for size in (half, page)
    )
    return window, sheet


def _segment_km(page: Sequence[float]) -> float:
    """Return how long half of the scale bar is: a round length of 15 to 30 mm on the sheet."""
    km = 30 * (page[2] - page[0]) / PAGE[0] / 1000
    ten = 10 ** np.floor(np.log10(km))
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= km))
