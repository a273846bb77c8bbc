"""Sightings on the map by cell: every one counted once, whatever their number."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, expect
from studies import small_study
from studies.small_study import text
from tools.browser import opened, settled

import maps
from geo import sightings
from geo.results import Findings
from geo.schema import CORRIDORS, METRIC, PROXIMITY, SIGHTINGS, SIZE_CLASSES, WGS84
from geo.sightings.laws import middle
from maps.overlays import observations
from maps.page.map_layers import Drawing, Feature

MANY = pytest.mark.parametrize(
    "n", [3_000, pytest.param(100_000, marks=pytest.mark.proof)]
)


def drawn(found: Findings) -> dict[str, Drawing]:
    """Return the layers of the sightings by key."""
    data = small_study.data()
    return {
        d.spec.key: d
        for d in observations.sightings_by_cell(
            found, data.places, small_study.names(data)
        )
    }


def marks(layers: dict[str, Drawing]) -> list[tuple[str, Any, Feature]]:
    return [
        (key, shape, feature)
        for key, layer in layers.items()
        for shape, feature in zip(layer.geometry, layer.features, strict=True)
    ]


def note(feature: Feature, word: str, language: str = "en") -> str:
    (key,) = (note.key for note in feature.notes if note.word == word)
    return text(key, language)


def moved(n: int, into: dict[int, int], **change: object) -> Findings:
    """Return `n` sightings of which some are in the cell of another one."""
    found = small_study.findings(n)
    rows = found.sightings.copy()
    for i, j in into.items():
        rows.loc[i, "geometry"] = rows.geometry[j]
    return replace(found, sightings=rows.assign(**change))


def test_a_sighting_is_drawn_as_its_cell_and_its_disc() -> None:
    layers = drawn(small_study.findings(5))
    found = marks(layers)
    assert len(found) == 5
    for _, shape, feature in found:
        point, square = gpd.GeoSeries(shape.geoms, crs=WGS84).to_crs(METRIC)
        x, y = point.x, point.y
        assert np.allclose(square.bounds, (x - 50, y - 50, x + 50, y + 50), atol=1e-3)
        # 300 m, and 70.7 m from the middle of the cell to its corner.
        assert feature.radius_m == 371
    *_, (_, _, last) = found
    assert note(last, "position") == "reported in a cell of 100 m, known to 300 m"
    assert note(last, "coarse_place", "sq") == "South sq"


def test_sightings_of_one_cell_are_one_mark_with_their_counts() -> None:
    found = moved(
        6, {1: 0, 3: 0, 4: 2}, size_class=["5-9", "5-9", "10-19", "5-9", "1-4", "1-4"]
    )
    layers = drawn(found)
    counts = sorted(feature.counts for _, _, feature in marks(layers))
    five, ten, few = (SIZE_CLASSES.index(size) for size in ("5-9", "10-19", "1-4"))
    # October is the period 0, the fourth quarter 1; of none -1.
    assert counts == sorted([
        ((0, five, 2), (1, five, 1)), ((-1, ten, 1), (1, few, 1)), ((-1, few, 1),)
    ])  # fmt: skip
    titles = {
        len(f.counts): f.title for _, _, f in marks(layers) if f.counts[0][0] == 0
    }
    assert titles == {2: "sightings.cell"}


def test_how_well_a_position_is_known() -> None:
    layers = drawn(moved(1, {}, uncertainty_m=50.0, cell_m=100.0))
    ((_, shape, feature),) = marks(layers)
    assert note(feature, "position") == "reported in a cell of 100 m, known to 50 m"
    assert shape.geom_type == "GeometryCollection"
    assert feature.radius_m == np.ceil(50 + 100 / 2**0.5)


def test_uncertainties_of_a_cell_are_given_from_least_to_greatest() -> None:
    layers = drawn(moved(2, {1: 0}, uncertainty_m=[50.0, 1000.0]))
    ((_, _, feature),) = marks(layers)
    assert (
        note(feature, "position") == "reported in a cell of 100 m, known to 50–1,000 m"
    )
    assert feature.radius_m == 1071


def test_without_sightings_there_is_no_layer() -> None:
    assert drawn(small_study.findings(0)) == {}


@cache
def many(n: int) -> Findings:
    """Return made-up sightings about the valley: 36 months, every size class, a cell each."""
    rng = np.random.default_rng(7)
    x0, y0 = small_study.FIRST_CELL
    xy = middle(rng.normal((x0, y0), (6_000, 9_000), (n, 2)), small_study.CELL_M)
    month = rng.integers(0, 36, n)
    ids = pd.Series([f"S{k + 1}" for k in range(n)], dtype="string")
    table = SIGHTINGS.geoframe(
        pd.DataFrame(
            {
                "id": ids, "kind": "sighting", "located_kind": "other",
                "period": [f"{2021 + m // 12}-{m % 12 + 1:02d}" for m in month],
                "size_class": rng.choice(SIZE_CLASSES, n), "coarse_place": "South",
                "uncertainty_m": rng.choice([50.0, 300.0, 1000.0], n), "cell_m": 100.0,
                "geometry": shapely.points(xy),
            }
        ),
        crs=METRIC,
    )  # fmt: skip
    sightings.check(table, small_study.data().places)
    found = small_study.findings()
    near = pd.DataFrame(
        {
            "sighting": np.repeat(ids, len(CORRIDORS)), "corridor": [*CORRIDORS] * n,
            "distance_m": rng.lognormal(6, 1.5, n * len(CORRIDORS)), "located_from_kind": False,
        }
    )  # fmt: skip
    return replace(
        found,
        sightings=table,
        proximity=replace(found.proximity, table=PROXIMITY.frame(near)),
    )


@MANY
def test_every_one_of_many_sightings_is_counted_once(n: int) -> None:
    layers = drawn(many(n))
    found = marks(layers)
    assert len(found) <= observations.MOST
    assert sum(count for _, _, f in found for *_, count in f.counts) == n
    assert {f.radius_m for _, _, f in found} == {0.0}
    # The sides double until so many squares hold them all.
    squares = gpd.GeoSeries([shape.geoms[1] for _, shape, _ in found], crs=WGS84)
    west, south, east, north = squares.to_crs(METRIC).bounds.to_numpy().T
    (side,) = {*np.round(east - west), *np.round(north - south)}
    assert side in 100 * 2 ** np.arange(1, 12)
    xy = shapely.get_coordinates(many(n).sightings.geometry.values)
    assert len(np.unique(middle(xy, side / 2), axis=0)) > observations.MOST
    assert note(found[0][2], "position").startswith(
        f"drawn as a square of {side:,.0f} m, rep"
    )


@given(
    st.lists(
        st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=60
    )
)
def test_a_square_holds_the_cells_that_it_stands_for(at: list[tuple[int, int]]) -> None:
    xy = (np.array(at) + 0.5) * 100
    frame = gpd.GeoDataFrame(geometry=shapely.points(xy), crs=METRIC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observations, "MOST", 10)
        mark, centres, side = observations.marks(frame, 100.0)
    assert len(centres) <= 10
    assert (np.abs(centres[mark] - xy) <= side / 2 - 50 + 1e-9).all()


@pytest.mark.parametrize(
    "n", [300, *(pytest.param(n, marks=pytest.mark.proof) for n in (3_000, 100_000))]
)
@pytest.mark.browser
def test_the_map_of_many_sightings_opens(
    context: BrowserContext, tmp_path: Path, n: int
) -> None:
    path = tmp_path / "map.html"
    maps.planner(many(n), small_study.data()).save(path)
    assert path.stat().st_size < 8_000_000
    text = path.read_text("utf-8")
    assert not re.search(r"\bS\d{3,}\b", text)
    page = opened(context, path)
    assert page.messages == []  # type: ignore[attr-defined]
    expect(page.locator(".periods [role=status]")).to_have_text(
        f"Sightings shown: {n} / {n}"
    )
    page.select_option(".periods [data-aria='periods.to']", "2021-02")
    rows = many(n).sightings["period"]
    shown = int(rows.isin(["2021-01", "2021-02"]).sum())
    expect(page.locator(".periods [role=status]")).to_have_text(
        f"Sightings shown: {shown} / {n}"
    )
    payload = json.loads(page.locator("#planner-data").text_content() or "")
    inside = [
        f for layer in payload["layers"] for f in layer["features"] if f.get("counts")
    ]
    assert sum(count for f in inside for *_, count in f["counts"]) == n


@pytest.mark.browser
def test_a_mark_tells_its_sightings_by_period_and_size(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    found = moved(
        6, {1: 0, 3: 0, 4: 2}, size_class=["5-9", "5-9", "10-19", "5-9", "1-4", "1-4"]
    )
    maps.planner(found, small_study.data()).save(path)
    page = opened(context, path)
    mark = page.locator(
        ".leaflet-places-pane [aria-label='Sightings of one cell no. 1: 3']"
    )
    expect(mark.locator("text")).to_have_text("3")
    mark.focus()
    page.keyboard.press("Enter")
    popup = page.get_by_role(
        "dialog", name="Sightings of one cell no. 1: 3", exact=True
    )
    for line in ("5-9 × 3", "October 2021 × 2", "4th quarter of 2021 × 1"):
        expect(popup).to_contain_text(line)
    page.click("[data-language=sr-Cyrl]")
    expect(page.locator(".leaflet-popup")).to_contain_text("4. тромесечје 2021. × 1")
    assert page.messages == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_many_sightings_are_gathered_far_off_and_counted_in_the_legend(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    maps.planner(many(900), small_study.data()).save(path)
    page = opened(context, path)
    payload = json.loads(page.locator("#planner-data").text_content() or "")
    cells = [
        (*feature["square"], sum(n for *_, n in feature["counts"]), layer["key"])
        for layer in payload["layers"]
        for feature in layer["features"]
        if feature.get("counts")
    ]
    table = pd.DataFrame(cells, columns=["i", "j", "n", "layer"])
    assert len(table) >= 300
    assert table["n"].sum() == 900
    least = [1, 3, 10, 30, 100, 300, 1000]

    def classes(side: int) -> list[str]:
        """Recount the squares of so many on a side, by what is reported in them."""
        told = []
        of_squares = [table["i"] // side, table["j"] // side]
        # In the order of the legend, the topmost layer first.
        for key in table["layer"].unique()[::-1]:
            mine = table[table["layer"] == key]
            sums = mine.groupby([by[mine.index] for by in of_squares])["n"].sum()
            for low, below in itertools.pairwise(least):
                n = int(((sums >= low) & (sums < below)).sum())
                told += [f"{low}–{below - 1} × {n}"] if n else []
        return told

    shown = page.locator(".grades > span")
    texts = "nodes => nodes.map((node) => node.textContent)"
    for zoom, sides in ((12, [1]), (10, [16]), (8, [64])):
        page.evaluate(f"void map_planner.setZoom({zoom}, {{ animate: false }})")
        settled(page)
        found = sorted(shown.evaluate_all(texts))
        assert found in [sorted(classes(side)) for side in sides]
    # For the periods that are chosen.
    page.select_option(".periods [data-aria='periods.to']", "2021-02")
    rows = many(900).sightings["period"]
    few = int(rows.isin(["2021-01", "2021-02"]).sum())
    drawn = sum(int(text.split("× ")[1]) for text in shown.evaluate_all(texts))
    assert 0 < drawn <= few
    assert page.messages == []  # type: ignore[attr-defined]


INSIDE = """(views) => {
  const ring = [[42.8, 20.8], [42.9, 20.8], [42.9, 20.9], [42.8, 20.9]];
  const ctx = document.createElement("canvas").getContext("2d"), side = 256 * 2 ** 17;
  return views.filter(([lat, lon]) => {
    const x = across(lon) * side - 400, y = down(lat) * side - 300;
    const edge = { west: x / side, east: (x + 800) / side,
                   north: y / side, south: (y + 600) / side };
    const path = pathOf(placed([ring]), { side, x, y, ...edge }, "lineTo");
    return [[1, 1], [799, 1], [1, 599], [799, 599]].some((at) => !ctx.isPointInPath(path, ...at));
  });
}"""
"""Views of 800 to 600 pixels at the nearest zoom, all within a square, that it does not fill."""


@pytest.mark.browser
def test_a_square_fills_every_view_that_lies_within_it(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file)
    within = np.linspace(0.01, 0.09, 9)
    views = [[42.8 + up, 20.8 + over] for up in within for over in within]
    assert page.evaluate(INSIDE, views) == []
