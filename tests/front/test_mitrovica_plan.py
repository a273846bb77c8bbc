"""Planning again from what a run wrote, comparing plans, printing the map: as a user does."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pypdfium2
import pytest
from folders import digests
from icalendar import Calendar
from studies.november import ADDED, DAYS, ORDER, QUICK, SECOND_ONLY, SUSPENDED, made_on
from studies.town import PLANTED
from tools.command_line import call, passed
from typer.testing import Result

from layers import readers
from layers.complaints import UserError
from maps.cards import cards

pytestmark = pytest.mark.usefixtures("town")

ONE = QUICK + "patrols.vehicles = 1\n"
DATED = ("--date", DAYS[0])
Planned = tuple[Path, str]
"""The folder of a plan, and what was printed."""


@pytest.fixture(scope="module")
def run(one_night: tuple[Path, str]) -> Path:
    """Return the folder of a run of the month of the dated plans, whatever the day is today."""
    return one_night[0] / "run"


@pytest.fixture(scope="module")
def planned(one_night: tuple[Path, str]) -> Planned:
    """Return a plan that was made where the user has a file of the people who work on patrols."""
    return one_night[0] / "plan", one_night[1]


@pytest.fixture(scope="module")
def nights(two_nights: tuple[Path, str]) -> Planned:
    return two_nights[0] / "plan", two_nights[1]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the parameters of one vehicle."""
    path = tmp_path_factory.mktemp("config") / "one.toml"
    path.write_text(ONE)
    return path


