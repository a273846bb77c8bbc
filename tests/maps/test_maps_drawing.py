"""Layer specifications, coordinates, timetables, sketches and files for the phone."""

import base64
import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import maps_fixture
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from maps_fixture import text
from packed import parts
from PIL import Image
from pyproj import Transformer
from shapely import MultiPolygon, Point, box

from geo.crs import CRSError
from layers import palette
from layers.palette import Symbol
from layers.records import Terrain
from layers.schema import METRIC
from maps.overlays import basemap, models, reported
from maps.page.map_layers import SCALE, SIGHTINGS, Drawing, LayerSpec, packed_shape
from maps.panels import timetable
from maps.sketch.picture import ranges
from maps.words.catalogue import LANGUAGES

LINE = Symbol("line", "#000000")


def found(name: str | None = None) -> list[timetable.Patrol]:
    data = maps_fixture.data(name)
    return timetable.patrols(maps_fixture.findings(name=name), data, maps_fixture.names(data))


def test_a_layer_in_metres_is_refused_with_the_fix() -> None:
    spec = LayerSpec("roads", "ground", "layer.main_roads", LINE)
    with pytest.raises(CRSError, match=r"Fix: \.to_crs"):
        Drawing(spec, gpd.GeoSeries([Point(0, 0)], crs="EPSG:9141"))


@given(
    hnp.arrays(
        np.float64, st.tuples(st.integers(1, 30), st.just(2)),
        elements=st.floats(-180, 180, allow_nan=False),
    )
)  # fmt: skip
def test_coordinates_come_back_to_a_metre(lonlat: np.ndarray) -> None:
    line = shapely.linestrings([lonlat]) if len(lonlat) > 1 else shapely.points(lonlat)
    (back,) = parts(packed_shape(np.atleast_1d(line)))
    kept = np.rint(lonlat * SCALE) / SCALE
    moved = np.r_[True, np.any(np.diff(kept, axis=0) != 0, axis=1)]
    assert np.allclose(back, kept[moved], atol=1e-9)


def test_polygons_keep_their_holes() -> None:
    ring = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    shapes = np.array([MultiPolygon([ring, box(5, 5, 6, 6)]), None, Point(7, 8), Point()])
    point, *rings = parts(packed_shape(shapes))
    assert len(rings) == 3
    assert point.tolist() == [[7, 8]]
    assert all(ring[0] == pytest.approx(ring[-1]) for ring in rings)


def test_timetable_in_order_with_the_first_road() -> None:
    plan = found()
    assert [p.key for p in plan] == [
        "shift-1-vehicle-1", "shift-1-vehicle-2", "shift-2-vehicle-1",
    ]  # fmt: skip
    first = plan[0]
    assert [text(first.title, lang) for lang in LANGUAGES] == [
        "Evening, vehicle 1", "Mbrëmje, automjeti 1", "Veče, vozilo 1", "Вече, возило 1",
    ]  # fmt: skip
    assert text(plan[2].title, "sq") == "dawn <tour>, automjeti 1"
    assert (first.start, first.end, first.first_road) == ("18:00", "19:30", "way.M-2")
    assert first.check_in == "19:50"
    assert [s.number for s in first.stops] == [0, 1, 2, 3]
    assert [s.ends for s in first.stops] == [True, False, False, True]
    assert first.stops[1].roads == ("way.M-2", "way.Rruga e Pejës")
    assert {text(first.stops[1].roads[1], g) for g in LANGUAGES} == {"Rruga e Pejës"}
    assert first.stops[1].position == "42.87800, 20.86500"
    assert first.stops[1].geo_uri == "geo:42.87800,20.86500"
    assert first.stops[2].names[0] == "Zvecan railway station"
    assert len(first.stops[2].names) == 4


def test_nearest_help_is_open_and_measured_in_metres() -> None:
    plan = found()
    bus = plan[0].stops[1]
    assert bus.health is not None
    assert bus.reception is not None
    assert bus.health.name == "place.hospital"
    # 0.008 degree of latitude and of longitude at 42.88: 889 m north, 654 m east.
    assert text(bus.health.distance) == "1.1 km"
    assert text(bus.health.distance, "sr-Cyrl") == "1,1 км"
    assert bus.reception.name == "place.centre"


def test_contrast_is_that_of_wcag() -> None:
    # From the W3C: black on white is 21:1, #767676 on white 4.54:1.
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


def test_numbers_are_legible_on_the_colour_of_every_shift() -> None:
    for stroke in palette.SHIFTS:
        assert palette.contrast(palette.ink_on(stroke.colour), stroke.colour) >= 4.5


