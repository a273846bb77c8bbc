"""The ten lines, for none, one, few and many sightings."""

from dataclasses import replace
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from studies import small_study

from geo.chance.nulls import Observers
from geo.records import StudyData
from maps.panels import timetable
from maps.summary import hotspot_name
from maps.words.catalogue import LANGUAGES
from maps.words.corridor_answers import NEEDED, POINTS, corridors, plainly, probability

IN_SUITE = [("sq", True), ("sr-Cyrl", False)]
IN_PROOF = [pair for pair in product(LANGUAGES, (True, False)) if pair not in IN_SUITE]


@pytest.mark.parametrize(
    ("language", "patrols"),
    [*IN_SUITE, *(pytest.param(*pair, marks=pytest.mark.proof) for pair in IN_PROOF)],
)
@pytest.mark.parametrize("n", [0, 1, 2, 5, 95, 96, 500])
def test_always_ten_lines(n: int, language: str, patrols: bool) -> None:
    found = small_study.findings(n, patrols=patrols)
    lines = small_study.ten_lines(found, language, small_study.data())
    assert len(lines) == 10
    assert all(
        line.strip() and "{" not in line and "nan" not in line.split() for line in lines
    )


def test_five_sightings_in_words() -> None:
    lines = small_study.ten_lines(small_study.findings(5), data=small_study.data())
    assert lines[0] == (
        "This rests on 5 sightings, reported between October 2021 and December 2021 (1 without a "
        "month or quarter); not counted: 2 (repeats of others, or no sightings of their own). "
        "Positions are given to a cell of 100 m: a point lies up to 71 m from its cell's middle."
    )
    assert "as low as 48 % (95 % interval)" in lines[1]
    assert "date not stated" in lines[2]
    assert "about 60 m" in lines[2]
    assert lines[3].startswith(
        "How near: railway 100 m, main road 200 m, any road or path 300 m, river 400 m (of each "
        "sighting, half of the places where it may have been are nearer; median over the "
        "sightings, to 10 m)."
    )
    assert "2 of 5 positions were located from the railway itself" in lines[3]
    assert "0.5 of the other 3 lie within 250 m" in lines[3]
    assert lines[4] == (
        "Nearer than chance (given where someone could have seen and reported them; p from 999 "
        "simulations)? The hypothesis named beforehand: Railway: not shown to be nearer (3 "
        "sightings). Exploratory, adjusted for every kind and band: River: not shown to be nearer "
        "(5 sightings)."
    )
    assert lines[5] == (
        "Which corridor explains them best: undecided (80 % would decide). One by one, 0 of 5 "
        "have a clear explanation."
    )
    assert (
        "not where they are): Bus station (reported 2, expected 0.4 by reporting effort). "
        in lines[6]
    )
    assert lines[6].endswith(
        "Descriptive only: a test takes at least 10, and there are 5 sightings. A hotspot is a "
        "place: sightings along a whole railway or road show in the test of corridors, never here."
    )
    assert lines[7].startswith("3 patrols in 2 shifts make 6 stops")
    assert lines[7].endswith(
        "Advised places visited: 1 of 1. Candidate stops left out: 1 (1 not worth the detour)."
    )
    assert "First road: M-2 (every patrol)." in lines[8]


def answered(language: str, **change: object) -> str:
    """Return the answer for the hypothesis named beforehand, in everyday words."""
    tests = small_study.findings(5).tests
    assert tests is not None
    row = tests.bands.assign(**change).iloc[0].to_dict()  # type: ignore[arg-type]
    return plainly(row, 0.05)(language)


@pytest.mark.parametrize(
    ("change", "wording"),
    [
        (
            {"verdict": "cannot_be_decided"},
            "(3 sightings): even if all lay beside it, chance alone could do that. If groups "
            "within 250 m of it were twice as frequent as chance has them, 3 sightings would show "
            "it in 31 of 100 cases; about 40 would show it in 80. In figures: p 0.41 ± 0.02",
        ),
        (
            {"verdict": "not_shown", "needed_for_power": float("nan")},
            "in 31 of 100 cases; more than 1,000 would show it in 80.",
        ),
        (
            {"verdict": "cannot_be_decided", "power": float("nan")},
            "chance alone could do that. In figures: p 0.41 ± 0.02",
        ),
        (
            {"primary": False},
            "Not shown: chance alone gives something as striking, for any kind and distance, in "
            "41 of 100 tries; 5 is the limit.",
        ),
        (
            {},
            "Not shown: chance alone brings this many sightings within 250 m of it in 41 of 100 "
            "tries; 5 is the limit.",
        ),
        (
            {
                "verdict": "nearer",
                "tipping_ratio": 2.5,
                "p_adjusted": 0.028,
                "p_error": 0.0052,
            },
            "in 3 of 100 tries. It could still be that people near it are 2.5 times likelier",
        ),
        (
            {"verdict": "nearer"},
            "100 tries. In figures: p 0.41 ± 0.02 within 250 m; with 3 sigh",
        ),
        (
            {"verdict": "fragile", "depends_on": "S3", "tipping_ratio": 1.4},
            "the answer rests on one sighting alone. It could still be that people near it are 1.4",
        ),
        (
            {
                "verdict": "fragile",
                "depends_on": f"reporting effort: {Observers(sight_m=100)}",
            },
            f"rests on the assumption on reporting effort: {Observers(sight_m=100)} alone. In "
            "figures",
        ),
        # What was reached can be reached.
        ({"smallest_p": 0.95}, "the least possible is 0.41"),
    ],
)
def test_answers_in_everyday_words(change: dict[str, object], wording: str) -> None:
    assert wording in answered("en", **change)


