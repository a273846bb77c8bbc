"""How layers look in a GIS, and a QGIS project with groups, order and looks of the planner map.

What each layer looks like stands in ``layers/data/lists/gis.toml``.
"""

import io
import itertools
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup
from pyproj import CRS

from geo.patrols.timetable import shift_order
from geo.records import Source
from geo.schema import STOPS, WGS84, Table, values
from layers import package_data, palette
from layers.files import filenames
from layers.files.handling import Handling
from layers.files.patrol_routes import in_utc
from layers.package_data import filled
from layers.palette import Symbol
from layers.writers.layer_tables import Layer, Tables
from layers.writers.surfaces import Surface

GIS: Final = package_data.toml("lists", "gis.toml")
_LOOKS: Final = {
    key: look
    for group in package_data.toml("lists", "looks.toml").values()
    for key, look in group.items()
} | GIS["looks"]
_USUAL: Final[dict[str, Any]] = {
    "label": "",
    "number": "",
    "graduated": None,
    "only": "",
    "band_m": 0,
    "around": "",
    "blend": False,
}
"""What an entry of `GIS` need not say."""

POINTS_PER_PX: Final = 0.75
STOP_PX: Final = 8.0
ASIDE_PX: Final = 7.0
SCALE_AT_ZOOM_0: Final = 559_082_264
"""Scale of a web map of 256 pixels a tile, at 96 dots an inch."""

PAGE: Final = (190, 253)
"""Width and height of the map on a sheet of A4, in mm."""
MARGIN: Final = 0.06
"""Room around the patrols, as a share."""


@dataclass(frozen=True)
class RowLook:
    """Some rows of a layer, and how they are drawn."""

    title: str
    symbol: Symbol
    where: Mapping[str, tuple[str, ...]] | None = None
    """The values that a row has by column, or expression of QGIS; None for all other rows."""
    low: float = 0.0
    high: float = 0.0
    """The values of a graduated style that are drawn so."""
    shown: bool = True
    aside: float = 0.0
    """Pixels to the right of its line at which a drive is drawn, so that shifts do not hide."""
    min_scale: int = 0
    """Denominator of the smallest scale at which it is drawn; 0 for any."""


def rules(drawn: Mapping[str, Any], frame: pd.DataFrame) -> list[RowLook]:
    """Return how an entry of `GIS` draws a layer's rows."""
    if drawn.get("patrols"):
        return list(_patrols(frame))
    looks = [_rule(drawn, look) for look in drawn["looks"]]
    return (
        list(_graduated(drawn["graduated"], frame, looks[0]))
        if "graduated" in drawn
        else looks
    )


def _rule(drawn: Mapping[str, Any], given: Mapping[str, Any]) -> RowLook:
    look = _LOOKS[given["look"]]
    zoom = look.get("min_zoom")
    where = given.get("where")
    listed = values(where) if isinstance(where, str) else where
    return RowLook(
        given.get("title", drawn["title"]),
        palette.symbol(look),
        None if listed is None else {drawn["column"]: tuple(listed)},
        shown=given.get("shown", True),
        min_scale=round(SCALE_AT_ZOOM_0 / 2**zoom) if zoom else 0,
    )


def _patrols(frame: pd.DataFrame) -> Iterator[RowLook]:
    """Yield a rule for each vehicle of each shift, in the order in which the shifts begin."""
    order = (
        shift_order(frame) if "departure_s" in frame else list(frame["shift"].unique())
    )
    who = {
        (order.index(shift), int(v))
        for shift, v in zip(frame["shift"], frame["vehicle"], strict=True)
    }
    for number, vehicle in sorted(who):
        shift = order[number]
        symbol = palette.patrol(number, vehicle)
        as_stop = replace(
            symbol,
            fill=symbol.colour,
            colour=palette.WHITE,
            width=1.5,
            dash=(),
            radius=STOP_PX,
        )
        yield RowLook(
            f"{shift.replace('_', ' ')}, vehicle {vehicle}",
            replace(symbol, shape="line") if "from_stop" in frame else as_stop,
            {"shift": (shift,), "vehicle": (str(vehicle),)},
            aside=number * ASIDE_PX,
        )