def timetable(folder: Path) -> list[dict[str, str]]:
    with (folder / "patrol_plan.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


# One night


def test_a_plan_leaves_a_folder_of_its_own_and_the_run_as_it_was(
    run: Path, planned: Planned
) -> None:
    out, _ = planned
    before = json.loads((out.parent / "before.json").read_text("utf-8"))
    assert before == digests(run)
    files = set(digests(out))
    assert files >= {
        "map.html", "crew.html", "study.gpkg", "patrol_plan.csv", "data_dictionary.md",
        "manifest.json",
        "stop_cards.pdf", "layers/patrol_stops.geojson", "layers/patrol_legs.geojson",
        "patrols/patrol_2026-11-02_evening_1.gpx", "patrols/vehicle_1.ics", "report.md",
        "forms/visit.xlsx", "forms/stops.csv",
    }  # fmt: skip
    assert "layers/sightings.geojson" not in files
    record = manifest(out)
    assert files == {entry["file"] for entry in record["outputs"]} | {"manifest.json"}
    assert record["made_by"] == "plan"
    assert record["parameters"]["patrols"]["date"] == DAYS[0]
    assert record["inputs"] == {"runs": 1, "parameter files": 1, "logs": 0}
    assert {row["date"] for row in timetable(out)} == {DAYS[0]}


def test_a_plan_tells_timetable_measures_reasons_and_how_little_it_rests_on(
    planned: Planned,
) -> None:
    printed = planned[1]
    assert printed.startswith(
        "First patrol: Evening, vehicle 1, leaves DCAM regional coordinator"
    )
    assert "Evening, vehicle 1: leaves DCAM regional coordinator" in printed
    assert "of the need index lies within 500 m of a stop" in printed
    assert "5 sightings prove little" in printed
    # One line says how it differs from the plan of the run.
    different = ("Against the plan of the run", "No difference from")
    (change,) = [line for line in printed.splitlines() if line.startswith(different)]
    report = (planned[0] / "report.md").read_text("utf-8")
    assert f"- {change}" in report
    assert "driving to the nearest stop each time" in report
    remedies = report.split("what would admit them")[1]
    assert (
        "a shift " in remedies
        or "one vehicle more" in remedies
        or "nothing small" in remedies
    )


def test_every_table_of_a_plan_is_in_its_geopackage_and_its_dictionary(
    planned: Planned,
) -> None:
    out = planned[0]
    names = {name for name, _ in pyogrio.list_layers(out / "study.gpkg")}
    assert names >= {
        "patrol_stops", "patrol_legs", "patrol_left_out", "stop_need",
        "patrol_measures", "patrol_trade_off",
    }  # fmt: skip
    text = (out / "data_dictionary.md").read_text("utf-8")
    assert "## patrol_measures" in text
    assert "## sightings" not in text


@pytest.mark.proof
def test_the_same_plan_is_made_again(
    run: Path, tmp_path: Path, planned: Planned
) -> None:
    out, quick = tmp_path / "plan", run.parent / "quick.toml"
    call("plan", "--from", run, "--config", quick, *DATED, "--out", out)
    # These hold the time of planning.
    timed = {"manifest.json", "study.gpkg", "forms/visit.xlsx"}
    first, again = digests(planned[0]), digests(out)
    assert {k: v for k, v in first.items() if k not in timed} == {
        k: v for k, v in again.items() if k not in timed
    }


@pytest.fixture(scope="module")
def following(
    run: Path, tmp_path_factory: pytest.TempPathFactory, planned: Planned
) -> tuple[Path, Result]:
    """Return the folder of a plan, with a file of the user's own and one that was edited, that the
    next plan then takes: two nights of one vehicle, without a date.
    """
    folder = tmp_path_factory.mktemp("next")
    out, config = (shutil.copytree(planned[0], folder / "plan"), folder / "nights.toml")
    (out / "notes.txt").write_text("mine")
    (out / "patrol_plan.csv").write_text("corrected by hand")
    config.write_text(
        "fortnight = {iterations = 20, nights = 2, advised_visits = 0}\n" + ONE
    )
    return out, call("plan", "--from", run, "--config", config, "--out", out)


def test_the_next_plan_takes_the_place_of_a_plan_and_keeps_what_was_edited(
    following: tuple[Path, Result],
) -> None:
    out, result = following
    assert result.exit_code == 0, result.output
    left = digests(out)
    assert {row["vehicle"] for row in timetable(out)} == {"1"}
    assert "notes.txt" in left
    assert not [name for name in left if name.endswith((".ics", "_2.gpx"))]
    (kept,) = out.glob("patrol_plan (edited *).csv")
    assert kept.read_text() == "corrected by hand"
    assert f"A file that you had edited is kept as {kept}" in result.output


# Several nights


def test_several_nights_have_one_timetable_and_files_for_every_night(
    nights: Planned,
) -> None:
    out, output = nights
    rows = pd.DataFrame(timetable(out))
    assert rows.groupby("night")["date"].unique().map(list).to_dict() == {
        "1": [DAYS[0]], "2": [DAYS[1]],
    }  # fmt: skip
    visits = pyogrio.read_dataframe(out / "study.gpkg", layer="patrol_visits")
    assert (visits["visits"] >= visits["quota"]).all()
    assert visits["quota"].max() == 1
    counted = rows[rows["service_s"] != "0"].groupby("stop").size()
    assert (
        counted.to_dict()
        == visits.query("visits > 0").set_index("stop")["visits"].to_dict()
    )
    patrols = rows.groupby(["night", "shift", "vehicle"]).ngroups
    assert len(list((out / "patrols").glob("patrol_2026-1*.gpx"))) == patrols
    stops = pyogrio.read_dataframe(out / "study.gpkg", layer="patrol_stops")
    assert stops["id"].is_unique
    assert "2 nights, visits to each stop" in output
    assert "every minimum is met" in output
    assert (out / "stop_cards.pdf").read_bytes().startswith(b"%PDF")


def served(folder: Path, night: int, vehicle: int) -> list[str]:
    return [
        row["stop"]
        for row in timetable(folder)
        if (row["night"], row["vehicle"]) == (f"{night}", f"{vehicle}")
        and row["service_s"] != "0"
    ]


def test_what_holds_in_some_nights_only(nights: Planned) -> None:
    out, output = nights
    (said,) = re.findall(r"^Suspended: .*$", output, re.MULTILINE)
    assert "stop_cards.pdf" in said
    assert served(out, 2, 1) == [*ORDER]
    second = {*ORDER, *served(out, 2, 2)}
    first = {*served(out, 1, 1), *served(out, 1, 2)}
    assert SUSPENDED in first - second
    assert ADDED not in first
    with pypdfium2.PdfDocument(out / "stop_cards.pdf") as cards:
        assert "No help here any more" in cards[0].get_textpage().get_text_range()
    minutes = {row["service_s"] for row in timetable(out) if row["stop"] == ORDER[0]}
    assert minutes - {"0"} == {f"{35 * 60}"}


def test_a_night_of_several_is_checked_by_what_holds_in_it(
    nights: Planned, tmp_path: Path
) -> None:
    out, config = nights[0], nights[0].parent / "second.toml"
    run = out.parent / "run"
    check = ("plan", "check", out / "patrol_plan.csv", "--from", run, "--against", out)
    assert "the plan has 2 nights" in call(*check, "--config", config).output
    of_second = pd.read_csv(out / "patrol_plan.csv", dtype=str).query("night == '2'")
    of_second.to_csv(edited := tmp_path / "edited.csv", index=False)
    check = (
        "plan",
        "check",
        edited,
        "--from",
        run,
        "--against",
        out,
        "--config",
        config,
    )
    kept = passed(*check, *DATED)
    lines = tomllib.loads(kept.output.split(".toml:\n")[1])["patrols"]["some_nights"]
    assert lines[0]["nights"] == [2]
    assert lines[0]["lock_order"][0] == {
        "shift": "evening",
        "vehicle": 1,
        "stops": [*ORDER],
    }
    of_second.replace(ORDER[0], SUSPENDED).to_csv(edited, index=False)
    assert f"{SUSPENDED} is dropped or suspended in this night" in " ".join(
        call(*check).output.split()
    )
    assert SUSPENDED in {row["stop"] for row in timetable(out)}
    (third := tmp_path / "third.toml").write_text(SECOND_ONLY.replace("[2]", "[3]"))
    late = call("plan", "--from", run, "--config", third, "--nights", 2, *DATED)
    assert "names night 3, and 2 nights are planned" in " ".join(late.output.split())


def test_a_vehicle_s_calendar_holds_all_its_nights(nights: Planned) -> None:
    out = nights[0]
    rows = pd.DataFrame(timetable(out))
    for vehicle, mine in rows.groupby("vehicle"):
        path = out / "patrols" / f"vehicle_{vehicle}.ics"
        events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
        # The depot's two rows of each patrol are one event.
        expected = len(mine) - len(mine.groupby(["night", "shift"]))
        assert len(events) == expected
        assert len({str(event["uid"]) for event in events}) == expected
        spread = {event.start.date().isoformat() for event in events}
        assert spread <= {*DAYS, "2026-11-04"}


def test_the_map_holds_every_night(nights: Planned) -> None:
    out, _ = nights
    html = (out / "map.html").read_text("utf-8")
    patrols = (
        pd.DataFrame(timetable(out)).groupby(["night", "shift", "vehicle"]).ngroups
    )
    assert html.count('<div class="patrol') == patrols
    options = r'<option value="([12])" data-w="[^"]+">([^<]+)</option>'
    nights = [("1", "Mon 2 Nov"), ("2", "Tue 3 Nov")]
    assert re.findall(options, html)[:2] == nights
    assert "The map shows every night" in (out / "report.md").read_text("utf-8")


def test_nights_without_a_date_are_numbered(following: tuple[Path, Result]) -> None:
    out, _ = following
    assert {(row["night"], row["date"]) for row in timetable(out)} == {
        ("1", ""),
        ("2", ""),
    }
    assert not list((out / "patrols").glob("*.ics"))
    assert not (out / "stop_cards.pdf").exists()


# Until when stop cards hold


TOO_LATE = (
    "Map and stop cards are valid until 12 October 2026, 90 days after the analysis of 14 July "
    "2026: no card tells of the visits on 2 November 2026. "
    "Fix: mitrovica run again, on 4 August 2026 or later"
)


def test_no_card_is_made_of_visits_after_the_day_until_which_cards_hold(
    run: Path, planned: Planned
) -> None:
    left, stops = (
        readers.earlier_run.read(run),
        readers.earlier_run.timetable(planned[0]),
    )
    params, _ = readers.config.for_plan(left.parameters, None)
    patrols = replace(left.findings.patrols, stops=stops)
    data = left.data(readers.study.read(), params, None)
    late = cards(patrols, data, params, made=date(2026, 7, 14))
    assert late.pdf() is None
    assert late.late == [TOO_LATE]


@pytest.mark.proof
def test_cards_are_not_printed_for_visits_after_the_day_until_which_they_hold(
    run: Path, one: Path, tmp_path: Path
) -> None:
    july, out = made_on("2026-07-14", run, tmp_path / "run"), tmp_path / "plan"
    result = passed("plan", "--from", july, "--config", one, *DATED, "--out", out)
    (line,) = [line for line in result.output.splitlines() if "stop cards" in line]
    assert line == TOO_LATE
    assert not (out / "stop_cards.pdf").exists()


@pytest.mark.proof
def test_of_nights_about_the_last_day_the_earlier_are_on_the_cards(
    run: Path, tmp_path: Path
) -> None:
    config, out = tmp_path / "nights.toml", tmp_path / "plan"
    config.write_text("fortnight = {iterations = 20, advised_visits = 0}\n" + ONE)
    august = made_on("2026-08-04", run, tmp_path / "run")
    result = passed(
        "plan",
        "--from",
        august,
        "--config",
        config,
        "--nights",
        3,
        *DATED,
        "--out",
        out,
    )
    # The fix that the test above expects helps: the visits of 2 November are on the cards.
    assert "the visits from 3 November 2026 to 4 November 2026. Fix" in result.output
    assert "on 6 August 2026 or later" in result.output
    pages = list(pypdfium2.PdfDocument(out / "stop_cards.pdf"))
    printed = [page.get_textpage().get_text_range() for page in pages]
    first = {row["stop"] for row in timetable(out) if row["night"] == "1"}
    assert len(pages) == len(first - {"dcam_coordinator"})
    for text in printed:
        assert "2.11.2026" in text
        assert "3.11." not in text
        assert "4.11." not in text


# Comparing


def test_what_differs_between_two_folders_is_listed_visit_by_visit(
    run: Path, nights: Planned, tmp_path: Path
) -> None:
    same = call("plan", "--compare", run, run)
    assert (same.exit_code, same.output) == (0, "No difference.\n")
    result = passed("plan", "--compare", run, nights[0])
    lines = result.output.splitlines()
    # The run has one night: the nights that both have are compared, the other is named.
    assert "Only the second has 1 more night." in lines
    assert not [line for line in lines if line.startswith("night 2")]
    missing = call("plan", "--compare", run, tmp_path)
    assert missing.exit_code == 2
    assert "nothing was run there" in missing.output


# What cannot be planned


def test_a_folder_that_is_no_run_s_is_refused(
    run: Path, tmp_path: Path, planned: Planned
) -> None:
    for folder, fault in (
        (tmp_path, "nothing was run there"),
        (planned[0], "written by a plan"),
    ):
        result = call("plan", "--from", folder, "--out", tmp_path / "out")
        assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
        assert fault in result.output


def test_a_snapshot_that_is_gone_is_named(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("findings.json", "study.gpkg"):
        shutil.copy(run / name, copy)
    shutil.copytree(run / "rasters", copy / "rasters")
    record = manifest(run)
    record["source"] |= {"kind": "snapshot", "id": "overpass-20261120"}
    record["outputs"] = []
    (copy / "manifest.json").write_text(json.dumps(record))
    result = call("plan", "--from", copy, "--store", tmp_path / "store")
    assert result.exit_code == 2
    assert f"no snapshot 'overpass-20261120' in {tmp_path / 'store'}" in result.output
    assert "--snapshot" in result.output


BAD = {
    "no vehicle": ("patrols.vehicles = 0", "patrols.vehicles: found 0"),
    "unreachable": (
        "fortnight.visits.crossing_gllobocice = 1\nfortnight.advised_visits = 0",
        "no patrol can visit: crossing_gllobocice (far_from_road). Known: ",
    ),
    "unknown stop": ('patrols.add_stops = ["nowhere"]', "no public or service place"),
    "window before the shift": (
        'patrols.windows = [{stop = "gate1_jarinje", start = "12:00", end = "15:00"}]',
        "no window of gate1_jarinje can be met",
    ),
    "service": (
        "patrols.service_min.monitoring_point = 600",
        "the service at a monitoring_point takes 600 min and the longest shift has 300 min",
    ),
    "short shift": (
        'patrols.shifts = [{name = "evening", end = "18:21"}]\n'
        "patrols.service_min = {monitoring_point = 21, station = 21, public_stop = 21, "
        "crossing = 21}",
        "no stop can be visited within a shift",
    ),
    "break": (
        'patrols.shifts = [{name = "evening", break_min = 400}]',
        "the break of evening takes 400 min and the shift has 300 min",
    ),
    "break outside": (
        'patrols.shifts = [{name = "evening", break_min = 20, break_from = "02:00"}]',
        "ends after the shift does, at 23:00. Smallest change",
    ),
    "no weight of what was found": (
        "need.observed = 0",
        "need.observed: found 0. There is no such key",
    ),
    "depot outside": ('patrols.depot = "crossing_jarinje"', "outside the boundary. Fix"),
    "quotas": (
        "fortnight = {nights = 1, advised_visits = 0, visits = {gate1_jarinje = 9}}\n",
        "gate1_jarinje is to be visited 9 times, but only 4 shifts",
    ),
    "quotas beyond a shift": (
        'patrols.vehicles = 1\npatrols.shifts = [{name = "evening", end = "21:00"}]\n'
        "fortnight.advised_visits = 2\nfortnight.iterations = 20\n"
        "patrols.service_min.monitoring_point = 34\n",
        "night 1, evening: no plan visits bus_station_mitrovica, taxi_mitrovica_south",
    ),
    "quotas beyond time": (
        "fortnight.advised_visits = 4\npatrols.service_min.monitoring_point = 200\n",
        "min of service, and 2 nights have",
    ),
    "no date": (
        'patrols.shifts = [{name = "evening", start = "sunset"}]',
        "needs a date, such as date = 2026-11-30",
    ),
    "names": (
        'patrols.shifts = [{name = "evening"}, {name = "evening"}]', "two shifts are called evening"
    ),
    "closed road": ('patrols.closed_roads = ["x"]', "no road of this network. Known"),
    "analysis": ("hotspots.simulations = 25", "[hotspots] changes the analysis"),
    "zone": ('patrols.time_zone = "Mars"', "is not a time zone"),
    "typing error": ("patrols.vehicels = 3", "patrols.vehicels: found 3"),
}  # fmt: skip


FEASIBILITY = (
    "window before the shift", "service", "short shift", "break outside", "quotas",
    "quotas beyond time",
)  # fmt: skip
"""Refused as others of those above are, before any route is sought; each has a test in `geo`."""
OF_STOPS = ("unknown stop", "closed road", "break", "no date")
"""Refused as a stop or a depot is, when a night is prepared; each has a test in `geo`."""
CHECKED_ALIKE = (
    "names", "zone", "no vehicle", "typing error", "no weight of what was found",
)  # fmt: skip
"""Wrong values, refused when parameters are read, as those of the analysis are."""
MORE = FEASIBILITY + OF_STOPS + CHECKED_ALIKE


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.proof if name in MORE else ())
        for name in BAD
    ],
)
def test_a_parameter_that_no_plan_can_follow_is_named_with_the_smallest_change(
    name: str, run: Path, tmp_path: Path
) -> None:
    line, fault = BAD[name]
    config = tmp_path / "bad.toml"
    config.write_text(line)
    several = ("--nights", 2) if "fortnight" in line else ()
    quiet = ("--quiet", "--out", tmp_path / "p")
    result = call("plan", "--from", run, "--config", config, *several, *quiet)
    assert result.exit_code == 2, result.output
    assert fault in result.output
    assert len(result.output.splitlines()) == 1
    assert not (tmp_path / "p").exists()