@given(
    st.floats(0.01, 100),
    st.sampled_from(["nearer", "fragile"]),
    st.sampled_from(LANGUAGES),
)
def test_a_ratio_that_explains_nothing_is_never_given(
    ratio: float, verdict: str, language: str
) -> None:
    text = answered(language, verdict=verdict, tipping_ratio=ratio, depends_on="S1")
    likelier = {
        "en": "times likelier",
        "sq": "herë më",
        "sr-Latn": "puta",
        "sr-Cyrl": "пута",
    }
    assert (likelier[language] in text) == (ratio > 1)


def test_the_hypothesis_named_beforehand_comes_first_and_its_kind_once() -> None:
    found = small_study.findings(5)
    assert found.tests is not None
    bands = found.tests.bands
    wider = bands.iloc[[0]].assign(primary=False, band_m=500.0, p_adjusted=0.001)
    more = pd.concat([wider, bands[::-1]])
    sentence = small_study.ten_lines(
        replace(found, tests=replace(found.tests, bands=more))
    )[4]
    assert sentence.count("Railway: ") == sentence.count("River: ") == 1
    assert "beforehand: Railway: not shown" in sentence
    only = replace(found.tests, bands=bands[~bands["primary"]])
    sentence = small_study.ten_lines(replace(found, tests=only))[4]
    assert "beforehand" not in sentence
    assert (
        "simulations)? Exploratory, adjusted for every kind and band: River" in sentence
    )


@pytest.mark.parametrize(
    ("p", "error", "wording"),
    [
        (0.0283, 0.0052, "0.028 ± 0.005"),
        (0.41, 0.0155, "0.41 ± 0.02"),
        (0.95, 0.002, "0.95 ± 0.002"),
        (0.001, 0.001, "0.0010 ± 0.0010"),
        (1.0, 0.0, "1.0"),
        (0.5, float("nan"), "0.50"),
    ],
)
def test_a_p_value_has_two_figures_and_its_error(
    p: float, error: float, wording: str
) -> None:
    assert probability(p, error)("en") == wording


@given(st.floats(1e-6, 1, exclude_max=True))
def test_a_p_value_has_two_figures(p: float) -> None:
    assert float(probability(p)("en")) == pytest.approx(p, rel=0.051)


def test_a_mixture_and_what_one_sighting_cannot_decide_are_named() -> None:
    found = small_study.findings(5)
    assert found.tests is not None
    table = found.tests.explained
    by = table["explained_by"].mask(table["sighting"] == "all", "mixture")
    by = by.mask(table["sighting"] == "S1", "cannot_be_decided")
    by = by.mask(table["sighting"] == "S2", "none")
    row = {
        "sighting": "all",
        "corridor": "mixture",
        "share": 0.83,
        "explained_by": "mixture",
    }
    explained = pd.concat([table.assign(explained_by=by), pd.DataFrame([row])])
    tests = replace(found.tests, explained=explained)
    line = small_study.ten_lines(replace(found, tests=tests))[5]
    assert "best: a mixture of them 83 % (80 % would decide). One by one" in line
    assert "1 of 5 have a clear explanation" in line


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


def test_no_p_stands_beside_what_only_describes() -> None:
    few, many = (small_study.ten_lines(small_study.findings(n))[6] for n in (5, 12))
    assert "Descriptive only" in few
    assert "p 0." not in few
    assert "p 0.31" in many


