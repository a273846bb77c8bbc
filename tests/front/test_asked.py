"""What the toolkit was asked to be, its words read as data: packages, crossings, layers."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import cells
import geopandas as gpd
import pandas as pd
import pytest
from folders import ROOT

from geo.corridors import corridors_of, proximity
from geo.corridors.per_sighting import per_sighting
from geo.schema import MEASURED, METRIC, SIGHTINGS

pytestmark = pytest.mark.usefixtures("generalised")

ASKED = (
    "OSM road and rail networks of the region are fetched with osmnx and combined with sighting "
    "points and crossing locations (Hani i Elezit, Vërmicë, Jarinje); corridor-proximity and "
    "hotspot analyses then produce folium maps that support the patrol routes; packages "
    "geopandas, shapely, folium, osmnx, rasterio; used by GIS analysts in notebooks, patrol "
    "planners viewing HTML maps, people exporting GeoJSON layers."
)
PACKAGES = re.search(r"packages ([\w, ]+);", ASKED)[1].split(", ")
CROSSINGS = re.search(r"\(([^)]+)\)", ASKED)[1].split(", ")
LAYERS = {
    "road": ("roads",),
    "rail": ("railways",),
    "sighting points": ("sightings",),
    "crossing locations": ("places",),
    "corridor-proximity": ("sightings", "corridor_bands", "proximity_lines"),
    "hotspot": ("hotspots",),
    "patrol routes": ("patrol_legs", "patrol_stops"),
}
"""Layers by the words that ask for them."""


def product() -> Iterator[str]:
    """Yield the source of each module of the product."""
    for room in ("geo", "layers", "maps", "mitrovica"):
        yield from (
            path.read_text("utf-8") for path in sorted((ROOT / room).rglob("*.py"))
        )


def notebooks() -> Iterator[str]:
    """Yield the code of each notebook."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code = [one for one in cells.cells(path) if one["cell_type"] == "code"]
        yield "\n".join(map(cells.source, code))


def called(source: str) -> set[str]:
    """Return the packages that a source imports and calls."""
    tree, names, found = ast.parse(source), dict[str, str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                one.asname or one.name.split(".")[0]: one.name for one in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {one.asname or one.name: node.module for one in node.names}
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        while isinstance(function, ast.Attribute):
            function = function.value
        if isinstance(function, ast.Name) and function.id in names:
            found.add(names[function.id].split(".")[0])
    return found


def test_the_words_name_what_is_looked_for() -> None:
    assert PACKAGES == ["geopandas", "shapely", "folium", "osmnx", "rasterio"]
    assert len(CROSSINGS) == 3
    assert all(words in ASKED for words in LAYERS)
    assert called("import osmnx as ox\nox.graph.save(1)") == {"osmnx"}
    assert called("import osmnx\nosmnx.settings = 1") == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_called_by_the_product_and_by_a_notebook(package: str) -> None:
    assert any(package in called(source) for source in product())
    assert any(package in called(source) for source in notebooks())


@pytest.mark.parametrize("crossing", CROSSINGS)
def test_each_crossing_is_in_the_geojson_and_on_the_map(
    crossing: str, generalised_run: tuple[Path, str]
) -> None:
    out, _ = generalised_run
    places = gpd.read_file(out / "layers" / "places.geojson")
    names = places.loc[places["kind"] == "crossing", ["id", "name_sq", "name_sr_latn"]]
    (place,) = names.loc[(names == crossing).any(axis=1), "id"]
    page = (out / "map.html").read_text("utf-8")
    data = json.loads(
        re.search(r'id="planner-data">(.*?)</script>', page, re.DOTALL)[1]
    )
    (layer,) = (one for one in data["layers"] if one["key"] == "crossings")
    titles = [feature["title"] for feature in layer["features"]]
    assert f"place.{place}" in titles
    shown = set(data["texts"][f"place.{place}"])
    assert len(data["texts"][f"place.{place}"]) == len(data["languages"]) == 4
    assert any(crossing.casefold() in name.casefold() for name in shown)
    panel = page[page.index('id="crossings"') : page.index('id="rests"')]
    assert f'data-w="place.{place}"' in panel


@pytest.mark.parametrize("words", LAYERS)
def test_each_layer_is_named_and_has_rows(
    words: str, generalised_run: tuple[Path, str]
) -> None:
    out, _ = generalised_run
    dictionary = (out / "data_dictionary.md").read_text("utf-8")
    for name in LAYERS[words]:
        layer = gpd.read_file(out / "layers" / f"{name}.geojson")
        assert len(layer) > 0
        assert layer.crs == "EPSG:4326"
        assert f"layers/{name}.geojson" in dictionary
        assert len(gpd.read_file(out / "study.gpkg", layer=name)) == len(layer)


def test_what_is_measured_of_sightings_follows_from_their_cells_and_public_ways(
    generalised_run: tuple[Path, str],
) -> None:
    """So distances, lines and kilometres tell no more than the coarse table of sightings."""
    layers = generalised_run[0] / "layers"

    def rows(name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(layers / f"{name}.geojson").to_crs(METRIC)

    cells_only = SIGHTINGS.geoframe(rows("sightings"))
    kinds = corridors_of(
        *(rows(name) for name in ("roads", "paths", "railways", "waterways"))
    )
    near = proximity(cells_only, kinds)
    again = per_sighting(cells_only, near, kinds, rows("places"))
    written = MEASURED.geoframe(rows("sightings"))
    for column in MEASURED.columns:
        pd.testing.assert_series_equal(
            again[column.name], written[column.name], check_exact=False, atol=0.2
        )
    lines = rows("proximity_lines")
    assert len(lines) == len(near.lines)
    assert near.lines.hausdorff_distance(lines, align=False).max() < 0.5
    inside = rows("corridor_bands").set_index(["corridor", "band_m"])["within"]
    totals = near.totals.set_index(["corridor", "band_m"])["expected_within"]
    assert inside.to_list() == pytest.approx(
        totals.loc[list(inside.index)].to_list(), abs=0.01
    )
