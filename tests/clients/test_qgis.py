"""The project in QGIS 3.40: layers in their order, ticks, relations, moments, colours, a sheet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from folders import ROOT
from PIL import Image
from tools.clients import missing

from layers import package_data, palette

PYTHON = "/usr/bin/python3"
SCRIPT = ROOT / "tests" / "clients" / "open_in_qgis.py"


def opened(folder: Path, *sources: str) -> list[dict[str, Any]]:
    """Return what QGIS says of each project; it draws the first into `folder`."""
    here = os.environ | {
        "XDG_RUNTIME_DIR": str(folder),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder),
    }
    found = subprocess.run(
        [PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if found.returncode:
        missing("QGIS", "python3-qgis qgis-providers")
    done = subprocess.run(
        [PYTHON, str(SCRIPT), str(folder), *sources],
        capture_output=True, text=True, timeout=120, check=True, env=here,
    )  # fmt: skip
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def projects(
    town_run: tuple[Path, str], night: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[dict[str, Any]], Path]:
    """Return what QGIS says of the project of a run, and of that of a dated plan, inside its
    GeoPackage and beside it; and the folder with the pictures of the first.
    """
    folder = tmp_path_factory.mktemp("qgis")
    run, plan = town_run[0] / "study.qgz", night / "study.qgz"
    inside = f"geopackage:{night / 'study.gpkg'}?projectName=study"
    return opened(folder, str(run), inside, str(plan)), folder


@pytest.fixture(scope="module")
def drawn(projects: tuple[list[dict[str, Any]], Path]) -> tuple[dict[str, Any], Path]:
    """Return what QGIS says of the project of a run, and the folder that it drew into."""
    return projects[0][0], projects[1]


def test_every_layer_opens_in_the_order_of_the_planner_map(
    drawn: tuple[dict[str, Any], Path],
) -> None:
    found, _ = drawn
    assert found["opened"]
    assert found["errors"] == []
    assert found["crs"] == "EPSG:9141"
    assert [layer["name"] for layer in found["layers"] if not layer["valid"]] == []
    groups = [
        group["title"] for group in package_data.toml("lists", "gis.toml")["groups"]
    ]
    listed = list(dict.fromkeys(layer["group"] for layer in found["layers"]))
    assert listed == [*groups, "Tables"]
    ticked = {layer["group"] for layer in found["layers"] if layer["ticked"]}
    assert ticked == set(groups) - {"Models with assumptions", "Need"}
    off = {layer["name"] for layer in found["layers"] if not layer["ticked"]}
    assert "Facilities" in off


def test_looks_labels_and_aliases_are_there(drawn: tuple[dict[str, Any], Path]) -> None:
    found, _ = drawn
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["Need: reports"]["renderer"] == "graduatedSymbol"
    assert (
        layers["Density of reports along the network, per km"]["renderer"]
        == "graduatedSymbol"
    )
    assert layers["Walking time to help: health"]["renderer"] == "singlebandpseudocolor"
    assert layers["Towns"]["labels"]
    aliases = layers["Stops"]["aliases"]
    assert aliases["drive_m"] == "drive from the stop before, m"
    assert aliases["night"] == "number of the night"
    assert (
        layers["Stops"]["about"]["drive_m"] == "driving distance from the stop before"
    )
    drawn = [layer for layer in found["layers"] if layer["group"] != "Tables"]
    own = [
        layer["name"] for layer in drawn if "OpenStreetMap" not in layer["attribution"]
    ]
    assert own
    assert all("ighting" in name for name in own), own
    assert found["relations"] == {
        each["name"]: True
        for each in package_data.toml("lists", "gis.toml")["relations"]
    }


def test_each_patrol_is_drawn_in_its_colour(
    drawn: tuple[dict[str, Any], Path], town_run: tuple[Path, str]
) -> None:
    _, folder = drawn
    with Image.open(folder / "map.png") as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    shifts = pd.read_csv(town_run[0] / "patrol_plan.csv")["shift"].nunique()
    assert shifts > 1
    for number in range(shifts):
        colour = bytes.fromhex(palette.patrol(number, 1).colour[1:])
        assert (pixels == list(colour)).all(axis=1).sum() > 300, f"shift {number}"


def test_a_sheet_of_a4_has_legend_scale_and_credit(
    drawn: tuple[dict[str, Any], Path],
) -> None:
    found, folder = drawn
    assert found["sheet"] == 0
    # No name lies on the mark of a stop.
    assert ["Towns", "Stops"] in found["kept_off"]
    assert {target for _, target in found["kept_off"]} == {"Stops"}
    assert {"QgsLayoutItemMap", "QgsLayoutItemLegend", "QgsLayoutItemScaleBar"} <= set(
        found["items"]
    )
    with Image.open(folder / "a4.png") as sheet:
        width, height = sheet.size
    assert abs(height / width - 297 / 210) < 0.002


def test_the_project_inside_the_geopackage_is_the_same(
    projects: tuple[list[dict[str, Any]], Path],
) -> None:
    """A dated plan: its layers know when each stop and drive is."""
    _, inside, beside = projects[0]
    assert inside["layers"] == beside["layers"]
    assert [layer["temporal"] for layer in inside["layers"][:2]] == [True, True]
    assert inside["begin"].startswith("2026-10-24T")
    assert inside["begin"] < inside["end"]


def test_no_path_of_the_machine_is_in_a_project(town_run: tuple[Path, str]) -> None:
    text = zipfile.ZipFile(town_run[0] / "study.qgz").read("project.qgs").decode()
    sources = re.findall(r"<datasource>(.*?)</datasource>", text)
    assert len(sources) > 20
    assert all(source.startswith("./") for source in sources)
    assert str(town_run[0]) not in text
