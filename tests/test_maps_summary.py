"""The ten lines, for none, one, few and many sightings."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import maps_fixture
import pytest
from scipy.stats import binomtest
from shapely import LineString

from geo.nights import numbered
from geo.passing import PASSED, REACHED
from geo.results import Patrols
from maps.first_road import WAYPOINT, first_road, first_roads, waypoint_times
from maps.summary import corridor_sentences, power, ten_lines
from maps.words import LANGUAGES


@pytest.mark.parametrize("language", [*LANGUAGES, "sr"])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 95, 96, 500])
@pytest.mark.parametrize("patrols", [True, False])
def test_always_ten_lines(n: int, language: str, patrols: bool) -> None:
    found = maps_fixture.findings(n, patrols=patrols)
    lines = ten_lines(found, language, maps_fixture.data().places)
    assert len(lines) == 10
    assert all(line.strip() and "{" not in line and "nan" not in line.split() for line in lines)


def test_five_sightings_in_words() -> None:
    lines = ten_lines(maps_fixture.findings(5), places=maps_fixture.data().places)
    assert lines[0] == (
        "This rests on 5 sightings, reported between October 2021 and November 2021; "
        "not counted: I1 repeats S1, I2 is no sighting of its own."
    )
    assert "as low as 48 % (95 % interval)" in lines[1]
    assert "date not stated" in lines[2]
    assert "about 60 m" in lines[2]
    assert "railway 100 m, main road 200 m" in lines[3]
    assert "2 of 5 positions (S1, S2) were located from the railway itself" in lines[3]
    assert "Of the other 3, 0.5 are expected within 250 m" in lines[3]
    assert "999 simulations" in lines[4]
    assert "railway: not shown (p 0.90 within 250 m; with 3 sightings" in lines[4]
    assert "the least possible is 0.040" in lines[4]
    assert "best: undecided. Of all together: railway 50 %, none of these 50 %" in lines[5]
    assert "0 of 5 have a clear explanation" in lines[5]
    assert (
        "not where they are): Bus station (3 sightings, p 0.31, in the first three in 74 %"
        in lines[6]
    )
    assert lines[6].endswith(
        "Descriptive only: a test takes at least 10, and there are 5 sightings."
    )
    assert lines[7].startswith("3 patrols in 2 shifts make 6 stops")
    assert lines[7].endswith(
        "Advised places visited: 1 of 1. Candidate stops left out: 1 (1 not worth the detour)."
    )
    assert "First road: M-2 (every patrol)." in lines[8]
    assert lines[8].endswith(
        "Zvecan is reached at 19:00 (Evening, vehicle 1); 19:10 (Evening, vehicle 2); "
        "04:30 (dawn <tour>, vehicle 1)."
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 50])
def test_three_sentences_about_corridors(n: int, language: str) -> None:
    found = maps_fixture.findings(n)
    sentences = corridor_sentences(found, language)
    assert len(sentences) == 3
    assert sentences == ten_lines(found, language)[3:6]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"verdict": "cannot_be_decided", "needed_for_level": 7.0},
            "cannot be decided with 3 sightings (p 0.90 within 250 m, least possible 0.040; "
            "at least 4 more needed)",
        ),
        ({"verdict": "cannot_be_decided"}, "cannot be decided with 3 sightings"),
        ({"needed_for_effect": 47.0}, "would take about 44 more than 3 sightings"),
        ({"verdict": "nearer", "tipping_ratio": 2.5}, "reporting 2.5 times likelier there"),
        ({"verdict": "nearer"}, "nearer (p 0.90 within 250 m; with 3 sightings"),
        # What was reached can be reached.
        ({"smallest_p_maxt": 0.95}, "the least possible is 0.90"),
    ],
)
def test_verdicts_in_words(change: dict[str, object], said: str) -> None:
    found = maps_fixture.findings(5)
    assert found.tests is not None
    tests = replace(found.tests, bands=found.tests.bands.assign(**change))
    assert said in corridor_sentences(replace(found, tests=tests), "en")[1]


def test_enough_sightings_open_the_gate() -> None:
    assert "Tested with 12 sightings" in ten_lines(maps_fixture.findings(12))[6]


def test_names_of_hotspots_in_the_language() -> None:
    lines = ten_lines(maps_fixture.findings(5), "sq", maps_fixture.data().places)
    assert "Bus station sq (3 vrojtime," in lines[6]


@pytest.mark.parametrize(("n", "low"), [(1, 3), (2, 16), (5, 48), (10, 69), (20, 83)])
def test_lowest_share_is_the_exact_interval(n: int, low: int) -> None:
    exact = binomtest(n, n).proportion_ci(method="exact").low
    assert round(100 * exact) == low
    assert f"as low as {low} %" in power(n, "en")


def test_five_hundred_sightings_fix_a_share_to_four_points() -> None:
    assert "within 4.4 points" in power(500, "en")
    assert "4,4" in power(500, "sq")


ON_THE_WAY = [(20.865, 42.878), (20.840, 42.911), (20.865, 42.878)]
"""From the bus station to Zvecan and back; the farthest point lies 111 m beyond the town's."""


