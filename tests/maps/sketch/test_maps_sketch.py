"""Sketch maps of a patrol: what they show, and how it lies on the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise, permutations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import Browser, Page
from shapely import LineString, Point, Polygon
from studies import small_study
from studies.long_patrols import full_map
from tools.browser import ONE_LANGUAGE, speak

from geo.records import StudyData
from geo.schema import LEGS, METRIC, SETTLEMENTS, STOPS
from maps.sketch import insets
from maps.sketch.labels import Board, Box, text_width
from maps.sketch.picture import BEYOND, LEAST_GAP, Sketch, Sketcher, ranges
from maps.words.names import place_names

A4 = {"width": 1054, "height": 725}
"""What the margins leave of a sheet, in pixels."""

IN_CYRILLIC = pytest.mark.parametrize(
    "language",
    [
        *(
            pytest.param(one, marks=pytest.mark.proof)
            for one in ("en", "sq", "sr-Latn")
        ),
        "sr-Cyrl",
    ],
)
"""In the suite in the letters that are widest."""
KINDS = ("town", "shield", "street")


@pytest.fixture(scope="module")
def sheet(browser: Browser, bundled_run: tuple[Path, str]) -> Iterator[Page]:
    """Return the map of the bundled study as it goes to paper."""
    yield from on_paper(browser, bundled_run[0] / "map.html")


@pytest.fixture(scope="module")
def full_sheet(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """Return a map with patrols of few, many and most stops."""
    yield from on_paper(browser, full_map(tmp_path_factory, far=True))


def on_paper(browser: Browser, path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport=A4, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.emulate_media(media="print")
    yield page
    context.close()


def patrol(
    *places: tuple[float, float], roads: str = "", back: bool = True
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return stops and legs from the first place through the others, straight."""
    at = [Point(lon, lat) for lon, lat in places]
    who = {"night": 1, "shift": "night", "vehicle": 1}
    ends = [*at, at[0]] if back else at
    stops = [
        {
            **who,
            "order": n,
            "stop": f"s{n}",
            "name": f"s{n}",
            "kind": "public_stop",
            "geometry": p,
        }
        for n, p in enumerate(ends)
    ]
    legs = [
        {**who, "order": n, "roads": roads, "geometry": LineString(pair)}
        for n, pair in enumerate(pairwise(ends), 1)
    ]
    return STOPS.geoframe(stops).to_crs(METRIC), LEGS.geoframe(legs).to_crs(METRIC)


def drawn(*places: tuple[float, float], roads: str = "") -> tuple[Sketch, ...]:
    return drawn_on(small_study.data(), *patrol(*places, roads=roads))


def drawn_on(
    data: StudyData, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame
) -> tuple[Sketch, ...]:
    names = place_names(data.places, data.layers.facilities, stops)
    return Sketcher(data, METRIC, names).sketches(stops, legs)


def numbers(label: str) -> set[int]:
    """Return the numbers that a mark stands for.

    >>> sorted(numbers("1,4–6"))
    [1, 4, 5, 6]
    """
    found: set[int] = set()
    for part in label.split(","):
        low, _, high = part.partition("–")
        found |= set(range(int(low), int(high or low) + 1))
    return found


# What is measured in a browser: the corners of every text and mark of a picture.
CORNERS = """figure => {
  const frame = figure.querySelector(":scope > svg").getBoundingClientRect();
  const kinds = ["town-name", "shield-name", "street-name", "number-plate", "stop-mark", "corner"];
  return kinds.flatMap((kind) => [...figure.querySelectorAll("." + kind)].map((node) => {
    const { x, y, width, height } = node.getBBox(), to = node.getScreenCTM();
    const corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
    const seen = corners.map(([x, y]) => new DOMPoint(x, y).matrixTransform(to));
    return [kind, node.textContent, seen.map((p) => [p.x - frame.left, p.y - frame.top]),
            frame.width, frame.height, Math.hypot(to.a, to.b), Boolean(width)];
  })).filter((row) => row[6]);
}"""