def test_no_two_patrols_look_alike_without_colour() -> None:
    looks = {
        (palette.patrol(shift, vehicle).dash, palette.patrol(shift, vehicle).shape)
        for shift in range(4)
        for vehicle in (1, 2, 3)
    }
    assert len(looks) == 12


def test_picture_of_walking_times_lies_where_the_raster_does() -> None:
    access = maps_fixture.findings().access
    minutes = access.minutes["health"]
    url, bounds = models.picture(minutes, access.transform, access.crs)
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")
    west, south, east, north = bounds.to_crs(3857).total_bounds
    centre = Transformer.from_crs(access.crs, 3857, always_xy=True)
    a, _, left, _, e, top = access.transform
    for row in (1, 5, 8):
        x, y = centre.transform(left + 4.5 * a, top + (row + 0.5) * e)
        at = (
            int((x - west) / (east - west) * image.width),
            int((north - y) / (north - south) * image.height),
        )
        step = sum(minutes[row, 4] >= edge for edge in palette.WALKING_MIN)
        assert image.getpixel(at) == (*bytes.fromhex(palette.WALKING[step][1:]), 255)
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "wording"),
    [
        ({}, ("Road M-2, South to Zvecan", "Пут M-2, South cyrl – Zvecan cyrl")),
        ({"road": "Shala e Bajgorës"}, ("Shala e Bajgorës, South to Zvecan",
                                        "Shala e Bajgorës, South cyrl – Zvecan cyrl")),
        ({"road": pd.NA, "from_place": pd.NA, "near_place": "Gate"},
         ("Road without number, near Gate", "Пут без броја, код: Gate cyrl")),
        ({"corridor": "railway", "road": pd.NA, "to_place": "Far"},
         ("Railway, South to Far", "Пруга, South cyrl – Far")),
        ({"corridor": "railway", "road": pd.NA, "from_place": pd.NA}, ("Railway", "Пруга")),
    ],
)  # fmt: skip
def test_sections_are_named_in_each_language(
    change: dict[str, object], wording: tuple[str, str]
) -> None:
    found, data = maps_fixture.findings(), maps_fixture.data()
    movement = replace(found.movement, sections=found.movement.sections.assign(**change))
    drawn = models.drawings(replace(found, movement=movement), data, maps_fixture.names(data))
    (feature,) = next(d for d in drawn if d.spec.group == "models" and "movement" in d.spec.key
                      ).features  # fmt: skip
    assert (text(feature.title), text(feature.title, "sr-Cyrl")) == wording


@pytest.mark.parametrize(("level", "partly"), [(0.0, False), (0.125, True)])
def test_the_terrain_is_named_in_each_language(level: float, partly: bool) -> None:
    found = maps_fixture.findings()
    ground = Terrain(np.zeros((2, 2), np.float32), (30.0, 0, 0, 0, -30.0, 0), METRIC, 500.0,
                     "A survey", "free")  # fmt: skip
    notes = models.notes(replace(found, access=replace(found.access, level_share=level)), ground)
    (note,) = [one for one in notes if "A survey" in one.forms["en"]]
    assert "A survey. Qeliza 400 m nga të dhëna" in note.forms["sq"]
    assert ("12.5 % of the cells have no elevation" in note.forms["en"]) == partly


def shades(url: str) -> np.ndarray:
    """Return the opacity of the light in a hillshade, below zero for shadow."""
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")
    pixels = np.asarray(image).astype(int)
    return np.where(pixels[..., 0] > 127, 1, -1) * pixels[..., 3]


def test_hills_are_lit_from_the_north_west_and_level_ground_is_clear() -> None:
    shade = shades(basemap.hillshade(maps_fixture.terrain()).image)
    middle = np.array(shade.shape) // 2
    north_west, south_east = middle - 8, middle + 8
    assert shade[tuple(north_west)] > 50
    assert shade[tuple(south_east)] < -15
    assert not shade[:3].any()
    assert not shade[:, :3].any()


def test_a_large_terrain_makes_a_small_picture() -> None:
    rng = np.random.default_rng(5)
    rough = rng.normal(0, 40, (60, 60)).cumsum(axis=0).cumsum(axis=1) / 10
    large = replace(
        maps_fixture.terrain(), elevation_m=np.kron(rough, np.ones((40, 40))).astype(np.float32),
        transform=(30.0, 0.0, 7_450_000.0, 0.0, -30.0, 4_790_000.0), detail_m=30.0,
    )  # fmt: skip
    drawn = basemap.hillshade(large)
    assert max(shades(drawn.image).shape) <= 1.1 * basemap.WIDEST
    assert len(drawn.image) < 400_000