def _graduated(
    given: Mapping[str, Any], frame: pd.DataFrame, rule: RowLook
) -> Iterator[RowLook]:
    """Yield a rule for each of equal steps from a share of the highest value to the highest."""
    column = frame[given["column"]]
    highest = float(column.max()) if column.notna().any() else 1.0
    lowest = given.get("faint", 0.0) * highest
    steps = given.get("steps", palette.LIXELS)
    bounds = np.linspace(lowest, highest, len(steps) + 1).tolist()
    for (low, high), step in zip(itertools.pairwise(bounds), steps, strict=True):
        title = f"{low:.3g} to {high:.3g}"
        symbol = replace(rule.symbol, **{given["changes"]: step})
        yield replace(rule, title=title, symbol=symbol, low=low, high=high)


def first_of(source: str) -> Mapping[str, Any]:
    """Return the entry of `GIS` by which a layer of the GeoPackage is drawn alone."""
    for group in GIS["groups"]:
        for entry in group["layers"]:
            if entry["source"] == source and "band_m" not in entry:
                return entry  # type: ignore[no-any-return]
    raise KeyError(source)


def qml(
    drawn: Mapping[str, Any], table: Table, frame: pd.DataFrame, *, whole: bool = True
) -> str:
    """Return the QGIS style of a layer.

    Parameters
    ----------
    drawn
        The entry of `GIS` by which it is drawn.
    table, frame
        Its columns and its rows.
    whole
        False for the body alone, as a project takes it.
    """
    moments = "starts_at" in table.names and bool(frame["starts_at"].notna().any())
    return filled(
        "style.qml",
        drawn={**_USUAL, **drawn},
        rules=rules(drawn, frame),
        table=table,
        whole=whole,
        moments=moments,
        points=_points,
        rgba=_rgba,
        ink=palette.ink_on,
    )


def _points(px: float) -> str:
    return f"{px * POINTS_PER_PX:g}"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as QGIS writes colours: red, green, blue, alpha."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def write_project(folder: Path, title: str, text: str) -> None:
    """Write a project, as `project` makes it, beside the GeoPackage in a folder and into it."""
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


def project(
    layers: Sequence[Layer],
    tables: Tables,
    surfaces: Iterable[Surface],
    crs: str,
    title: str,
    handling: Handling,
    source: Source,
    outline: gpd.GeoDataFrame,
) -> str:
    """Return the project of QGIS as XML.

    Parameters
    ----------
    layers, tables
        What the GeoPackage holds.
    surfaces
        The rasters in the folder.
    crs
        In which the map is drawn, in metres.
    title
        Of the study.
    handling
        What the sheet says, and whom it credits.
    source
        The network, which the sheet names beside the nights.
    outline
        What is shown of a plan without a stop; any CRS.
    """
    groups = _groups(layers, tables, surfaces)
    ids = {
        entry["held"]: entry["id"]
        for group in reversed(groups)
        for entry in group["layers"][::-1]
    }
    relations = [
        {**relation, "from_id": ids[relation["from"]], "to_id": ids[relation["to"]]}
        for relation in GIS["relations"]
        if {relation["from"], relation["to"]} <= ids.keys()
    ]
    frames = {layer.name: layer.frame for layer in layers}
    stops = frames.get("patrol_stops", STOPS.geoframe())
    dated = stops.dropna(subset=["starts_at"])
    drawn = stops if len(stops) else outline
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
        # Half of the scale bar, 15 to 30 mm on the sheet.
        segment_km=palette.round_length(30 * (page[2] - page[0]) / PAGE[0] / 1000),
        sheet=f"{_nights(stops)} · {_network(source)}",
        handling=handling.line(),
        credit=handling.credit,
        credit_of=lambda origin: handling.of_rows(origin).credit,
        run=handling.run,
        moments=[in_utc(dated["starts_at"].min()), in_utc(dated["ends_at"].max())]
        if len(dated)
        else [],
    )


