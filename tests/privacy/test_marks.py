"""A planted mark is found in whatever file it lies."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from attack.folder import Folder
from attack.marks import Marks, found
from matplotlib import pyplot as plt

from geo.schema import METRIC, WGS84

PLANTED = Marks({"zqmark"}, {date(2026, 1, 12)}, np.array([[20.866123, 42.880456]]))
ROWS = gpd.GeoDataFrame(
    {"note": ["a", "said zqmark there", "z"], "day": ["1", "12 January 2026", "9"]},
    geometry=gpd.points_from_xy(
        [20.1, PLANTED.lonlat[0, 0], 20.9], [42.1, PLANTED.lonlat[0, 1], 42.9]
    ),
    crs=WGS84,
)
"""The marks stand between others: what a Parquet file says of a column tells the outer ones."""
ALL = {"zqmark", "12 January", "place"}


def geopackage(folder: Path) -> None:
    ROWS.to_crs(METRIC).to_file(folder / "one.gpkg")


def zipped(folder: Path) -> None:
    """Put a GeoPackage in an archive in an archive."""
    geopackage(folder)
    for outer, inner in (("inner.zip", "one.gpkg"), ("outer.zip", "inner.zip")):
        with zipfile.ZipFile(folder / outer, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(folder / inner, inner)
        (folder / inner).unlink()


def places_in_parquet(folder: Path) -> None:
    ROWS.to_crs(METRIC).to_parquet(folder / "one.parquet", compression="gzip")


def table_in_parquet(folder: Path) -> None:
    ROWS.drop(columns="geometry").to_parquet(folder / "one.parquet", compression="gzip")


def printed(folder: Path) -> None:
    """Print the note, and name the day in what is said of the PDF."""
    figure = plt.figure()
    figure.text(0.1, 0.1, ROWS["note"].iloc[1])
    about = {"Subject": ROWS["day"].iloc[1]}
    figure.savefig(folder / "one.pdf", metadata=about)
    plt.close(figure)


def metres(folder: Path) -> None:
    ROWS.to_crs(METRIC).get_coordinates().to_csv(folder / "one.csv")


def units(folder: Path) -> None:
    """Write the place as a map does, latitude first."""
    lat, lon = (round(at * 1e5) for at in PLANTED.lonlat[0][::-1])
    (folder / "map.html").write_text(f"[[{lat},{lon}]]", "utf-8")


def name_of_file(folder: Path) -> None:
    (folder / "zqmark.txt").touch()


WAYS: dict[Callable[[Path], None], set[str]] = {
    geopackage: ALL,
    zipped: ALL,
    places_in_parquet: ALL,
    table_in_parquet: ALL - {"place"},
    printed: ALL - {"place"},
    metres: {"place"},
    units: {"place"},
    name_of_file: {"zqmark"},
}
"""How marks may lie in a file, and which do."""


@pytest.mark.parametrize("write", WAYS)
def test_a_mark_is_found_in_whatever_file_it_lies(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    write(tmp_path)
    marks = [line.partition(": ")[2] for line in found(Folder(tmp_path), PLANTED)]
    seen = {"place" if mark.startswith("(") else mark for mark in marks}
    assert seen == WAYS[write]