def driven_by(vehicles: tuple[int, ...]) -> Patrols:
    """Return the patrols, some vehicles driving by Zvecan in the evening instead of stopping."""
    found = maps_fixture.findings().patrols
    stops, legs = found.stops.copy(), found.legs.copy()
    bus = stops.loc[stops["stop"] == "bus", "geometry"].iloc[0]
    line = gpd.GeoSeries([LineString(ON_THE_WAY)], crs=4326).to_crs(legs.crs).iloc[0]
    for table, stop, shape in ((stops, "stop", bus), (legs, "to_stop", line)):
        driven = (table["shift"] == "evening") & table["vehicle"].isin(vehicles)
        table.loc[driven & (table["order"] == 2), [stop, "geometry"]] = ["bus", shape]
        table["kept"] = ~driven | (table["order"] < 3)
    return replace(found, stops=stops[stops["kept"]], legs=legs[legs["kept"]])


def test_every_patrol_is_told_when_it_reaches_or_passes_the_waypoint() -> None:
    places = maps_fixture.data().places
    # Vehicle 2 leaves the bus station at 19:00 and is back at 19:10, by way of Zvecan.
    found = driven_by((2,))
    times = waypoint_times(found.stops, found.legs, places)
    assert list(times.values()) == [
        {REACHED: 68_400}, {PASSED: pytest.approx(68_700, abs=10)}, {REACHED: 102_600},
    ]  # fmt: skip
    assert "19:00 (Evening, vehicle 1); 19:04 in passing (Evening, vehicle 2); 04:30 (" in (
        first_road(found, "en", places)
    )
    assert "19:04 у пролазу (Вече, возило 2)" in first_road(found, "sr-Cyrl", places)


def test_a_pass_before_the_stop_is_told_with_it() -> None:
    found, places = maps_fixture.findings().patrols, maps_fixture.data().places
    legs = found.legs.copy()
    line = gpd.GeoSeries([LineString([(20.861, 42.889), *ON_THE_WAY[1:]])], crs=4326)
    legs.loc[legs["order"].eq(1), "geometry"] = line.to_crs(legs.crs).iloc[0]
    said = first_road(replace(found, legs=legs), "en", places)
    # From the depot at 18:00 to the bus station at 18:30, then to Zvecan at 19:00.
    assert "Zvecan is reached at 18:12 in passing, 19:00 to stop (Evening, vehicle 1); " in said


def test_patrols_that_do_not_come_by_the_waypoint_are_told() -> None:
    places = maps_fixture.data().places
    found = driven_by(())
    away = found.stops[found.stops["order"] < 2], found.legs[found.legs["order"] < 2]
    none = replace(found, stops=away[0], legs=away[1])
    assert first_road(none, "en", places).endswith("No patrol stops at Zvecan or passes it.")
    early = found.stops["shift"].ne("evening") & found.stops["order"].gt(1)
    some = replace(found, stops=found.stops[~early], legs=found.legs[found.legs["order"] < 4])
    assert first_road(some, "en", places).endswith("; not by dawn <tour>, vehicle 1.")


def test_without_places_or_the_waypoint_only_the_road_is_told() -> None:
    found, places = maps_fixture.findings().patrols, maps_fixture.data().places
    road = "First road: M-2 (every patrol)."
    assert first_road(found, "en") == road
    assert first_road(found, "en", places[places["id"] != WAYPOINT]) == road


def test_the_first_road_of_every_patrol_is_told_where_they_differ() -> None:
    found = maps_fixture.findings().patrols
    legs = found.legs.copy()
    legs.loc[legs["vehicle"] == 2, "roads"] = "R-1"
    assert first_road(replace(found, legs=legs), "en") == (
        "First road: M-2 (Evening, vehicle 1); R-1 (Evening, vehicle 2); "
        "M-2 (dawn <tour>, vehicle 1)."
    )


def test_cyrillic_roads_are_read_in_latin_letters_but_in_serbian_cyrillic() -> None:
    found = maps_fixture.findings().patrols
    there = replace(found, legs=found.legs.assign(roads="Краља Милутина > M-2"))
    assert first_road(there, "en") == "First road: Kralja Milutina (every patrol)."
    assert "Краља Милутина (" in first_road(there, "sr-Cyrl")


def test_first_named_road_of_each_patrol() -> None:
    legs = maps_fixture.findings().patrols.legs.copy()
    legs.loc[legs["order"] == 1, "roads"] = ""
    legs.loc[legs["order"] == 2, "roads"] = "R-1 > R-2"
    assert first_roads(legs)["road"].tolist() == ["R-1"] * 3


@pytest.mark.parametrize(
    ("language", "evening", "dawn"),
    [
        ("en", "Mon 30 Nov · Evening, vehicle 1", "Tue 1 Dec · dawn <tour>, vehicle 1"),
        ("sq", "hën 30 nën · Mbrëmje, automjeti 1", "mar 1 dhj · dawn <tour>, automjeti 1"),
        ("sr-Latn", "pon 30. nov · Veče, vozilo 1", "uto 1. dec · dawn <tour>, vozilo 1"),
        ("sr-Cyrl", "пон 30. нов · Вече, возило 1", "уто 1. дец · dawn <tour>, возило 1"),
    ],
)
def test_the_line_on_the_first_road_tells_the_day_of_each_patrol(
    language: str, evening: str, dawn: str
) -> None:
    dated = numbered(maps_fixture.findings().patrols, 1, date(2026, 11, 30))
    places = maps_fixture.data().places
    said = first_road(dated, language, places)
    assert f"19:00 ({evening})" in said
    assert f"04:30 ({dawn})" in said
    undated = first_road(maps_fixture.findings().patrols, "en", places)
    assert "19:00 (Evening, vehicle 1)" in undated