def test_wide_sections_are_dashed_and_sure_ones_are_not() -> None:
    found, data = maps_fixture.findings(), maps_fixture.data()
    sure = found.movement.sections.assign(share_low=0.5, share_high=0.6)
    movement = replace(found.movement, sections=sure)
    for study, key in ((found, "movement_wide"), (replace(found, movement=movement), "movement")):
        drawn = {d.spec.key: d for d in models.drawings(study, data, maps_fixture.names(data))}
        assert key in drawn
        assert bool(drawn[key].spec.symbol.dash) == (key == "movement_wide")
        assert drawn[key].features[0].width == pytest.approx(0.55 * models.WIDEST_PX, abs=0.1)
        assert not any(drawing.spec.shown for drawing in drawn.values())


def test_shapes_of_sightings_tell_what_explains_them() -> None:
    looks = [spec.symbol.shape for spec in SIGHTINGS.values()]
    assert len(set(looks)) == len(looks)


def test_a_sighting_tells_its_shares_and_which_are_an_input() -> None:
    found, data = maps_fixture.findings(5), maps_fixture.data()
    assert found.tests is not None
    table = found.tests.explained
    by = table["explained_by"].mask(table["sighting"] == "S1", "railway")
    study = replace(found, tests=replace(found.tests, explained=table.assign(explained_by=by)))
    drawn = {d.spec.key: d for d in reported.drawings(study, data, maps_fixture.names(data))}
    wording = {
        key: [text(n.key) for f in drawn[key].features for n in f.notes
              if n.word == "explained"]
        for key in ("sightings_railway", "sightings_undecided")
    }  # fmt: skip
    shares = "railway 51 %, none of these 49 %"
    as_input = "(railway: the position was taken from it, so this is an input)"
    assert wording["sightings_railway"] == [f"railway: {shares} {as_input}"]
    assert sorted(wording["sightings_undecided"]) == [
        *[f"undecided: {shares}"] * 3, f"undecided: {shares} {as_input}",
    ]  # fmt: skip


def test_stretches_that_effort_explains_are_drawn_apart_and_off() -> None:
    found, data = maps_fixture.findings(5), maps_fixture.data()
    one = found.hotspots.table
    segments = pd.concat([one, one.assign(rank=2, p_value=0.51, reported=2.46)])
    study = replace(found, hotspots=replace(found.hotspots, table=segments))
    drawn = {d.spec.key: d for d in reported.drawings(study, data, maps_fixture.names(data))}
    assert [len(drawn[key].features) for key in ("hotspots", "hotspots_by_effort")] == [1, 1]
    assert drawn["hotspots"].spec.shown
    assert not drawn["hotspots_by_effort"].spec.shown
    wording = {n.word: text(n.key) for n in drawn["hotspots_by_effort"].features[0].notes}
    assert wording["excess"] == "reported 2.5, expected 0.4 by reporting effort"
    assert wording["chance"] == "often by chance too: 51 in 100 (199 simulations)"


def test_no_patrols_no_timetable() -> None:
    data = maps_fixture.data()
    assert timetable.patrols(maps_fixture.findings(patrols=False), data, {}) == []


@given(st.sets(st.integers(1, 40), min_size=1))
def test_ranges_name_every_number_once(numbers: set[int]) -> None:
    named: list[int] = []
    for part in ranges(sorted(numbers)).split(","):
        low, _, high = part.partition("–")
        named += range(int(low), int(high or low) + 1)
    assert named == sorted(numbers)


@pytest.mark.parametrize("name", [None, "<b>&\x00\ufffe"])
def test_files_for_the_phone_open_in_gdal(name: str | None) -> None:
    plan = found(name)
    (gpx_name, gpx), (kml_name, kml) = plan[0].files
    assert (gpx_name, kml_name) == ("patrol_evening_1.gpx", "patrol_evening_1.kml")
    track = io.BytesIO(base64.b64decode(gpx.partition(",")[2]))
    points = gpd.read_file(track, layer="waypoints")
    assert points.geometry.iloc[1].equals_exact(Point(20.865, 42.878), 1e-6)
    assert points["name"].tolist()[1] == f"01 {'<b>&' if name else 'Bus station'}"
    track.seek(0)
    assert len(gpd.read_file(track, layer="track_points")) == 4
    drawn = base64.b64decode(kml.partition(",")[2])
    assert ET.fromstring(drawn).tag.endswith("}kml")
    assert "KML" in pyogrio.list_drivers() or "LIBKML" in pyogrio.list_drivers()
    places = gpd.read_file(io.BytesIO(drawn))
    assert len(places) == 5