SIZES = """svg => [svg.clientWidth, svg.clientHeight, svg.viewBox.baseVal.width,
                   svg.viewBox.baseVal.height]"""

ON_ROUTE = """figure => {
  const route = figure.querySelector("path.route:not(.under)"), to = route.getScreenCTM();
  const at = [];
  for (let n = 0; n < route.getTotalLength(); n += 2)
    at.push(route.getPointAtLength(n).matrixTransform(to));
  return [...figure.querySelectorAll(".town-name, .shield-name, .street-name")].filter((node) => {
    const { x, y, width, height } = node.getBBox(), own = node.getScreenCTM();
    const rim = 2 / Math.hypot(own.a, own.b), back = own.inverse();
    return at.map((p) => p.matrixTransform(back)).some((p) =>
      p.x > x && p.x < x + width && p.y > y + rim && p.y < y + height - rim);
  }).map((node) => node.textContent);
}"""


def lower(corners: list[list[float]]) -> Polygon:
    """Return a rectangle without a pixel above and below: a line is higher than its letters."""
    top_left, top_right, bottom_right, bottom_left = np.array(corners)
    pixel = (bottom_left - top_left) / np.linalg.norm(bottom_left - top_left)
    return Polygon(
        [top_left + pixel, top_right + pixel, bottom_right - pixel, bottom_left - pixel]
    )


@pytest.mark.browser
@IN_CYRILLIC
def test_labels_cover_nothing_and_stay_in_the_picture(
    sheet: Page, language: str
) -> None:
    speak(sheet, language)
    seen = 0
    for figure in sheet.locator("figure.sketch").all():
        rows = figure.evaluate(CORNERS)
        for _, text, corners, wide, high, *_ in rows:
            assert np.min(corners) >= 0, text
            assert (np.max(corners, axis=0) <= (wide, high)).all(), text
        own = {"shield-name": "number-plate"}
        for one, other in combinations(rows, 2):
            if own.get(one[0]) == other[0]:
                continue
            both = lower(one[2]).intersection(lower(other[2]))
            assert both.area < 1e-6, (one, other)
        assert figure.evaluate(ON_ROUTE) == []
        seen += len(rows)
    assert seen > 100


@pytest.mark.browser
@ONE_LANGUAGE
def test_letters_are_no_wider_than_computed(sheet: Page, language: str) -> None:
    speak(sheet, language)
    texts = sheet.locator(
        "text.town-name, text.street-name, text.shield-name"
    ).evaluate_all(
        "nodes => nodes.filter((n) => n.getComputedTextLength()).map((n) => [n.textContent, "
        "parseFloat(getComputedStyle(n).fontSize), n.getComputedTextLength()])"
    )
    assert texts
    assert not [t for t in texts if t[2] > text_width(t[0], t[1]) + 0.1]


@pytest.mark.browser
def test_stops_that_crowd_are_apart_in_an_enlargement(sheet: Page) -> None:
    """Each of two has a mark without the other: in one enlargement, or in two."""
    merged = 0
    for one in sheet.locator(".patrol").all():
        whole, *larger = [
            [
                numbers(text)
                for text in figure.locator("text.number").all_text_contents()
            ]
            for figure in one.locator("figure.sketch").all()
        ]
        marks = [mark for picture in larger for mark in picture]
        for group in whole:
            for this, other in permutations(sorted(group), 2):
                merged += 1
                assert any(this in mark and other not in mark for mark in marks), (
                    this,
                    other,
                )
    assert merged


@pytest.mark.browser
def test_a_crew_reads_the_roads_of_its_timetable_in_the_pictures(sheet: Page) -> None:
    for one in sheet.locator(".patrol").all():
        steered = set(one.locator(".leg > span").all_text_contents())
        labels = set(one.locator(".shield-name, .street-name").all_text_contents())
        roads = {road for road in steered if re.fullmatch(r"[A-Z]+-[\d.]+", road)}
        assert roads
        # A stretch that is shorter in the picture than its number has none.
        assert len(roads - labels) <= 1, roads - labels
        named = {road for road in steered if re.match(r"[^\W\d]{2}", road)} - roads
        assert len(named & labels) >= min(3, len(named))


