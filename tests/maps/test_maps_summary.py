"""The nine lines, for none, one, few and many sightings."""

from dataclasses import replace
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from studies import small_study

from geo.records import StudyData
from maps.panels import patrol_panel
from maps.summary import hotspot_name
from maps.words.catalogue import LANGUAGES
from maps.words.corridor_answers import NEEDED, POINTS, corridors, expected_range

IN_SUITE = [("sq", True), ("sr-Cyrl", False)]
IN_PROOF = [pair for pair in product(LANGUAGES, (True, False)) if pair not in IN_SUITE]


@pytest.mark.parametrize(
    ("language", "patrols"),
    [*IN_SUITE, *(pytest.param(*pair, marks=pytest.mark.proof) for pair in IN_PROOF)],
)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 95, 96, 500])
def test_always_nine_lines(n: int, language: str, patrols: bool) -> None:
    found = small_study.findings(n, patrols=patrols)
    lines = small_study.summary_lines(found, language, small_study.data())
    assert len(lines) == 9
    assert all(
        line.strip() and "{" not in line and "nan" not in line.split() for line in lines
    )


def test_five_sightings_in_words() -> None:
    lines = small_study.summary_lines(small_study.findings(5), data=small_study.data())
    assert lines[0] == (
        "This rests on 5 sightings, reported between October 2021 and December 2021 (1 without a "
        "month or quarter); not counted: 2 (repeats of others, or no sightings of their own). "
        "Positions are given to a cell of 100 m: a point lies up to 71 m from its cell's middle."
    )
    assert (
        "5 sightings prove little: one more could move any share by up to 17"
        in lines[1]
    )
    assert "date not stated" in lines[2]
    assert "about 60 m" in lines[2]
    assert lines[3].startswith(
        "How near: railway 100 m, main road 200 m, any road or path 300 m, river 400 m (of each "
        "sighting, half of the places where it may have been are nearer; median over the "
        "sightings, to 10 m)."
    )
    assert "2 of 5 positions were located from the railway itself" in lines[3]
    assert "0.5 of the other 3 lie within 250 m" in lines[3]
    assert "Railway: 0.5 of 3 within 250 m (0.2 to 1.3 expected)" in lines[4]
    assert "River: 0.5 of 3 within 250 m" in lines[4]
    assert lines[4].endswith("so this is a comparison and no test.")
    assert "Bus station (2 reported, 0.3 to 0.9 expected)" in lines[5]
    assert lines[5].endswith("worth a look, but it proves nothing.")
    assert lines[6].startswith("3 patrols in 2 shifts make 6 stops")
    assert lines[6].endswith(
        "Advised places visited: 1 of 1. Candidate stops left out: 1 (1 not worth the detour)."
    )
    assert "First road: M-2 (every patrol)." in lines[7]


@pytest.mark.parametrize(
    ("low", "high", "wording"),
    [
        (0.0, 0.04, "less than 0.1"),
        (0.0, 0.06, "0.0 to 0.1"),
        (1.21, 1.24, "1.2"),
        (2.0, 13.0, "2.0 to 13.0"),
    ],
)
def test_what_is_expected_is_a_range(low: float, high: float, wording: str) -> None:
    assert expected_range(low, high)("en") == wording


def test_a_kind_without_ways_or_expectation_has_no_answer() -> None:
    found = small_study.findings(5)
    totals = found.proximity.totals
    none = totals["by_effort_high"].mask(totals["corridor"] == "river")
    near = replace(found.proximity, totals=totals.assign(by_effort_high=none))
    answers = corridors(replace(found, proximity=near)).answers
    assert [answer.corridor for answer in answers] == [
        "railway", "main_road", "road_or_path",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("away_m", "wording"),
    [
        (240.0, {"en": "Bus station", "sq": "Bus station"}),
        (
            420.0,
            {
                "en": "400 m north of Bus station",
                "sq": "Bus station, 400 m në veri",
                "sr-Cyrl": "Bus station, 400 м северно",
            },
        ),
        (2040.0, {"en": "2.0 km north of Bus station"}),
        (float("nan"), {"en": "Bus station"}),
    ],
)
def test_a_hotspot_is_named_with_distance_and_direction(
    away_m: float, wording: dict[str, str]
) -> None:
    row = small_study.findings(12).hotspots.table.iloc[0].to_dict()
    name = hotspot_name(row | {"place_distance_m": away_m}, {})
    assert {language: name(language) for language in wording} == wording


def test_a_hotspot_of_an_older_run_has_no_direction() -> None:
    row = small_study.findings(12).hotspots.table.iloc[0].to_dict()
    older = {"place_distance_m": 2040.0, "place_direction": None}
    assert hotspot_name(row | older, {})("en") == "Bus station"


