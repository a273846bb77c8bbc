"""The stop cards: what is printed, when, in which languages, and that Arabic is set right."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pypdfium2
import pytest
import segno
import typst
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont, features
from playwright.sync_api import BrowserContext
from shapely import Point
from studies.small_study import data, findings
from tools.browser import serious_faults, watched

from geo.params import Params, PatrolParams
from geo.records import CARD_LANGUAGES, OFFERS, About
from geo.schema import FACILITIES, FOLLOWED, PLACES, SERVICES, STOPS, WGS84
from layers.complaints import UserError
from layers.readers import bundled
from layers.readers.study import files as handed_in
from maps.cards import pdf as on_cards
from maps.cards.pdf import TABLE_ROWS
from maps.cards.texts import (
    NAMES,
    CardError,
    ServedTime,
    Span,
    Texts,
    reading_page,
    split_at,
    visits,
)
from maps.cards.typesetting import FONTS
from maps.page.escaping import asset
from maps.words import catalogue as words

THURSDAY = date(2026, 11, 5)
HOUR = 3600
POINTS_PER_MM = 72 / 25.4

Row = tuple[str, int, str, int, int]
"""Shift, vehicle, stop, begin and minutes of service."""


def night(*served: Row) -> gpd.GeoDataFrame:
    """Return a timetable in which each vehicle leaves the depot at 18:00 or 03:30."""
    rows: list[dict[str, object]] = []
    for shift, vehicle in dict.fromkeys((row[0], row[1]) for row in served):
        start = 18 * HOUR if shift == "evening" else 3 * HOUR + 1800
        who = {"shift": shift, "vehicle": vehicle, "geometry": Point(20.8658, 42.8889)}
        rows.append(
            {
                **who, "order": 0, "stop": "depot", "kind": "depot", "departure_s": start,
                "service_s": 0, "walk_s": 0,
            }
        )  # fmt: skip
        mine = [row for row in served if row[:2] == (shift, vehicle)]
        for order, (_, _, stop, begin, minutes) in enumerate(mine, 1):
            kind = "taxi" if stop.startswith("f") else "station"
            rows.append(
                {
                    **who, "order": order, "stop": stop, "name": f"{stop} in English",
                    "kind": kind, "arrival_s": begin - 120, "departure_s": begin + minutes * 60,
                    "service_s": minutes * 60, "walk_s": 0,
                }
            )  # fmt: skip
            rows.append(
                {
                    **rows[-1],
                    "kind": "break",
                    "service_s": 0,
                    "walk_s": 0,
                    "departure_s": begin + 7200,
                }
            )
    return STOPS.geoframe(rows)


def places(name: str = "Zve") -> gpd.GeoDataFrame:
    return PLACES.geoframe(
        [
            {
                "id": "a", "kind": "station", "name_en": f"{name}can station",
                "name_sq": f"{name}çan", "name_sr_latn": f"{name}čan", "name_sr_cyrl": "Звечан",
                "note": None, "geometry": Point(20.845, 42.91),
            }
        ]
    )  # fmt: skip


NO_FACILITIES = FACILITIES.geoframe()
EVENING: Row = ("evening", 1, "a", 19 * HOUR + 300, 30)
MORNING: Row = ("early_morning", 1, "a", 28 * HOUR + 600, 30)


@cache
def bundled_about() -> About:
    return bundled.opened().about


def cards(
    *nights: tuple[date | None, gpd.GeoDataFrame],
    rows: gpd.GeoDataFrame | None = None,
    facilities: gpd.GeoDataFrame = NO_FACILITIES,
    about: About | None = None,
    until: date = date(2030, 12, 31),
    helpers: Iterable[str] = (),
    suspended: tuple[str, ...] = (),
) -> bytes:
    """Return the cards of nights, by default of an evening, in some places; nothing without any."""
    nights = nights or ((None, night(EVENING)),)
    stops = [
        served.assign(night=n, date=None if day is None else day.isoformat())
        for n, (day, served) in enumerate(nights, 1)
    ]
    plan = replace(findings().patrols, stops=gpd.GeoDataFrame(pd.concat(stops)))
    study = replace(
        data(),
        about=about or bundled_about(),
        places=places() if rows is None else rows,
        layers=replace(data().layers, facilities=facilities),
        services=pd.DataFrame({"organisation": [*helpers]}, dtype="string"),
    )
    params = Params(patrols=PatrolParams(suspend_stops=suspended))
    made = until - timedelta(days=params.privacy.hold_days)
    return on_cards.cards(plan, study, params, made=made).pdf() or b""


def test_a_stop_drawn_by_lot_is_on_no_card() -> None:
    plan = findings().patrols
    served = plan.stops[plan.stops["service_s"] > 0]["stop"].unique()
    drawn = FOLLOWED.frame([{"stop": served[0], "visits": 0, "by_lot": 1}])
    regular = FOLLOWED.frame([{"stop": served[0], "visits": 3, "by_lot": 0}])
    sheets = [
        len(
            on_cards.cards(
                replace(plan, followed=table), data(), Params(), made=THURSDAY
            ).content["sheets"]
        )
        for table in (FOLLOWED.frame(), regular, drawn)
    ]
    assert sheets[0] == sheets[1] == sheets[2] + 1


@pytest.fixture(scope="module")
def undated() -> bytes:
    """The card of a stop that is served on one evening without a date."""
    return cards()


def lines(pdf: bytes, page: int = 0) -> list[str]:
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_range()
    return [line.strip() for line in text.replace("\u00a0", " ").splitlines()]


def held(phrase: str, among: Sequence[str]) -> bool:
    """Return whether a line holds the letters of a phrase: extraction turns ligatures round."""
    wanted = Counter(phrase.replace(" ", ""))
    return any(wanted <= Counter(line) for line in among)


def grey(pdf: bytes, page: int = 0, scale: float = 2.0) -> np.ndarray:
    return np.asarray(
        pypdfium2.PdfDocument(pdf)[page].render(scale=scale).to_pil().convert("L")
    )


def font(name: str) -> str:
    """Return the path of one of the fonts of the cards."""
    folders = (resources.files(package).joinpath("files") for package in FONTS)
    return next(
        str(f)
        for folder in folders
        for f in folder.iterdir()
        if f.name == f"{name}.ttf"
    )


def embedded(pdf: bytes) -> list[str]:
    """Return the names of the fonts that a PDF holds."""
    found = set()
    for page in pypdf.PdfReader(BytesIO(pdf)).pages:
        for one in page["/Resources"]["/Font"].values():
            below = one["/DescendantFonts"][0]
            assert "/FontFile2" in below["/FontDescriptor"]
            found.add(below["/BaseFont"].partition("+")[2])
    return sorted(found)


def test_a_suspended_stop_has_a_sheet_that_names_the_nearest_stop_that_is_another_place() -> (
    None
):
    old = places().assign(
        id="b", name_en="Old hall", name_sq="Salla", geometry=Point(20.86, 42.88)
    )
    rows = PLACES.geoframe(pd.concat([places(), old]), crs=WGS84)
    served = night(
        EVENING, ("evening", 1, "c", 20 * HOUR, 20), ("evening", 1, "d", 21 * HOUR, 20)
    )
    for stop, at in (("c", Point(20.8601, 42.8801)), ("d", Point(20.9, 43.0))):
        served.loc[served["stop"] == stop, "geometry"] = at
    pdf = cards((None, served), rows=rows, suspended=("b", "unknown"))
    sheet = lines(pdf)
    assert len(pypdfium2.PdfDocument(pdf)) == 4
    for text in (
        "No help here any more",
        "Salla",
        "Zveçan",
        "1,1 km",
        "For the crew: take down",
    ):
        assert held(text, sheet)
    assert held(words.word("card.recall.head", "ar"), sheet)
    assert not held("c in English", sheet)


# When a stop is served


def test_hours_of_vehicles_and_shifts_are_merged_and_in_order() -> None:
    served = visits(
        [
            (
                None,
                night(
                    EVENING, ("evening", 2, "a", 19 * HOUR + 1500, 30), MORNING, MORNING
                ),
            )
        ]
    )
    assert served == {
        "a": (
            ServedTime(None, Span(19 * HOUR + 300, 19 * HOUR + 3300)),
            ServedTime(None, Span(4 * HOUR + 600, 4 * HOUR + 2400)),
        )
    }


def test_the_early_morning_is_on_the_next_day() -> None:
    late: Row = ("evening", 2, "b", 24 * HOUR + 1500, 20)
    served = visits([(THURSDAY, night(EVENING, late, MORNING))])
    friday = THURSDAY + timedelta(days=1)
    assert served["a"] == (
        ServedTime(THURSDAY, Span(19 * HOUR + 300, 19 * HOUR + 2100)),
        ServedTime(friday, Span(4 * HOUR + 600, 4 * HOUR + 2400)),
    )
    assert served["b"] == (ServedTime(friday, Span(1500, 2700)),)


def test_a_visit_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    over: Row = ("evening", 1, "a", 24 * HOUR - 600, 20)
    assert visits([(THURSDAY, night(over))])["a"] == (
        ServedTime(THURSDAY, Span(24 * HOUR - 600, 24 * HOUR + 600)),
    )


def test_a_plan_of_many_hands_is_printed_once() -> None:
    served = visits([(None, findings().patrols.stops)])
    assert {
        stop: [v.hours.begin_s // 60 for v in found] for stop, found in served.items()
    } == {"bus": [18 * 60 + 30, 4 * 60], "station_zvecan": [19 * 60, 4 * 60 + 30]}


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(1, 60)), min_size=1, max_size=12
    )
)
def test_hours_printed_are_served_and_little_of_what_is_served_is_left_out(
    spans: list[tuple[int, int]],
) -> None:
    rows = [
        ("evening", n + 1, "a", 18 * HOUR + 60 * begin, minutes)
        for n, (begin, minutes) in enumerate(spans)
    ]
    found = visits([(THURSDAY, night(*rows))])["a"]
    served = {1080 + m for begin, length in spans for m in range(begin, begin + length)}
    printed = [
        (visit.day.toordinal() - THURSDAY.toordinal()) * 1440 + minute
        for visit in found
        if visit.day
        for minute in range(visit.hours.begin_s // 60, visit.hours.end_s // 60)
    ]
    assert len(printed) == len(set(printed))
    assert set(printed) <= served
    assert all(
        any(minute + off in printed for off in range(-4, 5)) for minute in served
    )
    for hours in (visit.hours for visit in found):
        whole = hours.begin_s % 300 == hours.end_s % 300 == 0
        assert whole or hours.end_s - hours.begin_s < 600 + 2 * 300


@pytest.mark.parametrize(
    ("begin_s", "minutes", "printed"),
    [
        (19 * HOUR + 60, 33, (19 * HOUR + 300, 19 * HOUR + 1800)),
        (19 * HOUR + 1, 20, (19 * HOUR + 300, 19 * HOUR + 1200)),
        (19 * HOUR, 10, (19 * HOUR, 19 * HOUR + 600)),
        (19 * HOUR + 60, 15, (19 * HOUR + 300, 19 * HOUR + 900)),
        (19 * HOUR + 60, 13, (19 * HOUR + 60, 19 * HOUR + 840)),
        (19 * HOUR + 60, 3, (19 * HOUR + 60, 19 * HOUR + 240)),
    ],
)
def test_hours_are_rounded_inward_for_who_waits_outdoors(
    begin_s: int, minutes: int, printed: tuple[int, int]
) -> None:
    served = visits([(THURSDAY, night(("evening", 1, "a", begin_s, minutes)))])
    assert served["a"] == (ServedTime(THURSDAY, Span(*printed)),)


def test_a_begin_rounded_to_midnight_is_on_the_next_day() -> None:
    late: Row = ("evening", 1, "a", 24 * HOUR - 60, 30)
    assert visits([(THURSDAY, night(late))])["a"] == (
        ServedTime(THURSDAY + timedelta(days=1), Span(0, 1500)),
    )


@pytest.mark.parametrize(
    ("clock_h", "part"),
    [(0, "night"), (2.9, "night"), (3, "morning"), (11.9, "morning"), (12, "afternoon"),
     (17, "evening"), (23.9, "evening")],
)  # fmt: skip
def test_parts_of_the_day(clock_h: float, part: str) -> None:
    hours = Span(int(clock_h * HOUR), int(clock_h * HOUR) + 60)
    assert hours.part == f"card.{part}"
    assert words.known(hours.part)


def test_visits_after_the_last_day_of_the_cards_are_kept_apart() -> None:
    nights = [(THURSDAY + timedelta(days=n), night(EVENING, MORNING)) for n in range(3)]
    served = visits(nights)
    friday = THURSDAY + timedelta(days=1)
    kept, late = split_at(served, friday)
    assert [visit.day for visit in kept["a"]] == [THURSDAY, friday, friday]
    assert late == [friday + timedelta(days=1), friday + timedelta(days=2)]
    assert split_at(served, THURSDAY - timedelta(days=1))[0] == {}
    assert split_at(served, late[-1]) == (served, [])
    undated = visits([(None, night(EVENING))])
    assert split_at(undated, date.min) == (undated, [])


def test_several_nights_need_their_dates() -> None:
    assert not cards((THURSDAY, night(EVENING)), (None, night(EVENING)))


def test_without_stops_there_are_no_cards() -> None:
    assert not cards((None, night(EVENING).query("service_s == 0")))


# What is printed


def test_a_page_of_a5_for_every_stop() -> None:
    served = night(EVENING, ("evening", 1, "b", 20 * HOUR, 10), MORNING)
    document = pypdfium2.PdfDocument(cards((None, served)))
    assert len(document) == 2
    for page in document:
        assert page.get_size() == pytest.approx(
            (148 * POINTS_PER_MM, 210 * POINTS_PER_MM), abs=0.1
        )


def test_every_language_is_on_the_card() -> None:
    printed = lines(cards((THURSDAY, night(EVENING))))
    keys = [
        "card.help",
        "card.from",
        "card.until",
        "card.evening",
        "card.free",
        "card.map",
    ]
    keys += ["card.kind.station", *(f"card.offer.{offer}" for offer in OFFERS)]
    for key in keys:
        for language in ("en", "sq", "sr-Latn", "ar"):
            assert held(words.word(key, language), printed), (key, language)
    everything = " ".join(printed)
    for text in (
        "Zveçan · Zvečan · Звечан",
        "Zvecan station",
        "DCAM",
        "Komuna e Mitrovicës",
    ):
        assert text in everything
    assert held("بلدية", printed)


def test_whoever_runs_the_patrols_of_a_study_that_does_not_say_is_the_coordinator() -> (
    None
):
    printed = lines(cards(about=About(run_by={"en": "The office"})))
    assert "The office" in printed
    assert words.word("card.run_by", "sq") in printed
    assert held(words.word("card.run_by", "ar"), printed)


def ticked(pdf: bytes) -> list[int]:
    """Return which days of the week are ticked, from Monday, below one pair of large hours."""
    drawn = grey(pdf, scale=8 / POINTS_PER_MM)
    # Boxes of 5 mm, the first in the middle of a seventh of the width from the right.
    middles = [140 - (n + 0.5) * 132 / 7 for n in range(7)]
    boxes = [drawn[733:762, int((x - 1.8) * 8) : int((x + 1.8) * 8)] for x in middles]
    return [n for n, box in enumerate(boxes, 1) if (box < 128).any()]


def test_one_night_without_a_date_leaves_the_days_to_be_ticked(undated: bytes) -> None:
    printed = lines(undated)
    for clock in ("19:05", "19:35"):
        assert clock in printed
    for day in range(1, 8):
        for language in ("en", "sq", "sr-Latn", "ar"):
            assert held(words.word(f"card.weekday.{day}", language), printed)
    assert not any("202" in line for line in printed)
    assert ticked(undated) == []


def test_the_days_of_the_plan_are_ticked_with_their_dates() -> None:
    fortnight = [THURSDAY + timedelta(days=n) for n in (0, 1, 7)]
    pdf = cards(*((when, night(EVENING)) for when in fortnight))
    assert ticked(pdf) == [4, 5]
    printed = lines(pdf)
    assert sum(line.count("19:05") for line in printed) == 1
    text = " ".join(printed)
    assert "5.11. 12.11." in text
    assert "6.11." in text
    assert not any("1/1" in line for line in printed)


def test_two_pairs_of_hours_have_their_days_each() -> None:
    text = " ".join(lines(cards((THURSDAY, night(EVENING, MORNING)))))
    for figures in ("19:05", "04:10", "5.11.", "6.11."):
        assert figures in text


def test_hours_are_read_from_the_side_of_the_first_language() -> None:
    for language, arabic in (("ar", True), ("en", False)):
        about = About(card_languages=(language, "sq"))
        pdf = cards(about=about)
        page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
        at = {}
        for clock in ("19:05", "19:35"):
            start, _ = page.search(clock).get_next()
            at[clock] = page.get_charbox(start)[0]
        assert (at["19:05"] > at["19:35"]) == arabic


def test_other_hours_each_night_make_a_table_that_goes_on_overleaf() -> None:
    fortnight = [
        (
            THURSDAY + timedelta(days=n),
            night((*EVENING[:3], 19 * HOUR + 300 * n, 30), (*MORNING[:3], 4 * HOUR + 300 * n, 20)),
        )
        for n in range(14)
    ]  # fmt: skip
    pdf = cards(*fortnight)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 2
    found = [clock for page in range(2) for clock in lines(pdf, page)]
    text = " ".join(found)
    for n in range(14):
        assert f"{19 + n // 12}:{n % 12 * 5:02d}" in text
        assert f"0{4 + n // 12}:{n % 12 * 5:02d}" in text
    assert TABLE_ROWS < 28 <= 2 * TABLE_ROWS
    for page in range(2):
        assert f"{page + 1}/2" in lines(pdf, page)
        assert any("e premte · petak · Friday" in line for line in lines(pdf, page))


def test_a_facility_without_a_name_is_called_by_its_kind() -> None:
    at = Point(20.8, 42.9)
    facility = FACILITIES.geoframe(
        [{"id": "f1", "kind": "taxi", "name": None, "geometry": at}]
    )
    served = night(("evening", 1, "f1", 19 * HOUR, 15))
    pdf = cards((None, served), facilities=facility)
    printed = lines(pdf)
    assert held("موقف سيارات الأجرة", printed)
    assert any("Такси станица" in line for line in printed)


def test_public_places_are_named_by_what_they_are() -> None:
    rows = places().assign(kind="public_stop", note="worship")
    served = night(EVENING).assign(kind="public_stop")
    served.loc[served["stop"] == "depot", "kind"] = "depot"
    assert held("دار عبادة", lines(cards((None, served), rows=rows)))


def test_advised_places_are_called_by_what_they_are() -> None:
    known = bundled.places()
    advised = known.loc[known["kind"] == "monitoring_point", "id"]
    assert len(advised) == 7
    assert known.loc[known["id"].isin(advised), "card_kind"].notna().all()


def test_what_is_offered_has_pictograms_and_words() -> None:
    assert set(OFFERS) < set(re.findall(r'<svg id="(\w+)"', asset("marks.svg")))
    assert all(words.known(f"card.offer.{offer}") for offer in OFFERS)


def test_nothing_on_the_card_says_of_people_need_or_pursuit() -> None:
    study = data()
    pdf = cards(
        (THURSDAY, findings().patrols.stops),
        rows=study.places,
        facilities=study.layers.facilities,
    )
    for page in range(len(pypdfium2.PdfDocument(pdf))):
        text = " ".join(lines(pdf, page)).lower()
        for word in (
            "secret",
            "winter",
            "sighting",
            "hotspot",
            "polic",
            "patrol",
            "s1",
        ):
            assert word not in text
    assert b"secret" not in pdf


def test_a_card_says_until_when_it_holds_in_every_language(undated: bytes) -> None:
    printed = lines(cards(until=date(2027, 2, 23)))
    for text in ("Vlen deri më · Važi do · Valid until", "23.2.2027"):
        assert any(text in line for line in printed), text
    assert held("صالحة حتى", printed)
    assert not any("2027" in line for line in lines(undated))


def test_the_file_is_the_same_for_the_same_plan_and_small() -> None:
    plan = (THURSDAY, night(EVENING, MORNING, ("evening", 1, "b", 20 * HOUR, 10)))
    pdf = cards(plan)
    assert pdf == cards(plan)
    about = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert about["CreationDate"].startswith("D:20261105000000")
    assert about["Title"].startswith("مساعدة مجانية هنا · Ndihmë falas këtu")
    assert len(pdf) < 2 * 30_000
    assert embedded(pdf) == [
        "FiraSans-Bold",
        "FiraSans-Regular",
        "IBMPlexSansArabic-Bold",
    ]


def test_the_qr_code_is_the_address_of_the_stop(undated: bytes) -> None:
    drawn = grey(undated, scale=8.0)
    side = 18.0 * POINTS_PER_MM * 8
    matrix = np.array(
        list(
            segno.make("geo:42.88890,20.86580", error="m", micro=False).matrix_iter(
                border=0
            )
        )
    )
    step = side / len(matrix)
    at = (np.arange(len(matrix)) + 0.5) * step
    x, y = (
        (at + 8.0 * POINTS_PER_MM * 8).astype(int),
        (at + 177.0 * POINTS_PER_MM * 8).astype(int),
    )
    assert ((drawn[np.ix_(y, x)] < 128) == (matrix > 0)).all()


def test_a_line_is_left_for_a_telephone_number(undated: bytes) -> None:
    printed = lines(undated)
    # The number is that for complaints, too.
    assert any("Questions, complaints" in line for line in printed)
    assert held("للأسئلة والشكاوى", printed)
    to_write_on = slice(int(197 * POINTS_PER_MM * 2), int(202 * POINTS_PER_MM * 2))
    ruled = (grey(undated)[to_write_on, 330:620] < 220).all(axis=1)
    assert np.count_nonzero(np.diff(ruled.astype(int)) == 1) == 1


def test_a_telephone_of_the_study_is_printed_in_place_of_the_line() -> None:
    about = About(phone="+383 28 000 000")
    pdf = cards(about=about)
    assert any("+383 28 000 000" in line for line in lines(pdf))


def test_phone_charging_is_offered_where_the_study_does_not_leave_it_out(
    undated: bytes,
) -> None:
    charging = words.word("card.offer.charging", "en")
    assert charging in lines(undated)
    without = About(offers=OFFERS[:-1])
    assert charging not in lines(cards(about=without))


@pytest.mark.parametrize(("uncertainty_m", "known"), [(100.0, True), (100.1, False)])
def test_a_place_known_roughly_says_where_to_ask_in_place_of_its_position(
    uncertainty_m: float, known: bool
) -> None:
    near = places("Near").assign(
        id="near", geometry=[Point(20.866, 42.889)], uncertainty_m=30.0
    )
    far = places("Far").assign(
        id="far", geometry=[Point(20.9, 42.9)], uncertainty_m=30.0
    )
    closed = near.assign(id="closed", status="closed", name_sq="Closed")
    police = near.assign(id="police", kind="police", name_sq="Police")
    rough = places().assign(uncertainty_m=uncertainty_m)
    table = PLACES.geoframe(pd.concat([rough, closed, police, far, near]))
    pdf = cards(rows=table)
    text = " ".join(lines(pdf))
    for key, shown in (("card.map", known), ("card.ask", not known)):
        for language in ("en", "sq", "sr-Latn"):
            assert (words.word(key, language) in text) == shown
    assert ("42.88890" in text) == known
    assert ("Nearçan · Nearčan" in text) == (not known)
    at = slice(int(177 * POINTS_PER_MM * 2), int(194 * POINTS_PER_MM * 2))
    code = grey(pdf)[at, int(9 * POINTS_PER_MM * 2) : int(26 * POINTS_PER_MM * 2)]
    assert known == (np.count_nonzero(code < 128) > 0.25 * code.size)


# Languages


def test_a_page_for_each_four_languages_and_a_note_on_those_that_nobody_has_read() -> (
    None
):
    about = About(card_languages=("ar", "sq", "sr", "en", "fa", "ps", "ur", "fr"))
    pdf = cards(about=about)
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    first, second = (lines(pdf, page) for page in range(2))
    tongues = "Persian, Pashto, Urdu, French"
    note = f"Not yet read by a native reader: {tongues}. Have it read before use."
    assert note in second
    assert any("reader: Arabic. Have it read" in line for line in first)
    for key in ("card.help", "card.free", "card.offer.water_food"):
        for language in ("fa", "ps", "ur", "fr"):
            assert held(words.word(key, language), second), (key, language)
    read = replace(about, card_read=("ar", "fa", "ps", "ur", "fr"))
    done = cards(about=read)
    assert not any(
        "native reader" in line for page in (0, 1) for line in lines(done, page)
    )


def test_a_card_says_for_what_crews_call_others_and_whom() -> None:
    services = bundled.opened().table("services")
    helpers = services["organisation"].dropna().unique()
    about = About(card_languages=("sq", "sr", "en", "fr"))
    pdf = cards(about=about, helpers=helpers)
    assert "DCAM · UNHCR · KRCT · JRS · CRPK · IOM" in lines(pdf)
    for language in ("sq", "sr-Latn", "en", "fr"):
        assert held(words.word("card.helpers", language), lines(pdf)), language
    # Organisations only: no person has a column.
    assert set(services) == {*SERVICES.names}
    bare = cards(about=about)
    assert not held(words.word("card.helpers", "en"), lines(bare))


def test_the_fonts_have_every_letter_of_every_language() -> None:
    files = (
        font("FiraSans-Bold"),
        font("FiraSans-Regular"),
        font("IBMPlexSansArabic-Bold"),
    )
    bold, regular, arabic = (set(FT2Font(file).get_charmap()) for file in files)
    for key, entry in words.entries().items():
        for language, text in entry.items() if key.startswith(words.CARD) else ():
            letters = {ord(c) for c in text}
            assert letters <= (
                arabic if language in words.FROM_RIGHT else bold & regular
            ), key


def test_corrected_texts_of_a_study_go_before_those_of_the_catalogue(
    tmp_path: Path,
) -> None:
    file = tmp_path / "words.toml"
    file.write_text('read = ["fa"]\n["card.help"]\nfa = "کمک"\nsr = "Помоћ"\n', "utf-8")
    texts, read = handed_in.corrected(file)
    about = About(card_languages=("fa", "sr"), card_words=texts, card_read=read)
    printed = lines(cards(about=about))
    assert "Pomoć" in printed
    assert not held(words.word("card.help", "fa"), printed[:2])
    assert not any("native reader" in line for line in printed)
    with pytest.raises(CardError, match=r"no text of the cards is called card.hlep"):
        Texts({"card.hlep": {"fa": "x"}})


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('read = ["xx"]', "read: found"),
        ('["title"]\nfa = "x"', "title: there is no such text on the cards"),
        ('["card.help"]\nde = "x"', "card.help: unknown language de"),
        ('["card.help"]\nfa = "{x}"', "card.help.fa: one line of text without braces"),
        (
            '["card.help"]\nfa = "a\\nb"',
            "card.help.fa: one line of text without braces",
        ),
    ],
)
def test_a_file_of_texts_that_cannot_be_used_is_refused(
    tmp_path: Path, content: str, fault: str
) -> None:
    file = tmp_path / "words.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(UserError, match=re.escape(f"{file}: {fault}")):
        handed_in.corrected(file)


@pytest.mark.browser
def test_a_reader_corrects_a_text_and_hands_it_in(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "card_texts.html"
    path.write_text(reading_page(Texts(), "For those who bring help"), "utf-8")
    page = watched(context)
    page.goto(path.as_uri())
    assert page.locator("thead th").count() == 1 + len(CARD_LANGUAGES) == 1 + len(NAMES)
    persian = page.get_by_label("Free help here, Persian")
    assert persian.get_attribute("dir") == "rtl"
    persian.fill('کمک\u200cها "اینجا"')
    page.locator("[data-read=fa]").check()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Save words.toml").click()
    saved = tmp_path / "words.toml"
    waited.value.save_as(saved)
    assert handed_in.corrected(saved) == (
        {"card.help": {"fa": 'کمک\u200cها "اینجا"'}},
        ("fa",),
    )
    # No id is shown, and nothing lies beside the page, on a phone too.
    assert "card." not in page.locator("table").inner_text()
    for wide in (1280, 390):
        page.set_viewport_size({"width": wide, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == wide
    assert page.messages == []  # type: ignore[attr-defined]
    # Its rows are alike: of some hundreds the first.
    assert serious_faults(page, {"exclude": ["tbody tr:nth-child(n+5)"]}) == []


@pytest.mark.parametrize(
    "name", ["Zve", "Qendra e mjekësisë familjare " * 4, "Ш" * 150, "<b>\n&"]
)
def test_no_name_leaves_the_page_or_its_place(name: str) -> None:
    drawn = grey(cards((THURSDAY, night(EVENING, MORNING)), rows=places(name))) < 200
    edge = int(7.5 * POINTS_PER_MM * 2)
    below_band = int(25.5 * POINTS_PER_MM * 2)
    assert not drawn[below_band:, :edge].any()
    assert not drawn[below_band:, -edge:].any()
    above_rule = slice(int(58.7 * POINTS_PER_MM * 2), int(59.3 * POINTS_PER_MM * 2))
    assert not drawn[above_rule].any()


@pytest.mark.parametrize(
    ("first", "nights"),
    [
        ("ar", (1, 14)),
        *(
            pytest.param(one, (1, 2, 8, 14), marks=pytest.mark.proof)
            for one in CARD_LANGUAGES
        ),
    ],
)
def test_long_texts_stay_between_the_edges_and_the_rules(
    first: str, nights: tuple[int, ...]
) -> None:
    """Whichever language is large, and whatever the hours, a rule has no ink above it."""
    others = [language for language in CARD_LANGUAGES if language != first]
    about = About(
        card_languages=(first, *others),
        run_by=dict.fromkeys(
            CARD_LANGUAGES, "Koordinatori rajonal për shtetësi, azil " * 3
        ),
        phone="+383 28 000 000, +383 38 000 000, +383 38 200 000",
    )
    rough = places().assign(uncertainty_m=1000.0)
    near = places("Qendra e mjekësisë familjare " * 3).assign(
        id="near", uncertainty_m=30.0
    )
    fortnight = [
        (THURSDAY + timedelta(days=n), EVENING[3] + 300 * n) for n in range(14)
    ]
    for dates in (fortnight[:n] for n in nights):
        pdf = cards(
            *((day, night((*EVENING[:3], begin, 30))) for day, begin in dates),
            rows=PLACES.geoframe(pd.concat([rough, near])),
            until=THURSDAY + timedelta(days=30),
            about=about,
            helpers=[f"Organisation {n}" for n in range(20)],
        )
        for page in range(len(pypdfium2.PdfDocument(pdf))):
            drawn = grey(pdf, page, scale=4 / POINTS_PER_MM) < 200
            assert not drawn[102:, :30].any()
            assert not drawn[102:, -30:].any()
            for rule in (59.5, 113.5, 175.8):
                at = round(4 * rule)
                assert drawn[at - 1 : at + 2, 32:-32].all(axis=1).any(), rule
                assert not drawn[at - 3 : at - 1].any(), (page, rule)


def test_no_card_holds_for_less_than_its_visits() -> None:
    nights = [(THURSDAY + timedelta(days=n), night(EVENING)) for n in range(3)]
    pdf = cards(*nights, until=THURSDAY + timedelta(days=1))
    printed = " ".join(lines(pdf))
    assert "6.11." in printed
    assert "7.11." not in printed
    assert not cards(*nights, until=THURSDAY - timedelta(days=1))


def test_lines_are_even() -> None:
    broken = ["one two three four five six seven", "eight nine ten eleven twelve"]
    about = About(run_by={"en": " ".join(broken)}, card_languages=("en",))
    printed = lines(cards(about=about))
    assert printed[printed.index(broken[0]) + 1] == broken[1]


# Arabic


def runs(texts: Sequence[str], language: str) -> bytes:
    """Return a page for each text, set as the cards set it."""
    nothing: dict[str, object] = {
        "title": "",
        "subject": None,
        "from_right": words.FROM_RIGHT,
    }
    nothing |= {"groups": [], "recalls": [], "sheets": []}
    pages = (f'#page(run({json.dumps(text, ensure_ascii=False)}, "{language}", 30pt, "bold"))\n'
             for text in texts)  # fmt: skip
    return typst.compile(
        ('#import "stop_card.typ": run\n' + "".join(pages)).encode(),
        root=Path(str(resources.files("maps"))) / "assets",
        font_paths=[Path(font("IBMPlexSansArabic-Bold")).parent],
        ignore_system_fonts=True,
        sys_inputs={"cards": json.dumps(nothing)},
    )


def ink(image: np.ndarray) -> np.ndarray:
    """Cut to the ink, at a size of 400 by 80."""
    dark = image < 128
    rows, columns = (np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0)))
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(Image.fromarray(cut).resize((400, 80)), dtype=float)


@pytest.mark.skipif(
    not features.check("raqm"), reason="Pillow without Raqm sets no Arabic"
)
@pytest.mark.parametrize(
    "language",
    [
        pytest.param(g, marks=() if g == "ar" else pytest.mark.proof)
        for g in words.FROM_RIGHT
    ],
)
def test_letters_are_joined_and_ordered_as_an_independent_engine_does(
    language: str,
) -> None:
    """Raqm shapes with HarfBuzz and orders with FriBidi; Pillow's basic layout does neither."""
    joined, plain = (
        ImageFont.truetype(font("IBMPlexSansArabic-Bold"), 60, layout_engine=engine)
        for engine in (ImageFont.Layout.RAQM, ImageFont.Layout.BASIC)
    )
    entries = [e for key, e in words.entries().items() if key.startswith(words.CARD)]
    texts = [entry[language] for entry in entries]
    texts = [text for text in dict.fromkeys(texts) if len(text) < 30]
    assert len(texts) > 40
    pdf = runs(texts, language)
    for page, text in enumerate(texts):
        ours = ink(grey(pdf, page))
        image = Image.new("L", (1600, 160), 255)
        ImageDraw.Draw(image).text(
            (1580, 20),
            text,
            font=joined,
            anchor="ra",
            direction="rtl",
            language=language,
        )
        right = np.abs(ours - ink(np.asarray(image))).mean()
        image = Image.new("L", (1600, 160), 255)
        ImageDraw.Draw(image).text((20, 20), text, font=plain)
        wrong = np.abs(ours - ink(np.asarray(image))).mean()
        assert right < 25 < wrong, (text, right, wrong)