@pytest.mark.browser
def test_dashes_keep_their_gaps_on_paper(sheet: Page) -> None:
    dashed = sheet.locator("path.route[stroke-dasharray]:not([stroke-dasharray=''])")
    assert dashed.count() >= 4
    for style in dashed.evaluate_all(
        "nodes => nodes.map(getComputedStyle).map((s) => [s.strokeLinecap, s.strokeDasharray])"
    ):
        assert style[0] == "butt"
        lengths = [float(n) for n in re.findall(r"[\d.]+", style[1])]
        assert min(lengths[1::2]) >= LEAST_GAP


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("sheet", "sr-Cyrl"),
        ("full_sheet", "sq"),
        *(
            pytest.param("sheet", g, marks=pytest.mark.proof)
            for g in ("en", "sq", "sr-Latn")
        ),
        *(
            pytest.param("full_sheet", g, marks=pytest.mark.proof)
            for g in ("en", "sr-Latn", "sr-Cyrl")
        ),
    ],
)
def test_pictures_fill_the_height_of_the_sheet(
    name: str, language: str, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(name)
    speak(page, language)
    for one in page.locator(".patrol").all():
        top, bottom = one.evaluate(
            "node => [node.querySelector('.pictures'), node.querySelector('.foot')]"
            ".map((part) => part.getBoundingClientRect().top)"
        )
        measured = one.evaluate(
            "node => [...node.querySelectorAll('figure.sketch > svg, .key')].map((part) => "
            "[part.getBoundingClientRect().top, part.getBoundingClientRect().bottom])"
        )
        high = one.evaluate("node => node.getBoundingClientRect().height")
        assert high <= A4["height"]
        pictures, key = measured[:-1], measured[-1]
        assert max(low for _, low in pictures) <= key[0]
        assert key[1] <= bottom + 1
        # Captions stand above the pictures and the legend below; nothing is left blank.
        assert pictures[0][0] - top < 20
        assert key[0] - max(low for _, low in pictures) < 12
        assert bottom - key[1] < 12
        assert key[1] - key[0] < 0.2 * (bottom - top)
        for picture in one.locator("figure.sketch > svg").all():
            wide, high, of_wide, of_high = picture.evaluate(SIZES)
            scale = min(wide / of_wide, high / of_high)
            # Letters are as large as meant, and what is drawn around a picture fills the rest.
            assert scale > 0.7
            assert wide / scale - of_wide <= 2 * BEYOND
            assert high / scale - of_high <= 2 * BEYOND


@pytest.mark.browser
def test_legend_lists_what_is_drawn_and_explains_the_outline_on_its_page(
    sheet: Page,
) -> None:
    found = set()
    for one in sheet.locator(".patrol").all():
        ids = one.locator("figure.sketch use").evaluate_all(
            "nodes => nodes.map((node) => node.getAttribute('href'))"
        )
        drawn = any(sheet.locator(f"{id_} .g-border").count() for id_ in ids)
        listed = one.locator(".key [data-w='layer.boundary']").count()
        assert listed == one.locator(".key [data-w=footnote]").count() == int(drawn)
        found.add(drawn)
    assert found == {True, False}


@pytest.mark.browser
@IN_CYRILLIC
def test_no_range_of_stops_and_no_figure_is_broken(sheet: Page, language: str) -> None:
    speak(sheet, language)
    lines = "nodes => nodes.map((node) => node.getClientRects().length)"
    assert set(sheet.locator(".facts .load b").evaluate_all(lines)) == {1}
    text = " ".join(sheet.locator("#side [data-w]").all_text_contents())
    assert re.search(r"\d\u00a0(km|км)\b", text)
    assert not re.findall(r"\d (?:k?m|min|h|%|км|м|мин)(?!\w)", text)


@pytest.mark.parametrize("aside", [0.0, 0.00005])
def test_a_stretch_driven_twice_is_drawn_once(aside: float) -> None:
    """There and back on one road, or on the two lanes of one, a few metres apart."""
    stops, legs = patrol((20.861, 42.889), (20.861, 42.98))
    back = LineString(
        [(20.861, 42.98), (20.861 + aside, 42.979), (20.861 + aside, 42.889)]
    )
    both = gpd.GeoSeries([legs.geometry.to_crs(4326).iloc[0], back], crs=4326).to_crs(
        METRIC
    )
    sketcher = Sketcher(
        small_study.data(), METRIC, small_study.names(small_study.data())
    )
    (whole, *_) = sketcher.sketches(
        stops, legs.set_geometry(both.to_numpy(), crs=METRIC)
    )
    assert whole.route.count("M") == 1
    assert whole.route.count("L") == 1


def test_where_stops_crowd_far_from_the_start_that_is_enlarged() -> None:
    sketches = drawn((20.861, 42.889), (20.861, 43.2), (20.862, 43.205))
    whole, crowd, start = sketches
    assert [mark.label for mark in whole.marks] == ["0", "1, 2"]
    assert [mark.label for mark in crowd.marks] == ["1", "2"]
    assert crowd.enlarged == "place.s1"
    assert start.enlarged == "place.town_south"
    assert [mark.label for mark in start.marks] == ["0"]


def test_two_enlarged_places_of_a_study_without_towns_have_names_of_their_own() -> None:
    data = small_study.data()
    city = {
        "id": "n1",
        "kind": "city",
        "name": "Novi Pazar",
        "geometry": Point(20.863, 43.203),
    }
    layers = replace(data.layers, settlements=SETTLEMENTS.geoframe([city]))
    foreign = replace(data, places=data.places[data.places["kind"] != "town"])
    route = patrol((20.861, 42.889), (20.861, 43.2), (20.862, 43.205))
    captions = [[one.enlarged for one in drawn_on(each, *route)] for each in (
        foreign, replace(foreign, layers=layers))]  # fmt: skip
    assert captions == [[None, "place.s1", "start"], [None, "village.n1", "start"]]


def test_the_return_to_the_depot_crowds_nothing() -> None:
    points = np.array([Point(0, y) for y in (0, 30_000, 15_000)])
    start = LineString([(0, 0), (0, 30_000)])
    (area,) = insets.areas(points, start, 1_000)
    assert area.middle == points[0]
    assert shapely.box(*area.bounds).distance(points[1]) > 25_000


def test_a_chain_of_stops_along_the_route_is_enlarged_where_it_is_dense() -> None:
    north = np.array([0, 900, 1_800, 2_700, 3_600, 4_500, 4_550, 4_600, 4_650])
    points = np.array([Point(0, y) for y in north])
    areas = insets.areas(points, LineString([(0, 0), (0, 4_650)]), 1_000)
    held = [points[shapely.intersects(points, shapely.box(*a.bounds))] for a in areas]
    assert any(len(group) == 4 for group in held)


@pytest.mark.parametrize("served", [1, 6, 7, 12, 13, 24, 60])
@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("enlarged", [1, 2, 3])
def test_pictures_share_the_room(served: int, flat: bool, enlarged: int) -> None:
    whole, *larger = insets.sizes(served, enlarged, flat=flat)
    assert len(larger) == enlarged
    room = insets.room(served)
    high = [size.height + insets.CAPTION for size in larger]
    wide = [size.width + insets.GAP for size in larger]
    if flat or insets.is_narrow(served):
        assert whole.width == room >= sum(wide) - insets.GAP
        assert whole.height + max(high) <= insets.HEIGHT
    else:
        assert whole.width + max(wide) <= room
        assert whole.height >= sum(high) - insets.CAPTION


def test_a_route_from_west_to_east_lies_above_its_enlargements() -> None:
    whole, *larger = drawn((20.861, 42.889), (20.4, 42.88), (20.401, 42.88))
    assert whole.width > whole.height
    assert all(one.width < whole.width for one in larger)


def test_a_sketch_names_the_roads_that_are_driven_once_each() -> None:
    whole, *_ = drawn((20.861, 42.889), (20.845, 42.910), roads="M-2 > M-2")
    shields = [label for label in whole.labels if label.kind == "shield"]
    assert {label.text.forms["en"] for label in shields} == {"M-2"}
    assert not [label for label in whole.labels if label.kind == "street"]


def test_labels_are_put_where_they_hide_nothing() -> None:
    route = LineString([(0, 50), (200, 50)])
    board = Board(200, 100, route, [Box(110, 20, 200, 80)])
    at = np.array([[100.0, 50.0]])
    place = board.place(at, (40, 14), (5.0, 12.0))
    assert place is not None
    assert place.box.right <= 110
    assert place.box.bottom < 50 or place.box.top > 50
    again = board.place(at - [20, 0], (40, 14), (5.0, 12.0))
    assert again is not None
    assert not again.box.meets(place.box)
    assert board.place(at, (190, 60), (5.0,)) is None


@pytest.mark.parametrize(
    ("to", "turn"),
    [((190, 190), 45), ((190, 10), -45), ((10, 190), -45), ((100, 190), -90)],
)
def test_a_street_has_its_name_along_it(to: tuple[float, float], turn: float) -> None:
    line = LineString([(200 - to[0], 200 - to[1]), to])
    place = Board(200, 200, line, []).along(line, (60, 20))
    assert place is not None
    assert place.turn % 180 == pytest.approx(turn % 180)
    assert -90 <= place.turn < 90
    middle = Point(place.box.middle, place.y)
    assert 10 < middle.distance(line) < 20


def test_a_name_is_along_no_street_that_is_bent_or_shorter() -> None:
    for line in (
        LineString([(20, 100), (100, 100), (100, 20)]),
        LineString([(20, 100), (70, 100)]),
    ):
        assert Board(200, 200, line, []).along(line, (110, 20)) is None


def test_what_no_sketch_holds_is_no_label() -> None:
    for one in drawn((20.861, 42.889), (20.865, 42.878)):
        for label in one.labels:
            assert label.kind in KINDS
            assert 0 <= label.place.x <= one.width
            assert 0 <= label.place.y <= one.height


def test_sketches_stay_within_their_frame() -> None:
    for one in drawn((20.861, 42.889), (20.865, 42.878), (20.845, 42.910)):
        assert all(0 <= m.x <= one.width and 0 <= m.y <= one.height for m in one.marks)
        assert one.route.startswith("M")
        assert 0.4 * one.width / 3 <= one.bar <= one.width / 3


def test_marks_say_whose_they_are() -> None:
    assert numbers(ranges([1, 3, 4, 5, 8, 9])) == {1, 3, 4, 5, 8, 9}


def test_arrows_lie_on_the_right_of_each_way_and_point_ahead() -> None:
    (whole, *_) = drawn((20.84, 42.89), (20.90, 42.89))
    road = float(re.findall(r"M[\d.]+ ([\d.]+)", whole.route)[0])
    arrows = [
        [tuple(map(float, point.split())) for point in arrow.split("L")]
        for arrow in whole.arrows.split("M")[1:]
    ]
    east = [arrow for arrow in arrows if arrow[1][0] > arrow[0][0]]
    assert len(east) > 1
    assert len(east) == len(arrows) / 2
    for arrow in arrows:
        # Down is south: the right of who drives east.
        assert all((y > road) == (arrow in east) for _, y in arrow)


def test_a_walk_from_the_road_is_drawn_where_it_shows() -> None:
    stops, legs = patrol((20.84, 42.89), (20.90, 42.89))
    moved = stops.geometry.copy()
    moved.iloc[1] = Point(moved.iloc[1].x, moved.iloc[1].y + 600)
    sketcher = Sketcher(
        small_study.data(), METRIC, small_study.names(small_study.data())
    )
    (whole, *_) = sketcher.sketches(stops.set_geometry(moved), legs)
    assert whole.on_foot.startswith("M")
    assert drawn((20.84, 42.89), (20.90, 42.89))[0].on_foot == ""