def test_no_claim_stands_in_the_summary() -> None:
    lines = " ".join(small_study.summary_lines(small_study.findings(12)))
    for claim in ("chance", "significant", "p 0", "p-value", "verdict"):
        assert claim not in lines


@pytest.mark.parametrize(
    ("period", "wording"),
    [
        (["2021-10"] * 5, "5 sightings, reported: October 2021; not"),
        (["2021-Q4"] * 5, "5 sightings, reported: 4th quarter of 2021; not"),
        (["2021-Q1", "2021-03", "2020-12", "2021-02", None],
         "reported between December 2020 and March 2021 (1 without a month or quarter); not"),
        ([None] * 5, "5 sightings; not"),
    ],
)  # fmt: skip
def test_when_they_were_reported(period: list[str | None], wording: str) -> None:
    found = small_study.findings(5)
    rows = found.sightings.assign(period=pd.array(period, dtype="string"))
    assert wording in small_study.summary_lines(replace(found, sightings=rows))[0]


def test_median_distances_are_rounded_to_ten_metres() -> None:
    found = small_study.findings(5)
    table = found.proximity.table
    table = table.assign(distance_m=table["distance_m"] + 14.6)
    near = replace(found, proximity=replace(found.proximity, table=table))
    assert "railway 110 m, main road 210 m" in small_study.summary_lines(near)[3]


def test_names_of_hotspots_in_the_language() -> None:
    lines = small_study.summary_lines(small_study.findings(5), "sq", small_study.data())
    assert "Bus station sq (2 të raportuara, 0,3 deri 0,9 të pritura)" in lines[5]


def what_n_can_show(n: int, language: str) -> str:
    found = corridors(small_study.findings(n))
    return " ".join(text(language) for text in (found.at_best, *found.needed))


@pytest.mark.parametrize(("n", "points"), [(1, 50), (5, 17), (20, 5)])
def test_one_more_could_move_a_share(n: int, points: int) -> None:
    assert f"up to {points} percentage points" in what_n_can_show(n, "en")


def test_so_many_sightings_are_just_enough() -> None:
    most = POINTS / 100 + 5e-5
    assert 1.959964 / 2 / np.sqrt(NEEDED) <= most < 1.959964 / 2 / np.sqrt(NEEDED - 1)


def test_what_it_takes_stands_with_what_it_assumes() -> None:
    for n in (0, 5, 95):
        assert what_n_can_show(n, "en").endswith(
            "To know a share to within 10 points takes about 96 sightings, "
            "if they were independent of one another; sightings of one "
            "group or one night are not."
        )
    assert "sightings of one group or one night are not" in what_n_can_show(96, "en")


def test_five_hundred_sightings_fix_a_share_to_four_points() -> None:
    assert "within 4.4 points" in what_n_can_show(500, "en")
    assert "4,4" in what_n_can_show(500, "sq")


def driving(
    legs: gpd.GeoDataFrame, data: StudyData | None = None
) -> list[patrol_panel.Patrol]:
    found = small_study.findings()
    changed = replace(found, patrols=replace(found.patrols, legs=legs))
    return small_study.timetables(changed, data)


def test_the_first_road_of_every_patrol_is_named_where_they_differ() -> None:
    legs = small_study.findings().patrols.legs.copy()
    legs.loc[legs["vehicle"] == 2, "roads"] = "R-1"
    assert patrol_panel.first_roads(driving(legs))("en") == (
        "First road: M-2 (Evening, vehicle 1); R-1 (Evening, vehicle 2); "
        "M-2 (dawn <tour>, vehicle 1)."
    )


def test_cyrillic_roads_are_read_in_latin_letters_but_in_serbian_cyrillic() -> None:
    legs = small_study.findings().patrols.legs
    there = driving(legs.assign(roads="Краља Милутина > M-2"))
    assert (
        patrol_panel.first_roads(there)("en")
        == "First road: Kralja Milutina (every patrol)."
    )
    assert "Краља Милутина (" in patrol_panel.first_roads(there)("sr-Cyrl")


def test_first_named_road_of_each_patrol() -> None:
    legs = small_study.findings().patrols.legs.copy()
    legs.loc[legs["order"] == 1, "roads"] = ""
    legs.loc[legs["order"] == 2, "roads"] = "R-1 > R-2"
    assert (
        patrol_panel.first_roads(driving(legs))("en")
        == "First road: R-1 (every patrol)."
    )


def test_the_first_road_has_its_mapped_serbian_name_as_on_the_timetable() -> None:
    data = small_study.data()
    roads = data.layers.roads.assign(name="Rruga", name_sr="Пут")
    data = replace(data, layers=replace(data.layers, roads=roads))
    legs = small_study.findings().patrols.legs.assign(roads="Rruga")
    there = patrol_panel.first_roads(driving(legs, data))
    assert "Пут (" in there("sr-Cyrl")
    assert "Rruga (" in there("en")
