"""Beside the map: the plan's measures, what it leaves out, why a stop is there, what to bring."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from studies import small_study
from studies.small_study import text

from geo.results import Findings
from geo.schema import (
    BEYOND_REACH,
    LEFT_OUT,
    NEED,
    NEED_PARTS,
    PATROL_MEASURES,
    STOP_NEED,
    TRADE_OFF,
)  # fmt: skip
from maps.overlays import need_layers
from maps.panels import plan_quality
from maps.summary import period_phrases, periods_of, summary
from maps.view import validity
from maps.words.catalogue import LANGUAGES, period_name
from maps.words.corridor_answers import corridors
from maps.words.phrases import Phrase

DATA = small_study.data()
NAMES = small_study.names(DATA)


def test_one_table_of_what_the_shifts_do_and_a_line_for_each() -> None:
    night = small_study.findings().patrols
    table = plan_quality.measures(night)
    assert table is not None
    assert [text(shift, "sr-Cyrl") for shift in table.columns] == [
        "Вече",
        "dawn <tour>",
    ]
    rows = {
        name: [text(cell, "sq") if isinstance(cell, Phrase) else cell for cell in cells]
        for name, cells in table.rows
    }
    assert rows["measure.need_share"] == ["41 %", "41 %"]
    assert rows["measure.range"] == ["35–46 %", "35–46 %"]
    assert rows["measure.driven_km"] == ["41,2 km"] * 2
    assert rows["measure.stops"] == ["4"] * 2
    assert [text(line) for line in plan_quality.briefly(night)] == [
        "Evening: 41 % of the need index lies within 500 m of a stop, 4 stops, 41 km",
        "dawn <tour>: 41 % of the need index lies within 500 m of a stop, 4 stops, 41 km",
    ]
    whole = night.measures[night.measures["shift"] == "evening"].assign(shift=None)
    whole["worth_share"] = [0.9, 0.8, 0.7]
    with_night = replace(night, measures=pd.concat([night.measures, whole]))
    table = plan_quality.measures(with_night)
    assert table is not None
    assert table.columns[0] == "whole_night"
    (beside,) = plan_quality.beside(with_night)
    assert "The night reaches 90 % of serving every place" in text(beside)
    assert "Adding one stop after the other would reach 80 %" in text(beside)
    assert plan_quality.beside(night) == []
    # Nobody waits: no row says so.
    assert "measure.waiting_min" not in rows


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        (0.1, "Need is mostly assumed: reports and visits account for 10 %"),
        (0.4, "Reports and visits have shown 40 % of the need at stops"),
    ],
)
def test_what_was_found_is_told_from_what_was_assumed(
    observed: float, said: str
) -> None:
    rows = {"name": ["Mill", "Ford"], "observed": [observed, 0], "need": 0.5}
    table = STOP_NEED.frame(pd.DataFrame(rows))
    (line,) = plan_quality.found(table)
    assert text(line).startswith(said)
    (line,) = plan_quality.found(table, few=True)
    assert text(line) == "Need is mostly assumed: few reports, and no visits so far"
    nothing = pd.DataFrame(rows | {"observed": 0.0, "need": 0.0})
    assert plan_quality.found(STOP_NEED.frame(nothing)) == []


def test_the_largest_need_says_how_sure_it_is() -> None:
    rows = {
        "name": ["Ford", "Mill"],
        "need": [0.04, 0.12],
        "low": [0.01, 0.05],
        "high": [0.1, 0.213],
    }
    (line,) = plan_quality.found(STOP_NEED.frame(pd.DataFrame(rows)))
    assert text(line).endswith(
        "Most need: Mill, 12.0 % of that at stops; nine of ten possible values: 5.0 to 21.3 %"
    )


def test_a_plan_without_measures_shows_none() -> None:
    bare = replace(
        small_study.findings().patrols,
        measures=PATROL_MEASURES.frame(),
        trade_off=TRADE_OFF.frame(),
        left_out=LEFT_OUT.frame(),
    )
    assert plan_quality.measures(bare) is None
    assert plan_quality.briefly(bare) == []
    assert what_more(bare.trade_off) is None
    assert plan_quality.left_out(bare, {}) == []
    assert need_layers.need_layers(NEED.geoframe()) == []
    assert need_layers.why(STOP_NEED.frame(), "bus") is None


def beyond_of(*rows: dict[str, object]) -> list[str]:
    beyond = BEYOND_REACH.frame([{"reach_m": 500.0, **row} for row in rows])
    plan = replace(small_study.findings().patrols, beyond=beyond)
    return [text(line) for line in plan_quality.beyond(plan)]


def test_what_no_stop_reaches_stands_beside_the_share_with_the_place_that_would() -> (
    None
):
    need = {"what": "need", "need_share": 0.71}
    place = {
        "what": "proposed",
        "id": "node/7",
        "name": "Klinika Дом",
        "need_share": 0.6,
    }
    hotspots = [{"what": "hotspot", "id": n, "name": name} for n, name in ("1A", "2B")]
    assert beyond_of(need, place, *hotspots) == [
        "71 % of the need index lies farther than 500 m from every stop; a stop at Klinika Dom "
        "would reach 60 %. That is a proposal, in no plan, on few sightings, which "
        "prove little",
        "No stop within 500 m of these hotspots of reports: 1 (A), 2 (B)",
    ]
    assert beyond_of(need) == [
        "71 % of the need index lies farther than 500 m from every stop, and no other public "
        "place in the data would reach 1 % of it"
    ]
    nameless = {**place, "name": None, "kind": "fuel"}
    assert "; a stop at fuel station would" in beyond_of(need, nameless)[0].lower()
    assert beyond_of({"what": "need", "need_share": 0.001}) == []


def test_a_drive_for_one_stop_says_why() -> None:
    night = small_study.findings().patrols
    visits = night.stops[night.stops["service_s"] > 0]
    others = night.stops.index.isin(visits.index[1:])
    alone = replace(night, stops=night.stops[~others])
    (line,) = plan_quality.why_so(alone)
    assert re.fullmatch(
        r"Evening, vehicle 1 drives out for one stop, .+, \d+\.\d km away: 1 other that can be "
        r"used is left out, and the list of stops left out says why",
        text(line),
    )
    nothing_else = replace(alone, left_out=LEFT_OUT.frame())
    assert text(plan_quality.why_so(nothing_else)[0]).endswith(
        "no other stop can be used"
    )
    assert plan_quality.why_so(night) == []


def what_more(table: pd.DataFrame) -> Phrase | None:
    return plan_quality.trade_off(plan_quality.options(table))


def test_what_more_would_add_in_words() -> None:
    chart = what_more(small_study.findings().patrols.trade_off)
    assert chart is not None
    assert text(chart) == (
        "Need index in reach of a stop in the night: 41 % as planned, 48 % with one more hour, "
        "46 % with one more vehicle."
    )
    table = small_study.findings().patrols.trade_off
    same = what_more(table.assign(need_share=table["need_share"].iloc[0]))
    assert same is not None
    assert text(same) == "Need index in reach of a stop in the night: 41 % as planned."


def test_without_an_hour_or_a_vehicle_more_only_the_plan_is_described() -> None:
    rows = [
        {"vehicles": 2, "more_hours": hours, "need_share": 0.5} for hours in (0.0, 0.5)
    ]  # fmt: skip
    chart = what_more(TRADE_OFF.frame(rows))
    assert chart is not None
    assert text(chart) == "Need index in reach of a stop in the night: 50 % as planned."


@pytest.mark.parametrize(
    ("row", "why", "admits"),
    [
        ({"reason": "outside_boundary", "admits": "nothing"}, "outside the outline",
         "nothing small does"),
        ({"reason": "far_from_road", "detail_m": 1234.4, "admits": "nothing"},
         "the map has no drivable road within 1,234 m", "nothing small does"),
        ({"reason": "too_far_for_shift", "round_trip_s": 9000.0, "admits": "minimum"},
         "too far: 150 min there and back", "a minimum of one visit"),
        ({"reason": "outside_window", "admits": "window"}, "not open while a patrol passes",
         "other opening hours"),
        ({"reason": "no_time_left", "admits": "longer_shift", "admit_shift": "evening",
          "admit_min": 15}, "the shifts are too short", "Evening: 15 min longer"),
        ({"reason": "not_worth_detour", "admits": "vehicle"}, "not worth the detour",
         "one vehicle more"),
        ({"reason": "no_time_left", "admits": "vehicle", "admit_need": 0.0123,
          "admit_drops": "bus"}, "the shifts are too short",
         "one vehicle more: 1.2 % more of the need index near a stop, but without: Bus station"),
        ({"reason": "no_time_left", "admits": "vehicle", "admit_need": -0.001, "admit_drops": ""},
         "the shifts are too short", "one vehicle more: 0.1 % less of the need index near a stop"),
        ({"reason": "beside_another", "served_at": "bus", "admits": "nothing"},
         "adds little beside: Bus station", "nothing small does"),
        ({"reason": "served_nearby", "served_at": "bus", "served_shift": "evening",
          "admits": "nothing"}, "served at: Bus station, Evening", "nothing small does"),
    ],
)  # fmt: skip
def test_reasons_and_what_would_admit(
    row: dict[str, object], why: str, admits: str
) -> None:
    left = LEFT_OUT.frame([{"stop": "gate", "name": "Gate", "kind": "crossing", **row}])
    (out,) = plan_quality.left_out(
        replace(small_study.findings().patrols, left_out=left), NAMES
    )
    assert (text(out.name), text(out.why), text(out.admits)) == (
        "Gate", why, admits,
    )  # fmt: skip
    if row.get("served_at") == "bus":
        assert "Bus station cyrl" in text(out.why, "sr-Cyrl")


def test_first_come_the_stops_that_something_small_would_admit() -> None:
    admits = {"a": "nothing", "b": "vehicle", "c": None, "d": "window"}
    rows = [
        {"stop": stop, "name": stop, "reason": "no_time_left", "admits": change}
        for stop, change in admits.items()
    ]
    out = plan_quality.left_out(
        replace(small_study.findings().patrols, left_out=LEFT_OUT.frame(rows)),
        small_study.names(DATA, LEFT_OUT.frame(rows)),
    )
    assert [one.stop for one in out] == ["b", "d", "a", "c"]


def test_every_reason_is_given() -> None:
    rows = [
        {"stop": f"x{k}", "name": "X", "reason": r}
        for k, r in enumerate(LEFT_OUT["reason"].values)
    ]
    left = LEFT_OUT.frame(rows)
    out = plan_quality.left_out(
        replace(small_study.findings().patrols, left_out=left),
        small_study.names(DATA, left),
    )
    for lang in LANGUAGES:
        assert all(
            text(o.why, lang).strip() and text(o.admits, lang).strip() for o in out
        )


def test_need_by_part_larger_for_more() -> None:
    drawn = {
        d.spec.key: d for d in need_layers.need_layers(small_study.findings().need)
    }
    assert set(drawn) == {f"need_{part}" for part in NEED_PARTS}
    assert not any(d.spec.shown for d in drawn.values())
    observed = drawn["need_observed"]
    assert len(observed.geometry) == 2
    # A quarter of the need has half of the radius, beyond the least.
    assert observed.radii == (9.0, 5.2)
    looks = {(d.spec.symbol.dash, d.spec.symbol.fill_opacity) for d in drawn.values()}
    assert len(looks) == 3


def test_why_a_stop_is_there() -> None:
    stop_need = small_study.findings().patrols.stop_need
    bus, station = (need_layers.why(stop_need, s) for s in ("bus", "station_zvecan"))
    assert bus.forms["en"] == (
        "4.0 % of the need that any stop reaches "
        "(found 50 %, assumed for distance from help 25 %, assumed for advice 25 %)"
    )
    assert text(station) == (
        "To be explored: little is known here. "
        "0.5 % of the need that any stop reaches (assumed for distance from help 100 %)"
    )
    assert need_layers.why(stop_need, "depot") is None


def test_a_part_that_would_read_nought_per_cent_is_left_out() -> None:
    stop_need = small_study.findings().patrols.stop_need
    little = stop_need.assign(
        far_from_help=0.0001, advised=0.0009, need=0.1, observed=0.099
    )
    wording = text(need_layers.why(little, "bus"))
    assert "(found 99 %, assumed for advice 1 %)" in wording


def test_a_crew_brings_what_is_far() -> None:
    access = small_study.findings().access
    a, _, west, _, e, north = access.transform
    far, near = (
        Point(west + 4.5 * a, north + 0.5 * e),
        Point(west + 4.5 * a, north + 9.5 * e),
    )
    assert need_layers.minutes_at(access, "health", far) == 60
    assert [text(key) for key in need_layers.bring(access, far).values()] == [
        "a larger first-aid kit (health care 60 min on foot)"
    ]
    assert need_layers.bring(access, near) == {}
    # No way, off the grid, no such help in the data: nothing is known, and nothing is wording.
    for place in (Point(west + a / 2, north + e / 2), Point(west - 1, north + e / 2)):
        assert np.isnan(need_layers.minutes_at(access, "health", place))
        assert need_layers.bring(access, place) == {}
    assert np.isnan(need_layers.minutes_at(access, "water", far))


def test_long_ways_are_given_in_hours() -> None:
    access = small_study.findings().access
    slow = replace(access, minutes={"reception": access.minutes["health"] * 10})
    a, _, west, _, e, north = access.transform
    (key,) = need_layers.bring(slow, Point(west + 4.5 * a, north + 0.5 * e)).values()
    assert text(key).endswith("(centre 10 h on foot)")


def test_each_corridor_has_an_answer_in_a_few_words_and_its_numbers_behind() -> None:
    found = small_study.findings(5)
    railway, *_, river = corridors(found).answers
    assert [text(railway.brief, g) for g in LANGUAGES] == [
        "Railway: 0.5 of 3 within 250 m (0.2 to 1.3 expected)",
        "Hekurudha: 0,5 nga 3 brenda 250 m (pritej 0,2 deri 1,3)",
        "Pruga: 0,5 od 3 do 250 m (očekivano 0,2 do 1,3)",
        "Пруга: 0,5 од 3 до 250 м (очекивано 0,2 до 1,3)",
    ]
    assert text(river.sentence).startswith("0.5 of 3 reports lie within 250 m")
    assert corridors(small_study.findings(0)).answers == []


def test_dates_in_each_language() -> None:
    when, _ = validity(date(2026, 11, 25), date(2027, 2, 23))
    assert [text(when, lang) for lang in LANGUAGES] == [
        "Made on 25 November 2026, to be renewed by 23 February 2027",
        "E bërë më 25 nëntor 2026, të rinovohet deri më 23 shkurt 2027",
        "Izrađeno 25. novembra 2026. Obnoviti najkasnije 23. februara 2027.",
        "Израђено 25. новембра 2026. Обновити најкасније 23. фебруара 2027.",
    ]


def undated(found: Findings) -> list[Phrase]:
    return summary(found, corridors(found), {}, {}, Phrase("nothing")).undated


def test_periods_to_filter_by() -> None:
    sightings = small_study.findings(5).sightings
    listed = period_phrases(sightings)
    assert [(p, text(key, "sr-Cyrl"), *months) for p, key, *months in listed] == [
        ("2021-10", "октобар 2021.", "2021-10", "2021-10"),
        ("2021-Q4", "4. тромесечје 2021.", "2021-10", "2021-12"),
    ]
    found = small_study.findings(5)
    (without,) = undated(found)
    assert text(without) == "1 sighting without a month or quarter stays shown."
    dated = replace(found, sightings=sightings.assign(period="2021-10"))
    assert undated(dated) == []
    assert period_phrases(sightings.assign(period=pd.NA)) == []


@pytest.mark.parametrize(
    ("period", "wording"),
    [
        ("2021-10", ("October 2021", "tetor 2021", "oktobar 2021.", "октобар 2021.")),
        ("2021-Q4", ("4th quarter of 2021", "tremujori i katërt i 2021",
                     "4. tromesečje 2021.", "4. тромесечје 2021.")),
        ("2022-Q1", ("1st quarter of 2022", "tremujori i parë i 2022",
                     "1. tromesečje 2022.", "1. тромесечје 2022.")),
    ],
)  # fmt: skip
def test_periods_in_words(period: str, wording: tuple[str, ...]) -> None:
    assert tuple(period_name(period, g) for g in LANGUAGES) == wording


def test_periods_are_in_the_order_of_their_months() -> None:
    found = ["2021-Q4", "2021-12", "2022-Q1", "2021-10", "2021-Q3", "2021-11"]
    table = pd.DataFrame({"period": [*found, None, "2021-Q4"]})
    assert periods_of(table) == [
        "2021-Q3", "2021-10", "2021-Q4", "2021-11", "2021-12", "2022-Q1",
    ]  # fmt: skip