def _nights(stops: pd.DataFrame) -> str:
    """Return which nights the stops are of."""
    dates = sorted(stops["date"].dropna().astype(str).unique())
    if not dates:
        return "Any night"
    return f"Night of {' to '.join(dict.fromkeys([dates[0], dates[-1]]))}"


def _network(source: Source) -> str:
    """Return what the network is called, and of which day it is."""
    day = f", of {source.osm_date}" if source.osm_date else ""
    return f"network: {source.title}{day}"


def _groups(
    layers: Sequence[Layer], tables: Tables, surfaces: Iterable[Surface]
) -> list[dict[str, Any]]:
    """Return the groups of the legend, from top to bottom, each with its layers."""
    layers_by_name = {layer.name: layer for layer in layers}
    groups = []
    for group in GIS["groups"]:
        entries = [e for e in group["layers"] if e["source"] in layers_by_name]
        drawn = [_layer(layers_by_name[e["source"]], e) for e in entries]
        if group.get("rasters"):
            drawn += map(_raster, surfaces)
        shown = group.get("shown", True)
        groups.append({"title": group["title"], "shown": shown, "layers": drawn})
    groups.append({"title": "Tables", "shown": False, "layers": _listed(tables)})
    every = itertools.chain.from_iterable(group["layers"] for group in groups)
    for number, entry in enumerate(every):
        # QGIS gives a layer whose id is short another one.
        entry["id"] = f"layer_of_{entry['held']}_{number}"
    return [group for group in groups if group["layers"]]


def _listed(tables: Tables) -> list[dict[str, Any]]:
    """Return the tables that the legend has, in its order."""
    tables_by_name = {table.name: table for table, _ in tables}
    return [
        _plain(entry, tables_by_name[entry["source"]])
        for entry in GIS["tables"]
        if entry["source"] in tables_by_name
    ]


def _layer(layer: Layer, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer of the GeoPackage as the template of the project takes it."""
    shapes = {"Point": "Point", "MultiPolygon": "Polygon"}
    return _plain(drawn, layer.table, layer.name) | {
        "geometry": shapes.get(layer.table.geometry, "Line"),
        "labels": "label" in drawn or "number" in drawn,
        "crs": WGS84,
        "style": Markup(qml(drawn, layer.table, layer.frame, whole=False)),
    }


def _plain(entry: Mapping[str, Any], table: Table, layer: str = "") -> dict[str, Any]:
    """Return a table of the GeoPackage likewise."""
    name = layer or table.name
    return {
        "held": name,
        "title": entry["title"],
        "shown": entry.get("shown", True),
        "type": "vector",
        "provider": "ogr",
        "origin": table.origin,
        "about": table.meaning,
        "geometry": "No geometry",
        "labels": False,
        "crs": "",
        "style": "",
        "join": entry.get("join"),
        "source": f"./{filenames.GEOPACKAGE}|layername={name}",
    }


def _raster(surface: Surface) -> dict[str, Any]:
    return {
        "held": surface.path.stem,
        "title": surface.title,
        "shown": False,
        "type": "raster",
        "provider": "gdal",
        "origin": "shapes",
        "about": surface.about,
        "geometry": "",
        "labels": False,
        "crs": surface.crs,
        "style": Markup(surface.style(whole=False)),
        "join": None,
        "source": f"./{filenames.RASTERS}/{surface.path.name}",
    }


def _boxes(drawn: gpd.GeoSeries) -> tuple[list[float], list[float]]:
    """Return what the window shows, and what fills a sheet: left, bottom, right, top in metres."""
    west, south, east, north = drawn.total_bounds
    middle = np.array([west + east, south + north]) / 2
    half = np.maximum([east - west, north - south], 1000) / 2 * (1 + MARGIN)
    sheet = np.array(PAGE) * (half / PAGE).max()
    window, page = (
        [*(middle - size).round().tolist(), *(middle + size).round().tolist()]
        for size in (half, sheet)
    )
    return window, page