def test_stretches_that_effort_explains_are_counted_and_not_listed() -> None:
    found = small_study.findings(12)
    one = found.hotspots.table.assign(p_value=0.03)
    three = pd.concat(
        [one, one.assign(rank=2, p_value=0.51), one.assign(rank=3, p_value=0.8)]
    )

    def wording(segments: gpd.GeoDataFrame, language: str = "en") -> str:
        hotspots = replace(found.hotspots, table=segments)
        return small_study.ten_lines(replace(found, hotspots=hotspots), language)[6]

    assert wording(three).startswith("1 hotspot of reports that chance seldom gives")
    assert wording(three).count("p 0.") == 1
    assert wording(three).endswith(
        "2 more stretches are explained by reporting effort alone."
    )
    assert wording(three, "sr-Cyrl").endswith(
        "Још 2 деонице објашњава сам обим пријављивања."
    )
    assert wording(three[1:]) == (
        "No hotspot: 2 stretches with reports are explained by reporting effort alone."
    )
    assert "more stretch" not in wording(one.assign(p_value=0.5))
    often = wording(pd.concat([one, one.assign(rank=2, p_value=0.18)]))
    assert often.startswith(
        "1 hotspot of reports that chance seldom gives (p at most 0.05;"
    )
    assert "as chance often gives (where people were reported" in often
    assert often.partition("often")[2].count("p 0.18") == 1
    assert wording(one.assign(p_value=0.18)).startswith(
        "No hotspot of reports that chance seldom"
    )
    assert "reported 2.5, expected 12 by" in wording(
        one.assign(reported=2.46, expected=12.4)
    )


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
    assert wording in small_study.ten_lines(replace(found, sightings=rows))[0]


def test_median_distances_are_rounded_to_ten_metres() -> None:
    found = small_study.findings(5)
    table = found.proximity.table
    table = table.assign(distance_m=table["distance_m"] + 14.6)
    near = replace(found, proximity=replace(found.proximity, table=table))
    assert "railway 110 m, main road 210 m" in small_study.ten_lines(near)[3]


def test_enough_sightings_open_the_gate() -> None:
    assert (
        "Tested with 12 sightings" in small_study.ten_lines(small_study.findings(12))[6]
    )


def test_names_of_hotspots_in_the_language() -> None:
    lines = small_study.ten_lines(small_study.findings(5), "sq", small_study.data())
    assert "Bus station sq (të raportuara 2, të pritura 0,4" in lines[6]


def what_n_can_show(n: int, language: str) -> str:
    found = corridors(small_study.findings(n))
    return " ".join(text(language) for text in (found.at_best, *found.needed))


@pytest.mark.parametrize(("n", "low"), [(1, 3), (2, 16), (5, 48), (10, 69), (20, 83)])
def test_lowest_share_is_the_exact_interval(n: int, low: int) -> None:
    exact = binomtest(n, n).proportion_ci(method="exact").low
    assert round(100 * exact) == low
    assert f"as low as {low} %" in what_n_can_show(n, "en")


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
) -> list[timetable.Patrol]:
    found = small_study.findings()
    changed = replace(found, patrols=replace(found.patrols, legs=legs))
    return small_study.timetables(changed, data)


def test_the_first_road_of_every_patrol_is_named_where_they_differ() -> None:
    legs = small_study.findings().patrols.legs.copy()
    legs.loc[legs["vehicle"] == 2, "roads"] = "R-1"
    assert timetable.first_roads(driving(legs))("en") == (
        "First road: M-2 (Evening, vehicle 1); R-1 (Evening, vehicle 2); "
        "M-2 (dawn <tour>, vehicle 1)."
    )


def test_cyrillic_roads_are_read_in_latin_letters_but_in_serbian_cyrillic() -> None:
    legs = small_study.findings().patrols.legs
    there = driving(legs.assign(roads="Краља Милутина > M-2"))
    assert (
        timetable.first_roads(there)("en")
        == "First road: Kralja Milutina (every patrol)."
    )
    assert "Краља Милутина (" in timetable.first_roads(there)("sr-Cyrl")


def test_first_named_road_of_each_patrol() -> None:
    legs = small_study.findings().patrols.legs.copy()
    legs.loc[legs["order"] == 1, "roads"] = ""
    legs.loc[legs["order"] == 2, "roads"] = "R-1 > R-2"
    assert (
        timetable.first_roads(driving(legs))("en") == "First road: R-1 (every patrol)."
    )


def test_the_first_road_has_its_mapped_serbian_name_as_on_the_timetable() -> None:
    data = small_study.data()
    roads = data.layers.roads.assign(name="Rruga", name_sr="Пут")
    data = replace(data, layers=replace(data.layers, roads=roads))
    legs = small_study.findings().patrols.legs.assign(roads="Rruga")
    there = timetable.first_roads(driving(legs, data))
    assert "Пут (" in there("sr-Cyrl")
    assert "Rruga (" in there("en")
