"""The stop cards: what is printed, when, in which languages, and that Arabic is set right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdfium2
import pytest
import segno
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from maps_fixture import data, findings
from PIL import Image, ImageDraw, ImageFont, features
from shapely import Point

from layers.readers import bundled
from layers.schema import FACILITIES, PLACES, STOPS, WGS84
from maps.cards import marks as card_marks
from maps.cards.layout import OFFERS, TABLE_ROWS
from maps.cards.marks import PICTOGRAMS
from maps.cards.paper import FONTS, HEIGHT, WIDTH, Paper
from maps.cards.pdf import stop_cards
from maps.cards.times import CardError, Hours, Sky, Visit, split_at, visits
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
                "service_s": 0,
            }
        )  # fmt: skip
        mine = [row for row in served if row[:2] == (shift, vehicle)]
        for order, (_, _, stop, begin, minutes) in enumerate(mine, 1):
            kind = "taxi" if stop.startswith("f") else "station"
            rows.append(
                {
                    **who, "order": order, "stop": stop, "name": f"{stop} in English",
                    "kind": kind, "arrival_s": begin - 120, "departure_s": begin + minutes * 60,
                    "service_s": minutes * 60,
                }
            )  # fmt: skip
            rows.append({**rows[-1], "kind": "break", "service_s": 0, "departure_s": begin + 7200})
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


def cards(*nights: tuple[date | None, gpd.GeoDataFrame], name: str = "Zve") -> bytes:
    return stop_cards(nights, places(name), NO_FACILITIES, run_by=bundled.opened().about.run_by)


def lines(pdf: bytes, page: int = 0) -> list[str]:
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_range()
    return [line.strip() for line in text.replace("\u00a0", " ").splitlines()]


def held(phrase: str, among: Sequence[str]) -> bool:
    """Return whether a line holds the letters of a phrase: extraction turns ligatures round."""
    wanted = Counter(phrase.replace(" ", ""))
    return any(wanted <= Counter(line) for line in among)


def grey(pdf: bytes, page: int = 0, scale: float = 2.0) -> np.ndarray:
    return np.asarray(pypdfium2.PdfDocument(pdf)[page].render(scale=scale).to_pil().convert("L"))


def test_a_suspended_stop_has_a_sheet_that_names_the_nearest_stop_that_is_another_place() -> None:
    old = places().assign(id="b", name_en="Old hall", name_sq="Salla", geometry=Point(20.86, 42.88))
    rows = PLACES.geoframe(pd.concat([places(), old]), crs=WGS84)
    served = night(EVENING, ("evening", 1, "c", 20 * HOUR, 20), ("evening", 1, "d", 21 * HOUR, 20))
    for stop, at in (("c", Point(20.8601, 42.8801)), ("d", Point(20.9, 43.0))):
        served.loc[served["stop"] == stop, "geometry"] = at
    pdf = stop_cards([(None, served)], rows, NO_FACILITIES, suspended=["b", "unknown"])
    sheet = lines(pdf)
    assert len(pypdfium2.PdfDocument(pdf)) == 4
    for text in ("No help here any more", "Salla", "Zveçan", "1,1 km", "For the crew: take down"):
        assert held(text, sheet)
    assert held(words.word("card.recall.head", "ar"), sheet)
    assert not held("c in English", sheet)


# When a stop is served


def test_hours_of_vehicles_and_shifts_are_merged_and_in_order() -> None:
    served = visits(
        [(None, night(EVENING, ("evening", 2, "a", 19 * HOUR + 1500, 30), MORNING, MORNING))]
    )
    assert served == {
        "a": (
            Visit(None, Hours(19 * HOUR + 300, 19 * HOUR + 3300)),
            Visit(None, Hours(4 * HOUR + 600, 4 * HOUR + 2400)),
        )
    }


def test_the_early_morning_is_on_the_next_day() -> None:
    late: Row = ("evening", 2, "b", 24 * HOUR + 1500, 20)
    served = visits([(THURSDAY, night(EVENING, late, MORNING))])
    friday = THURSDAY + timedelta(days=1)
    assert served["a"] == (
        Visit(THURSDAY, Hours(19 * HOUR + 300, 19 * HOUR + 2100)),
        Visit(friday, Hours(4 * HOUR + 600, 4 * HOUR + 2400)),
    )
    assert served["b"] == (Visit(friday, Hours(1500, 2700)),)


def test_a_visit_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    over: Row = ("evening", 1, "a", 24 * HOUR - 600, 20)
    assert visits([(THURSDAY, night(over))])["a"] == (
        Visit(THURSDAY, Hours(24 * HOUR - 600, 24 * HOUR + 600)),
    )


def test_a_plan_of_many_hands_is_printed_once() -> None:
    served = visits([(None, findings().patrols.stops)])
    assert {stop: [v.hours.begin_s // 60 for v in found] for stop, found in served.items()} == {
        "bus": [18 * 60 + 30, 4 * 60],
        "station_zvecan": [19 * 60, 4 * 60 + 30],
    }


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), min_size=1, max_size=12),
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
    assert all(any(minute + off in printed for off in range(-4, 5)) for minute in served)
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
    assert served["a"] == (Visit(THURSDAY, Hours(*printed)),)


def test_a_begin_rounded_to_midnight_is_on_the_next_day() -> None:
    late: Row = ("evening", 1, "a", 24 * HOUR - 60, 30)
    assert visits([(THURSDAY, night(late))])["a"] == (
        Visit(THURSDAY + timedelta(days=1), Hours(0, 1500)),
    )


@pytest.mark.parametrize(
    ("clock_h", "part"),
    [(0, "night"), (2.9, "night"), (3, "morning"), (11.9, "morning"), (12, "afternoon"),
     (17, "evening"), (23.9, "evening")],
)  # fmt: skip
def test_parts_of_the_day(clock_h: float, part: str) -> None:
    hours = Hours(int(clock_h * HOUR), int(clock_h * HOUR) + 60)
    assert hours.part == f"card.{part}"
    assert words.known(hours.part)


SKY = Sky(20.8658, 42.8889, "Europe/Belgrade")
JULY, DECEMBER = date(2026, 7, 12), date(2026, 12, 12)


@pytest.mark.parametrize(
    ("clock_h", "days", "dark"),
    [(3.5, [JULY], True), (3.5, [DECEMBER], True), (17.5, [JULY], False), (17.5, [DECEMBER], True),
     (5.5, [JULY], False), (5.5, [DECEMBER], True), (20, [JULY], False), (20.5, [JULY], True)],
)  # fmt: skip
def test_it_is_dark_while_the_sun_is_down_on_the_day(
    clock_h: float, days: list[date], dark: bool
) -> None:
    assert SKY.is_dark(Hours(int(clock_h * HOUR), 0), days) is dark


def test_of_days_that_differ_nothing_is_printed() -> None:
    """The sun sets at 18:38 on 20 September 2026 and at 18:27 on the 26th."""
    at = Hours(18 * HOUR + 1800, 0)
    week = [date(2026, 9, 20) + timedelta(days=n) for n in range(7)]
    assert SKY.is_dark(at, week[:1]) is False
    assert SKY.is_dark(at, week[-1:]) is True
    assert SKY.is_dark(at, week) is None


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


@pytest.mark.parametrize(
    ("clock_h", "dark"),
    [(0, True), (4.9, True), (5, None), (7, None), (7.25, False), (12, False), (16, False),
     (16.1, None), (18.5, None), (20.3, None), (20.4, True), (23.9, True)],
)  # fmt: skip
def test_without_a_date_it_is_dark_or_light_if_it_is_so_all_the_year(
    clock_h: float, dark: bool | None
) -> None:
    assert SKY.is_dark(Hours(int(clock_h * HOUR), 0), []) is dark


def test_several_nights_need_their_dates() -> None:
    with pytest.raises(CardError, match="2 nights, and one has no date"):
        cards((THURSDAY, night(EVENING)), (None, night(EVENING)))


def test_without_stops_there_are_no_cards() -> None:
    with pytest.raises(CardError, match="no stop is served"):
        cards((None, night()))


# What is printed


def test_a_page_of_a5_for_every_stop() -> None:
    served = night(EVENING, ("evening", 1, "b", 20 * HOUR, 10), MORNING)
    document = pypdfium2.PdfDocument(cards((None, served)))
    assert len(document) == 2
    for page in document:
        assert page.get_size() == pytest.approx((148 * POINTS_PER_MM, 210 * POINTS_PER_MM), abs=0.1)
    assert (WIDTH, HEIGHT) == (148, 210)


def test_every_language_is_on_the_card() -> None:
    printed = lines(cards((THURSDAY, night(EVENING))))
    keys = ["card.help", "card.from", "card.until", "card.evening", "card.free", "card.map"]
    keys += ["card.kind.station", *(f"card.offer.{offer}" for offer in OFFERS)]
    for key in keys:
        for language in ("en", "sq", "sr-Latn", "ar"):
            assert held(words.word(key, language), printed), (key, language)
    everything = " ".join(printed)
    for text in ("Zveçan · Zvečan · Звечан", "Zvecan station", "DCAM", "Komuna e Mitrovicës"):
        assert text in everything
    assert held("بلدية", printed)


def test_whoever_runs_the_patrols_of_a_study_that_does_not_say_is_the_coordinator() -> None:
    served = (None, night(EVENING))
    printed = lines(stop_cards([served], places("Zve"), NO_FACILITIES, run_by={"en": "The office"}))
    assert "The office" in printed
    assert words.word("card.run_by", "sq") in printed
    assert held(words.word("card.run_by", "ar"), printed)


def test_one_night_without_a_date_leaves_a_line_for_the_days() -> None:
    pdf = cards((None, night(EVENING)))
    printed = lines(pdf)
    for clock in ("19:05", "19:35"):
        assert clock in printed
    assert held("الأيام", printed)
    assert any("Ditët · Dani · Days" in line for line in printed)
    assert not any("202" in line for line in printed)
    to_write_on = slice(int(100 * POINTS_PER_MM * 2), int(123 * POINTS_PER_MM * 2))
    ruled = (grey(pdf)[to_write_on, 300:500] < 220).all(axis=1)
    assert np.count_nonzero(np.diff(ruled.astype(int)) == 1) == 2


def test_one_night_with_a_date_prints_it_as_each_language_writes_it() -> None:
    printed = lines(cards((THURSDAY, night(EVENING, MORNING))))
    for text in (
        "Thursday, 5 November 2026", "e enjte, 5 nëntor 2026", "četvrtak, 5. novembra 2026.",
        "Friday, 6 November 2026", "5.11.2026", "6.11.2026",
    ):  # fmt: skip
        assert any(text in line for line in printed), text
    assert held("الخميس", printed)
    assert held("الجمعة", printed)
    assert not any("Days" in line for line in printed)


def test_the_same_hours_on_several_nights_are_printed_once() -> None:
    week = [(THURSDAY + timedelta(days=n), night(EVENING)) for n in range(7)]
    printed = lines(cards(*week))
    assert sum(line.count("19:05") for line in printed) == 1
    for n in range(7):
        when = THURSDAY + timedelta(days=n)
        assert any(f"{when.day}.{when.month}." in line for line in printed)
    assert any("enj · čet · Thu" in line for line in printed)
    assert not any("1/1" in line for line in printed)


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
        assert any("pre · pet · Fri" in line for line in lines(pdf, page))


def test_a_facility_without_a_name_is_called_by_its_kind() -> None:
    at = Point(20.8, 42.9)
    facility = FACILITIES.geoframe([{"id": "f1", "kind": "taxi", "name": None, "geometry": at}])
    pdf = stop_cards([(None, night(("evening", 1, "f1", 19 * HOUR, 15)))], places(), facility)
    printed = lines(pdf)
    assert held("موقف سيارات الأجرة", printed)
    assert any("Такси станица" in line for line in printed)


def test_public_places_are_named_by_what_they_are() -> None:
    rows = places().assign(kind="public_stop", note="worship")
    served = night(EVENING).assign(kind="public_stop")
    served.loc[served["stop"] == "depot", "kind"] = "depot"
    assert held("دار عبادة", lines(stop_cards([(None, served)], rows, NO_FACILITIES)))


def test_advised_places_are_called_by_what_they_are() -> None:
    known = bundled.places()
    advised = known.loc[known["kind"] == "monitoring_point", "id"]
    assert len(advised) == 7
    assert known.loc[known["id"].isin(advised), "card_kind"].notna().all()


def test_what_is_offered_has_pictograms_and_words() -> None:
    assert set(OFFERS) == set(PICTOGRAMS)
    assert all(words.known(f"card.offer.{offer}") for offer in OFFERS)


def test_nothing_on_the_card_says_of_people_need_or_pursuit() -> None:
    study = data()
    pdf = stop_cards([(THURSDAY, findings().patrols.stops)], study.places, study.layers.facilities)
    for page in range(len(pypdfium2.PdfDocument(pdf))):
        text = " ".join(lines(pdf, page)).lower()
        for word in ("secret", "winter", "sighting", "hotspot", "polic", "patrol", "s1"):
            assert word not in text
    assert b"secret" not in pdf


def test_a_card_says_until_when_it_holds_in_every_language() -> None:
    nights = [(None, night(EVENING))]
    last = date(2027, 2, 23)
    printed = lines(stop_cards(nights, places(), NO_FACILITIES, until=last))
    for text in (
        "Valid until 23 February 2027", "Vlen deri më 23 shkurt 2027",
        "Važi do 23. februara 2027.", "23.2.2027",
    ):  # fmt: skip
        assert any(text in line for line in printed), text
    assert held("صالحة حتى", printed)
    assert not any("2027" in line for line in lines(stop_cards(nights, places(), NO_FACILITIES)))


def test_the_file_is_the_same_for_the_same_plan_and_small() -> None:
    plan = (THURSDAY, night(EVENING, MORNING, ("evening", 1, "b", 20 * HOUR, 10)))
    pdf = cards(plan)
    assert pdf == cards(plan)
    about = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert about["CreationDate"].startswith("D:20261105000000")
    assert about["Title"].startswith("مساعدة مجانية هنا · Free help here")
    assert len(pdf) < 2 * 30_000
    assert pdf.count(b"/FontFile2") == 3


def test_the_qr_code_is_the_address_of_the_stop() -> None:
    pdf = cards((None, night(EVENING)))
    drawn = grey(pdf, scale=8.0)
    side = 19.0 * POINTS_PER_MM * 8
    matrix = np.array(
        list(segno.make("geo:42.88890,20.86580", error="m", micro=False).matrix_iter(border=0))
    )
    step = side / len(matrix)
    at = (np.arange(len(matrix)) + 0.5) * step
    x, y = (at + 8.0 * POINTS_PER_MM * 8).astype(int), (at + 176.0 * POINTS_PER_MM * 8).astype(int)
    assert ((drawn[np.ix_(y, x)] < 128) == (matrix > 0)).all()


def test_a_line_is_left_for_a_telephone_number() -> None:
    pdf = cards((None, night(EVENING)))
    printed = lines(pdf)
    assert any(line.startswith("Tel.") for line in printed)
    assert held("هاتف", printed)
    to_write_on = slice(int(197 * POINTS_PER_MM * 2), int(202 * POINTS_PER_MM * 2))
    ruled = (grey(pdf)[to_write_on, 150:650] < 220).all(axis=1)
    assert np.count_nonzero(np.diff(ruled.astype(int)) == 1) == 1


@pytest.mark.parametrize(("uncertainty_m", "known"), [(100.0, True), (100.1, False)])
def test_a_place_known_roughly_has_a_box_in_place_of_its_position(
    uncertainty_m: float, known: bool
) -> None:
    rough = places().assign(uncertainty_m=uncertainty_m)
    pdf = stop_cards([(None, night(EVENING))], rough, NO_FACILITIES)
    printed = lines(pdf)
    for key, shown in (("card.map", known), ("card.to_be_fixed", not known)):
        for language in ("en", "sq", "sr-Latn"):
            assert (words.word(key, language) in printed) == shown
    assert any("42.88890" in line for line in printed) == known
    at = slice(int(177 * POINTS_PER_MM * 2), int(194 * POINTS_PER_MM * 2))
    code = grey(pdf)[at, int(9 * POINTS_PER_MM * 2) : int(26 * POINTS_PER_MM * 2)]
    assert (code < 128).any() == known


@pytest.mark.parametrize("name", ["Zve", "Qendra e mjekësisë familjare " * 4, "Ш" * 150, "<b>\n&"])
def test_no_name_leaves_the_page_or_its_place(name: str) -> None:
    drawn = grey(cards((THURSDAY, night(EVENING, MORNING)), name=name)) < 200
    edge = int(7.5 * POINTS_PER_MM * 2)
    below_band = int(25.5 * POINTS_PER_MM * 2)
    assert not drawn[below_band:, :edge].any()
    assert not drawn[below_band:, -edge:].any()
    above_rule = slice(int(58.7 * POINTS_PER_MM * 2), int(59.3 * POINTS_PER_MM * 2))
    assert not drawn[above_rule].any()


def test_no_card_holds_for_less_than_its_visits() -> None:
    nights = [(THURSDAY + timedelta(days=n), night(EVENING)) for n in range(3)]
    pdf = stop_cards(nights, places(), NO_FACILITIES, until=THURSDAY + timedelta(days=1))
    printed = " ".join(lines(pdf))
    assert "6.11." in printed
    assert "7.11." not in printed
    with pytest.raises(CardError, match="every visit is after 2026-11-04"):
        stop_cards(nights, places(), NO_FACILITIES, until=THURSDAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("when", "mark"),
    [(JULY, card_marks.sun), (DECEMBER, card_marks.moon), (None, None)],
)
def test_a_mark_says_to_who_cannot_read_whether_the_sun_is_up(
    when: date | None, mark: Callable[[FPDF, float, float, float], None] | None
) -> None:
    at_half_past_five: Row = ("evening", 1, "a", 17 * HOUR + 1800, 30)
    blank = Paper("", None)
    blank.pdf.add_page()
    if mark is not None:
        mark(blank.pdf, WIDTH / 2, 65.1, 2.4)
    # 62.5 to 67.5 mm down and 71 to 77 mm across, of eight pixels each.
    above_the_words = np.s_[500:540, 568:616]
    drawn, alone = (
        grey(pdf, scale=8 / POINTS_PER_MM)[above_the_words] < 128
        for pdf in (cards((when, night(at_half_past_five))), bytes(blank.pdf.output()))
    )
    assert (drawn == alone).mean() > 0.99
    assert drawn.any() == (mark is not None)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("one two three four five six", ["one two three", "four five six"]),
        ("Alpha beta · Gamma · Delta epsilon", ["Alpha beta · Gamma", "Delta epsilon"]),
    ],
)
def test_lines_are_even_and_no_dot_begins_or_ends_one(text: str, broken: list[str]) -> None:
    paper = Paper("", None)
    paper.pdf.add_page()
    paper.pdf.set_font("latin", "", 12)
    width = paper.pdf.get_string_width(text) * 0.9
    paper.latin(text, (10, 10, width), 12, height=12)
    assert lines(bytes(paper.pdf.output())) == broken


# Arabic


def ink(image: np.ndarray) -> np.ndarray:
    """Cut to the ink, at a size of 400 by 80."""
    dark = image < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(Image.fromarray(cut).resize((400, 80)), dtype=float)


@pytest.mark.skipif(not features.check("raqm"), reason="Pillow without Raqm sets no Arabic")
def test_arabic_is_joined_and_ordered_as_an_independent_engine_does() -> None:
    """Raqm shapes with HarfBuzz and orders with FriBidi; Pillow's basic layout does neither."""
    _, _, package, file = FONTS[0]
    path = str(resources.files(package).joinpath("files", file))
    font, plain = (
        ImageFont.truetype(path, 60, layout_engine=engine)
        for engine in (ImageFont.Layout.RAQM, ImageFont.Layout.BASIC)
    )
    texts = [entry["ar"] for key, entry in words.catalogue().items() if key.startswith(words.CARD)]
    texts = [text for text in dict.fromkeys(texts) if len(text) < 30]
    assert len(texts) > 40
    paper = Paper("", None)
    for text in texts:
        paper.pdf.add_page()
        paper.arabic(text, (4, 20, 140), 30)
    pdf = bytes(paper.pdf.output())
    for page, text in enumerate(texts):
        ours = ink(grey(pdf, page))
        image = Image.new("L", (1600, 160), 255)
        ImageDraw.Draw(image).text(
            (1580, 20), text, font=font, anchor="ra", direction="rtl", language="ar"
        )
        right = np.abs(ours - ink(np.asarray(image))).mean()
        image = Image.new("L", (1600, 160), 255)
        ImageDraw.Draw(image).text((20, 20), text, font=plain)
        wrong = np.abs(ours - ink(np.asarray(image))).mean()
        assert right < 25 < wrong, (text, right, wrong)
