"""The timetable of a patrol as its crew opens it in a spreadsheet."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import replace
from itertools import pairwise

import pytest
from studies import small_study
from studies.small_study import ABOUT, timetables

from geo.patrols.clock import hhmm
from geo.records import About
from layers.files.handling import Handling
from maps.panels import crews
from maps.panels.patrol_panel import Patrol
from maps.words.about import overdue_call
from maps.words.catalogue import LANGUAGES, word

WORDS = Handling(datetime.date(2027, 2, 23)).line()


@pytest.fixture(scope="module")
def plan() -> list[Patrol]:
    data = small_study.data()
    return timetables(small_study.findings(), data, WORDS)


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith(crews.MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(crews.MARK))))


def test_hours_both_names_and_what_to_bring_are_in_the_table(
    plan: list[Patrol],
) -> None:
    sheets = crews.sheets(plan, ABOUT, WORDS)
    assert list(sheets) == [
        "patrols/patrol_evening_1.csv", "patrols/patrol_evening_2.csv",
        "patrols/patrol_dawn_tour_1.csv",
    ]  # fmt: skip
    start, bus, *_, back, check_in = rows(sheets["patrols/patrol_evening_1.csv"])
    assert (start["Arritja / Dolazak"], start["Nisja / Polazak"]) == ("", "18:00")
    first = plan[0]
    common = [word(load, "sr-Latn") for load, stops in first.loads if not stops]
    assert start["Poneti"] == ", ".join([first.amounts.forms["sr-Latn"], *common])
    assert start["Poneti"].startswith(
        "voda 5 l, hrana 3, obuća 1, baterije 1, obrasci 1"
    )
    assert "pretpostavljeno; grupe: 1" in start["Poneti"]
    assert bus["Poneti"].startswith("voda 5 l, hrana 3, obuća 1, baterije 1")
    assert (bus["Nr. / Br."], bus["Arritja / Dolazak"], bus["Nisja / Polazak"]) == (
        "1", "18:30", "18:50",
    )  # fmt: skip
    assert bus["Ndalesa (shqip)"].startswith("Bus station sq")
    assert bus["Stajalište (srpski)"].startswith("Bus station latn")
    assert bus["Koordinatat / Koordinate"] == "42.87800, 20.86500"
    assert bus["Ngasja / Vožnja"].endswith(" km")
    assert bus["Rruga / Putem"] == "M-2 > Rruga e Pejës"
    assert back["Nisja / Polazak"] == ""
    assert (start["handling"], bus["handling"]) == (WORDS, "")
    assert check_in["Arritja / Dolazak"] == first.check_in
    assert check_in["Ndalesa (shqip)"].endswith("Duty officer, 112")


def test_who_is_called_has_the_number_of_the_study_or_room_for_it() -> None:
    assert overdue_call(ABOUT, "en") == "Duty officer, 112"
    assert (
        overdue_call(replace(ABOUT, phone="+383 1"), "sq")
        == "Duty officer, 112, +383 1"
    )
    assert overdue_call(About(phone="+383 1"), "en") == "the coordinator, +383 1"
    for language in LANGUAGES:
        nobody = overdue_call(About(), language)
        assert "______" in nobody
        assert "study.toml" not in nobody


def test_minutes_are_those_between_the_times_beside_them() -> None:
    found = small_study.findings()
    late = found.patrols.stops.copy()
    late["arrival_s"] += [20, 59, 1, 40, *[7] * (len(late) - 4)]
    late["departure_s"] += [59, 1, 40, 20, *[50] * (len(late) - 4)]
    for name in ("arrival", "departure"):
        late[name] = late[f"{name}_s"].map(hhmm)
    data = small_study.data()
    plan = replace(found, patrols=replace(found.patrols, stops=late))
    for patrol in timetables(plan, data, WORDS):
        for before, stop in pairwise(patrol.stops):
            between = [datetime.datetime.strptime(at, "%H:%M") for at in
                       (before.pause[-5:] or before.departure, stop.arrival)]  # fmt: skip
            minutes = int((between[1] - between[0]).total_seconds() // 60)
            assert stop.drive_min.forms["en"] in (
                f"{minutes} min",
                f"< {minutes + 1} min",
            )
            assert minutes or stop.drive_min.forms["en"].startswith("<")


def test_the_way_on_foot_is_in_the_table_where_it_takes_a_minute(
    plan: list[Patrol],
) -> None:
    first = plan[0]
    stops = (replace(first.stops[1], walk_s=530), replace(first.stops[1], walk_s=40))
    walked = replace(first, stops=(first.stops[0], *stops, first.stops[-1]))
    (text,) = crews.sheets([walked], ABOUT, "").values()
    heads, *made = csv.reader(io.StringIO(text.removeprefix(crews.MARK)))
    on_foot = heads.index(
        "Minuta në këmbë, një drejtim / Minuta pešice, u jednom pravcu"
    )
    assert [row[on_foot] for row in made[:4]] == ["", "4", "", ""]


def test_no_cell_is_run_as_a_formula() -> None:
    data = small_study.data("=HYPERLINK(1)")
    hostile = small_study.findings(name="=HYPERLINK(1)")
    made = timetables(hostile, data, WORDS)
    for text in crews.sheets(made, ABOUT, "").values():
        cells = [cell for row in rows(text) for cell in row.values()]
        assert any("HYPERLINK" in cell for cell in cells)
        assert not any(cell.startswith("=") for cell in cells)
