"""Results as figures: each draws what its table says, on the axes it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from shapely import LineString
from studies import small_study

from geo import chance, corridors, hotspots, patterns
from geo.chance import Envelope
from geo.crs import to_metric
from geo.params import CorridorParams, HotspotParams
from geo.records import StudyData
from geo.results import Findings, Gate, Hotspots
from geo.schema import HOTSPOTS, LIXELS
from maps import plot
from maps.drawable import colours_of
from maps.page.map_layers import BANDS

CHANCE = Envelope(np.zeros(2), np.array([2.0, 4.0]), np.ones(2), 0.25)
K = patterns.KTest(
    np.array([1.0, 2.0]), np.array([3.0, 6.0]), {"even": CHANCE}, {"even": Gate(30)}
)

SEEN = gpd.GeoSeries.from_xy([7_487_000], [4_751_000], crs=9141)
CANAL = gpd.GeoSeries(
    [LineString([(7_480_000, 4_751_050), (7_490_000, 4_751_050)])], crs=9141
)
TESTS = corridors.compare_with_chance(
    SEEN,
    {"canal": CANAL, "street": CANAL.translate(0, 900)},
    chance.uniform((7_480_000.0, 4_746_000.0, 7_490_000.0, 4_756_000.0)),
    params=CorridorParams(simulations=19),
    uncertainty_m=50,
)


@pytest.fixture(scope="module")
def found() -> Findings:
    return small_study.findings()


@pytest.fixture(scope="module")
def data() -> StudyData:
    return small_study.data()


@pytest.fixture(scope="module")
def results(found: Findings, data: StudyData) -> Callable[[str], Any]:
    """Return what gives the axes of each result; they are drawn once."""
    return cache(lambda name: DRAWN[name](found, data))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    pyplot.close("all")


TITLE = "Autumn"

DRAWN: dict[str, Callable[[Findings, StudyData], Any]] = {
    "access": lambda f, d: plot.access(
        f.access, next(iter(f.access.minutes)), d, title=TITLE
    ),
    "bands": lambda f, d: plot.bands(TESTS, title=TITLE),
    "curves": lambda f, d: plot.curves(TESTS, title=TITLE),
    "expected": lambda f, d: plot.expected(f.proximity, title=TITLE),
    "hotspots": lambda f, d: plot.hotspots(f.hotspots, d, title=TITLE),
    "k_test": lambda f, d: plot.k_test(K, title=TITLE),
    "patrols": lambda f, d: plot.patrols(f.patrols, d, title=TITLE),
    "proximity": lambda f, d: plot.proximity(f.proximity, title=TITLE),
}


def titles(drawn: Any) -> list[str]:
    axes = drawn if isinstance(drawn, list) else [drawn]
    return [ax.get_title() or ax.get_title(loc="left") for ax in axes]


def test_every_plot_is_tried_here() -> None:
    assert sorted(DRAWN) == plot.__all__


@pytest.mark.parametrize("name", DRAWN)
def test_every_result_is_drawn_with_a_title(
    name: str, results: Callable[[str], Any]
) -> None:
    drawn = results(name)
    axes = drawn if isinstance(drawn, list) else [drawn]
    assert all(isinstance(ax, Axes) and ax.has_data() for ax in axes)
    assert all(titles(drawn))
    over = axes[0].figure.get_suptitle() or titles(drawn)[0]
    assert over.startswith(TITLE)
    axes[0].figure.canvas.draw()


@pytest.mark.parametrize("name", ["expected", "hotspots", "proximity"])
def test_what_rests_on_sightings_says_on_how_many(
    name: str, found: Findings, results: Callable[[str], Any]
) -> None:
    drawn = results(name)
    if name == "expected":
        rows = [label.get_text() for label in drawn.get_yticklabels()]
        assert all("n = " in row for row in rows)
        return
    n = {
        "hotspots": found.hotspots.n,
        "proximity": found.proximity.table["sighting"].nunique(),
    }[name]
    assert f"{n} sighting" in titles(drawn)[0]


def test_a_plot_is_drawn_on_the_axes_given(found: Findings) -> None:
    _, ax = pyplot.subplots()
    assert plot.proximity(found.proximity, ax) is ax
    _, both = pyplot.subplots(1, 2)
    with pytest.raises(ValueError, match="5 axes for 2 panels"):
        plot.curves(TESTS, axes=[*both, *both, ax])


def test_a_dot_for_each_distance_hollow_where_nearness_is_an_input(
    found: Findings, results: Callable[[str], Any]
) -> None:
    table = found.proximity.table.dropna(subset=["distance_m"])
    ax = results("proximity")
    dots = [drawn for drawn in ax.collections if isinstance(drawn, PathCollection)]
    count = {True: 0, False: 0}
    for some in dots:
        n = len(np.asarray(some.get_offsets()))
        count[n > 0 and np.allclose(some.get_facecolor()[0], 1)] += n
    assert count == {
        True: table["located_from_kind"].sum(),
        False: (~table["located_from_kind"]).sum(),
    }


def test_every_served_stop_is_on_the_map_of_its_shift(
    found: Findings, results: Callable[[str], Any]
) -> None:
    drawn = results("patrols")
    stops = found.patrols.stops[found.patrols.stops["night"] == 1]
    for ax, (_, mine) in zip(drawn, stops.groupby("shift", sort=False), strict=True):
        served = mine[mine["service_s"] > 0]
        at = np.concatenate(
            [
                np.asarray(dots.get_offsets())
                for dots in ax.collections
                if dots.get_label()[0] != "_"
            ]
        )
        expected = served.geometry.get_coordinates().to_numpy()
        np.testing.assert_allclose(np.sort(at, axis=0), np.sort(expected, axis=0))
        assert f"{len(served)} stops" in ax.get_title()


def test_what_is_not_there_is_named(found: Findings) -> None:
    with pytest.raises(ValueError, match="no help of kind 'moon'"):
        plot.access(found.access, "moon")


def test_a_plan_without_a_stop_is_refused_in_a_sentence(found: Findings) -> None:
    empty = replace(found.patrols, stops=found.patrols.stops.head(0))
    with pytest.raises(ValueError, match=r"there is nothing to draw.* Fix: "):
        plot.patrols(empty)


def test_without_a_hotspot_there_is_still_a_map(data: StudyData) -> None:
    crs = to_metric(data).boundary.crs
    empty = Hotspots(LIXELS.geoframe(crs=crs), HOTSPOTS.geoframe(crs=crs), 0, 0)
    ax = plot.hotspots(empty)
    assert "0 sightings" in ax.get_title()
    ax.figure.canvas.draw()


def test_corridors_of_any_name_have_colours_of_their_own(found: Findings) -> None:
    table = found.proximity.table.replace(
        {"corridor": {"river": "canal", "railway": "tramway"}}
    )
    ax = plot.proximity(replace(found.proximity, table=table))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert {"canal", "tramway", "main road"} <= set(names)
    colours = colours_of(["canal", "tramway", "main_road"])
    assert len({colours[kind] for kind in ("canal", "tramway", "main_road")}) == 3
    assert colours["main_road"] == BANDS["main_road"].symbol.colour


def test_results_of_plain_frames_are_drawn() -> None:
    canal, street = (
        gpd.GeoSeries([LineString([(0, y), (5000, y)])], crs="EPSG:32634")
        for y in (0, 900)
    )
    seen = gpd.GeoSeries.from_xy([1000, 2000, 3500], [90, 40, 300], crs="EPSG:32634")
    near = corridors.proximity(seen, {"canal": canal}, uncertainty_m=50)
    few = CorridorParams(simulations=19)
    effort = chance.reporting_effort(street)
    tests = corridors.compare_with_chance(
        seen, {"canal": canal}, effort, params=few, uncertainty_m=50
    )
    near = corridors.with_expected(
        near, seen, {"canal": canal}, [effort], uncertainty_m=50
    )
    hot = hotspots.find(
        street,
        seen,
        effort=effort,
        params=HotspotParams(simulations=19),
        uncertainty_m=0,
    )
    drawn = [
        plot.proximity(near),
        plot.expected(near),
        plot.bands(tests),
        *plot.curves(tests),
    ]
    for figure in {ax.figure for ax in [*drawn, plot.hotspots(hot)]}:
        figure.canvas.draw()
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == ["canal"]


def test_hotspots_have_the_label_that_is_asked_for(found: Findings) -> None:
    ax = plot.hotspots(found.hotspots, title="Autumn", label="name")
    assert not [text for text in ax.texts if "p = " in text.get_text()]
    assert ax.get_title().startswith("Autumn\nWhere ")
    assert "not tested: effort is assumed" in ax.get_title()
    with pytest.raises(ValueError, match="no column 'nmae'"):
        plot.hotspots(found.hotspots, label="nmae")


def test_a_k_test_has_the_name_that_it_is_given() -> None:
    ax = plot.k_test(K, label="cafés")
    assert "cafés" in [text.get_text() for text in ax.get_legend().get_texts()]
