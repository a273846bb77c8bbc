"""Patrol routes as GPX 1.1, a file per night, shift and vehicle, for navigation devices."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers import atomic
from layers.schema import WGS84

NAMESPACE: Final = "http://www.topografix.com/GPX/1/1"
SCHEMA: Final = "http://www.topografix.com/GPX/1/1/gpx.xsd"


def write_gpx(stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, folder: Path) -> list[Path]:
    """Write each patrol: its stops as numbered waypoints, its drives as a track.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, table `STOPS`, any CRS
    legs : geopandas.GeoDataFrame, table `LEGS`, any CRS
    folder : pathlib.Path
        Gets ``patrol_<shift>_<vehicle>.gpx``, of several nights
        ``patrol_night_<night>_<shift>_<vehicle>.gpx``.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order of the nights, shifts and vehicles.
    """
    stops, legs = stops.to_crs(WGS84), legs.to_crs(WGS84)
    who = ["night", "shift", "vehicle"]
    several = stops["night"].nunique() > 1
    written = []
    for (night, shift, vehicle), rows in stops.groupby(who, sort=False):
        name = re.sub(r"[^0-9A-Za-z]+", "_", str(shift))
        path = folder / f"patrol_{f'night_{night:02d}_' if several else ''}{name}_{vehicle}.gpx"
        title = f"{_when(rows)}{str(shift).replace('_', ' ')}, vehicle {vehicle}"
        mine = legs[(legs[who] == [night, shift, vehicle]).all(axis=1)]
        with atomic.file(path) as part:
            _document(title, rows, mine).write(part, encoding="utf-8", xml_declaration=True)
        written.append(path)
    return written


def _when(stops: pd.DataFrame) -> str:
    """Return the date of a patrol as its title begins with it; nothing where it has none."""
    date = stops["date"].iloc[0]
    return "" if pd.isna(date) else f"{date}, "


def _document(title: str, stops: pd.DataFrame, legs: gpd.GeoDataFrame) -> ET.ElementTree:
    gpx = ET.Element(
        "gpx",
        {
            "version": "1.1",
            "creator": "mitrovica-corridors",
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{NAMESPACE} {SCHEMA}",
        },
    )
    meta = ET.SubElement(gpx, "metadata")
    ET.SubElement(meta, "name").text = title
    owner = ET.SubElement(meta, "copyright", author="OpenStreetMap contributors")
    ET.SubElement(owner, "license").text = "https://opendatacommons.org/licenses/odbl/1-0/"
    for row in stops[stops["kind"] != "break"].to_dict("records"):
        point = ET.SubElement(gpx, "wpt", _place(shapely.get_coordinates(row["geometry"])[0]))
        ET.SubElement(point, "name").text = f"{row['order']:02d} {row['name']}"
        ET.SubElement(point, "desc").text = f"{row['arrival']}-{row['departure']}"
        ET.SubElement(point, "type").text = str(row["kind"])
    track = ET.SubElement(gpx, "trk")
    ET.SubElement(track, "name").text = title
    for line in legs.sort_values("order").geometry:
        segment = ET.SubElement(track, "trkseg")
        for xy in shapely.get_coordinates(line):
            ET.SubElement(segment, "trkpt", _place(xy))
    ET.indent(gpx)
    return ET.ElementTree(gpx)


def _place(xy: npt.NDArray[np.float64]) -> dict[str, str]:
    return {"lat": f"{xy[1]:.6f}", "lon": f"{xy[0]:.6f}"}
