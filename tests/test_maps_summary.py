"""The ten lines, for none, one, few and many sightings."""

from dataclasses import replace
from datetime import date

import maps_fixture
import pytest
from scipy.stats import binomtest

from geo.nights import numbered
from maps.first_road import first_arrivals, first_road, first_roads
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
    lines = ten_lines(maps_fixture.findings(5))
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
    assert "best: undecided. Of all together: railway 51 %, none of these 49 %" in lines[5]
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
    assert "Zvečan is reached at 19:00 (Evening, vehicle 1), 04:30 (dawn <tour>" in lines[8]


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


def test_first_arrivals_are_in_the_order_of_the_shifts() -> None:
    stops = maps_fixture.findings().patrols.stops
    first = first_arrivals(stops, "zvecan")
    assert first[["shift", "vehicle"]].to_numpy().tolist() == [["evening", 1], ["dawn <tour>", 1]]
    assert first_arrivals(stops, "nowhere").empty


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
    said = first_road(dated, language)
    assert f"19:00 ({evening})" in said
    assert f"04:30 ({dawn})" in said
    undated = first_road(maps_fixture.findings().patrols, "en")
    assert "19:00 (Evening, vehicle 1)" in undated
