"""Every result of a public function of `geo` is drawn, or refused with what to draw instead."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import typing
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import geopandas as gpd
import networkx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from studies import small_study

import geo
from geo import chance, corridors, hotspots, network, sections
from geo.crs import to_metric
from geo.params import CorridorParams, PatrolParams, SpeedParams
from geo.patrols import PlanningInputs
from geo.patrols.nights import Fortnight
from geo.results import Patrolled
from geo.routing import drivable, matrix
from geo.sightings import Coarsened
from geo.tiles import partition
from maps import explore
from maps.drawable import PARTS
from maps.page.map_layers import BANDS

WITHOUT_PLACES = {
    "Envelope", "KTest", "Null",
    "Omission", "PlannedShift", "Posterior", "StudyData", "Table", "Whereabouts",
}  # fmt: skip
"""Results that are tables, curves or plans: they have no geometry."""

CANAL = gpd.GeoSeries([LineString([(0, 0), (9000, 0)])], crs=9141)
SEEN = gpd.GeoSeries.from_xy([500, 3000, 8000], [60, 150, 700], crs=9141)


def results_of(annotation: Any) -> Iterator[type]:
    """Yield the classes of ours that a return annotation names, in tuples and lists too."""
    inner = typing.get_args(annotation)
    if dataclasses.is_dataclass(annotation) and annotation.__module__.startswith(
        "geo."
    ):
        yield annotation
    for one in inner:
        yield from results_of(one)


def public_results() -> dict[str, type]:
    """Return the types of results of the public functions of `geo`, by name."""
    found: dict[str, type] = {}
    rooms = [f"geo.{room}" for room in geo.__all__]
    for module in map(import_module, rooms):
        names = getattr(module, "__all__", [n for n in vars(module) if n[0] != "_"])
        for function in (getattr(module, name) for name in names):
            if inspect.isfunction(function) and function.__module__.startswith("geo"):
                hints = typing.get_type_hints(function, localns={"nx": networkx})
                found |= {
                    each.__name__: each for each in results_of(hints.get("return"))
                }
    return found


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Return a result of each type that has places, by the name of its type."""
    found, data = small_study.findings(), to_metric(small_study.data())
    ways = data.layers
    corridor = corridors.corridors_of(ways.roads)
    street = network.from_lines(CANAL)
    drive = drivable(ways.roads, data.boundary, SpeedParams())
    legs = matrix(drive, np.array([0, 1]))
    minutes = found.access.sections[["section", "geometry"]].assign(
        month="2026-10", minutes=40.0
    )
    stops = found.patrols.stops
    inputs = PlanningInputs(
        stops, legs, None, stops.iloc[:0], PatrolParams(), data.boundary
    )
    even = chance.uniform((0.0, -5000.0, 9000.0, 5000.0), n=1000)
    tests = corridors.compare_with_chance(
        SEEN, {"canal": CANAL}, even, params=CorridorParams(simulations=19)
    )
    made = [
        found, found.proximity, tests, found.hotspots, found.access,
        found.patrols, street, network.lixelize(street, 100.0), next(partition(street, 10.0)),
        corridor["main_road"], sections.corridor_sections(
            ways.roads, ways.railways, data.places, CorridorParams()
        ),
        Patrolled(1, 2, 1.5, None, found.hotspots, minutes),
        Coarsened(found.sightings, pd.DataFrame()),
        drive, legs, inputs,
        Fortnight(inputs, (), pd.DataFrame()),
    ]  # fmt: skip
    return {type(one).__name__: one for one in made}


def test_every_type_of_result_is_drawn_or_says_what_to_draw(
    results: dict[str, Any],
) -> None:
    drawn = {*PARTS, "DensitySurface", "Network", "Proximity"}
    assert set(public_results()) == (drawn & set(public_results())) | WITHOUT_PLACES
    assert {*results, "DensitySurface"} == drawn


@pytest.mark.parametrize("name", sorted({*PARTS, "Network", "Proximity"}))
def test_a_result_with_places_is_explored(name: str, results: dict[str, Any]) -> None:
    page = explore(results[name]).get_root().render()
    assert page.count('"type": "Feature"') > 0


def test_a_density_is_drawn_where_its_cells_lie() -> None:
    surface = hotspots.planar_density(
        SEEN.translate(7_495_000, 4_750_000), uncertainty_m=0
    )
    page = explore(surface).get_root().render()
    corners = re.search(
        r"L\.imageOverlay\(\s*\"data:image/png[^\"]*\",\s*(\[\[.*?\]\])", page
    )
    assert corners is not None
    (south, west), (north, east) = json.loads(corners[1])
    side, _, left, _, _, top = surface.transform
    rows, columns = surface.values[0].shape
    box = gpd.GeoSeries.from_xy(
        [left, left + side * columns], [top - side * rows, top], crs=surface.crs
    ).to_crs(4326)
    drawn = np.array([west, south, east, north])
    # The picture is warped: it reaches a little farther than the corners of its cells.
    np.testing.assert_allclose(drawn, box.total_bounds, atol=0.003)


@pytest.mark.parametrize("name", sorted(WITHOUT_PLACES))
def test_a_result_without_places_says_what_to_draw(name: str) -> None:
    kind = public_results()[name]
    fault = rf"{name} has no places on a map\. Fix: draw \w+"
    with pytest.raises(TypeError, match=fault):
        explore(kind.__new__(kind))


def test_corridors_by_kind_are_drawn_each_in_its_colour() -> None:
    page = (
        explore({"canal": CANAL, "railway": CANAL.translate(0, 500)})
        .get_root()
        .render()
    )
    assert page.count('"type": "Feature"') == 2
    assert page.count(BANDS["railway"].symbol.colour) > 0


def test_nearness_is_drawn_with_bands_lines_and_figures() -> None:
    near = corridors.proximity(SEEN, {"canal": CANAL}, [100, 250], uncertainty_m=0)
    page = explore(near).get_root().render()
    layers = [json.loads(text) for text in re.findall(r"_add\((\{.*?\})\);\n", page)]
    kinds = [layer["features"][0]["geometry"]["type"] for layer in layers]
    assert kinds == ["MultiPolygon", "LineString", "Point", "Point", "Point"]
    lines = layers[1]["features"]
    assert len(lines) == 3
    assert "<th>length_m</th><td>150</td>" in lines[1]["properties"]["text"]
    listed = re.search(r"overlays\s*:\s*\{(.*?)\}", page, re.DOTALL)
    assert listed is not None
    assert re.findall(r'"([^"]+)"\s*:', listed[1]) == [
        "canal: within 100, 250 m", "canal: nearest",
    ]  # fmt: skip
    farthest, middle, nearest = (layer["features"] for layer in layers[2:])
    assert [len(rows) for rows in (farthest, middle, nearest)] == [1, 1, 1]
    assert "<th>canal</th><td>60 m (60-60 m)</td>" in nearest[0]["properties"]["text"]