# The map on paper


def test_the_map_is_printed(run: Path, tmp_path: Path) -> None:
    from tools.browser import executable

    executable()
    pdf = tmp_path / "night.pdf"
    result = passed(
        "map", "--from", run, "--pdf", pdf, "--paper", "a3", "--language", "sr"
    )
    assert pdf.read_bytes().startswith(b"%PDF")
    assert f"Wrote {pdf}" in result.output


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        (("--paper", "a5"), "--paper a5: say 'a4' or 'a3'"),
        (("--language", "tr"), "no language 'tr'"),
    ],
)
def test_a_word_that_printing_does_not_know_is_refused(
    option: tuple[str, str], fault: str, run: Path
) -> None:
    result = call("map", "--from", run, *option)
    assert result.exit_code == 2
    assert result.output.startswith(fault)


# People first


def test_no_file_of_a_plan_tells_of_those_who_work_on_patrols(planned: Planned) -> None:
    """Neither manifest nor map nor any export."""
    files = [path for path in planned[0].rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert b"legal_adviser" not in content
        assert b"people.toml" not in content


def test_a_plan_holds_no_recorded_position_and_no_word_about_people(
    town_run: tuple[Path, str], planned: Planned
) -> None:
    study, plan = town_run[0].parent / "study", planned[0]
    records = pd.read_csv(study / "sightings.csv", dtype=str)
    assert (
        records[["clothing", "note"]].map(lambda text: PLANTED in text).all(axis=None)
    )
    assert set(records["date_from"]) | set(records["date_to"]) == {
        "2021-10-01",
        "2021-11-15",
    }
    for path in filter(Path.is_file, plan.rglob("*")):
        content = path.read_bytes()
        assert PLANTED.encode() not in content, path.name
        if path.suffix not in (".html", ".pdf", ".xlsx"):
            assert not [id_ for id_ in records["id"] if id_.encode() in content], (
                path.name
            )
        assert b"2021-10-" not in content, path.name
        assert b"2021-11-" not in content, path.name
        # Each alone may be a vertex of a road.
        for lat, lon in records[["lat", "lon"]].to_numpy():
            assert (
                lat[:-1].encode() not in content or lon[:-1].encode() not in content
            ), path.name
    exact = records[["lon", "lat"]].astype(float).to_numpy()
    stops = pyogrio.read_dataframe(plan / "study.gpkg", layer="patrol_stops")
    away = np.abs(stops.get_coordinates().to_numpy()[:, None] - exact).max(axis=2)
    assert away.min() > 1e-5
    with closing(sqlite3.connect(plan / "study.gpkg")) as gpkg:
        names = {row[0] for row in gpkg.execute("SELECT table_name FROM gpkg_contents")}
    assert {"sightings", "reported_density", "hotspots", "need"}.isdisjoint(names)


def test_an_edited_plan_is_checked_and_weighed_and_a_row_that_somebody_added_needs_no_kind(
    run: Path, tmp_path: Path
) -> None:
    rows = pd.read_csv(run / "patrol_plan.csv", dtype=str)
    file = tmp_path / "edited.csv"
    rows.to_csv(file, index=False, sep=";")
    same = passed("plan", "check", file, "--from", run)
    assert "keeps every rule" in same.output
    assert "No difference." in same.output
    stop, *_, last = rows.index[rows["service_s"] != "0"]
    # A row that somebody added has the name of a stop only.
    bare = rows.drop(index=stop)
    bare.loc[last, ["kind", "arrival", "departure", "service_s"]] = None
    bare.to_csv(file, index=False)
    fewer = passed("plan", "check", file, "--from", run)
    assert f"{rows['name'][stop]} is dropped" in fewer.output.replace("\n", " ")
    assert tomllib.loads(fewer.output.split(".toml:\n")[1])["patrols"][
        "lock_order"
    ] == orders(rows.drop(index=stop))


def orders(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Return ``lock_order`` of a timetable that was read as text."""
    served = rows[rows["service_s"] != "0"].groupby(["shift", "vehicle"], sort=False)[
        "stop"
    ]
    return [
        {"shift": shift, "vehicle": int(vehicle), "stops": stops.tolist()}
        for (shift, vehicle), stops in served
    ]


def test_times_that_somebody_changed_and_a_second_visit_are_found(
    run: Path, tmp_path: Path
) -> None:
    rows, file = (
        pd.read_csv(run / "patrol_plan.csv", dtype=str),
        tmp_path / "edited.csv",
    )
    stop, *_, other = rows.index[rows["service_s"] != "0"]
    longer = rows.copy()
    longer.loc[stop, "departure"] = "23:59"
    pd.concat([longer, rows.loc[[other]]]).to_csv(file, index=False)
    found = call("plan", "check", file, "--from", run)
    assert found.exit_code == 1
    driven, typed = (
        frame.loc[stop, ["arrival", "departure"]] for frame in (rows, longer)
    )
    said = " ".join(found.output.split())
    assert (
        f"is there {' to '.join(driven)}, not {' to '.join(typed)} as the file says"
        in said
    )
    assert "is visited twice" in said


def test_a_file_that_is_no_plan_is_refused(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "edited.csv"
    rows = pd.read_csv(run / "patrol_plan.csv", dtype=str)
    rows.drop(columns="vehicle").to_csv(file, index=False)
    with pytest.raises(UserError, match="has no column vehicle"):
        readers.earlier_run.edited(file)
    rows.assign(vehicle="first").to_csv(file, index=False)
    bad = call("plan", "check", file, "--from", run)
    assert bad.exit_code == 2
    assert "row 2, vehicle" in bad.output


ANALYSIS = {
    "geo.access", "geo.chance", "geo.corridors.comparison", "geo.corridors.monte_carlo",
    "geo.hotspots", "geo.omissions", "geo.patterns", "geo.presence", "geo.study",
    "geo.tiles", "mitrovica.masks",
}  # fmt: skip
"""Rooms and modules that a plan without a log waits for only if it draws what they measured."""


def test_a_plan_without_a_log_imports_no_analysis(
    town_run: tuple[Path, str], tmp_path: Path
) -> None:
    """In a process of its own, up to where the map is drawn, which shows bands and walks."""
    code = f"""
import sys
from pathlib import Path
from mitrovica import story

def step(name):
    if name == "map":
        print(*sys.modules)
        sys.exit()

run = Path({str(town_run[0])!r})
asked = story.Plan(from_=run, study=run.parent / "study", out=Path("plan"), no_log=True)
story.plan(asked, story.Watch(step))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = done.stdout.split()
    assert "geo.patrols.proposal" in imported
    assert ANALYSIS & {*imported} == set()
