"""Files that cannot be used: a sentence with the file, the place and the fix; no traceback."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from logs import visit_log
from logs.visit_pages import kobo_rows, write_csv
from servers.small_snapshot import make
from tools.command_line import call

from layers.readers import earlier_run
from layers.readers import study as studies
from layers.readers.osm import snapshots
from mitrovica.intake import study_sightings
from mitrovica.log import imports, store

PLACES = "id,kind,name_en,lat,lon\n"
RECORDS = "id,kind,lat,lon,uncertainty_m\n"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
SQUARE = {
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "properties": {},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[20.5, 42.5], [21.2, 42.5], [21.2, 43.2], [20.5, 43.2], [20.5, 42.5]]],
        },
    }],
}  # fmt: skip


def said(*arguments: object) -> str:
    """Return what a command says that refuses its input, in sentences and with code 1 or 2."""
    result = call(*arguments)
    assert result.exit_code in (1, 2), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), (
        result.exception
    )
    assert "Traceback" not in result.output
    return result.output


def a_study(
    folder: Path, places: str = "", *, bounded: bool = True, more: str = ""
) -> Path:
    folder.mkdir(exist_ok=True)
    text = 'title = "A town"\n'
    if bounded:
        (folder / "boundary.geojson").write_text(json.dumps(SQUARE))
        text += 'boundary = "boundary.geojson"\n'
    if places:
        (folder / "places.csv").write_text(PLACES + places, "utf-8")
        text += 'places = "places.csv"\n'
    (folder / "study.toml").write_text(text + more, "utf-8")
    return folder


# Places and sightings

WRONG_PLACES = {
    "latitude 0": ("a,town,A,0,20.87", r"row 2, lat.*0.*Fix"),
    "south for north": ("a,town,A,-42.9,20.87", "row 2, lat.*-42.9.*far from"),
    "latitude for longitude": (
        "a,town,A,42.9,42.9",
        "row 2, lat, lon.*42.9, 42.9.*far from",
    ),
    "swapped": (
        "a,town,A,20.87,42.9",
        "latitude and longitude are swapped.*write lat 42.9",
    ),
    "a kind misspelt": (
        "a,staton,A,42.9,20.87",
        "kind.*'staton'.*did you mean station",
    ),
    "a kind in capitals misspelt": ("a,Crosing,A,42.9,20.87", "did you mean crossing"),
}


@pytest.mark.parametrize("bounded", [True, False], ids=["boundary", "none"])
@pytest.mark.parametrize("case", WRONG_PLACES)
def test_a_place_that_cannot_be_there_is_named(
    case: str, bounded: bool, tmp_path: Path
) -> None:
    row, message = WRONG_PLACES[case]
    others = "b,town,B,42.89,20.86\nc,town,C,42.91,20.88\nd,town,D,42.9,20.87\n"
    folder = a_study(tmp_path, f"{row}\n{others}", bounded=bounded)
    with pytest.raises(ValueError, match=message):
        studies.read(folder)


def test_places_near_the_boundary_and_far_places_of_a_wide_study_are_taken(
    tmp_path: Path,
) -> None:
    near = a_study(tmp_path / "near", "a,crossing,A,43.3,20.87\n")
    assert len(studies.read(near).places) == 1
    wide = a_study(
        tmp_path / "wide", "a,town,A,41.9,19\nb,town,B,43.9,22\n", bounded=False
    )
    assert len(studies.read(wide).places) == 2


WRONG_RECORDS = {
    "uncertainty 0": ("a,sighting,42.89123,20.87456,0", "uncertainty_m.*0.*no position"),
    "uncertainty 0 in Arabic": ("a,sighting,42.89123,20.87456,٠", "uncertainty_m"),
    "few decimals": ("a,sighting,42.89,20.87,50", "a position with 2 decimals"),
    "few decimals in Arabic": (
        f"a,sighting,{'42.89'.translate(ARABIC)},{'20.87'.translate(ARABIC)},50", "lat",
    ),
    "few decimals by an Arabic mark": (
        f"a,sighting,{'42٫89'.translate(ARABIC)},{'20٫87'.translate(ARABIC)},50", "lat",
    ),
    "an exponent": ("a,sighting,4289e-2,2087e-2,50", "a position with 2 decimals"),
    "zeros in front": ("a,sighting,0042.89,0020.87,50", "a position with 2 decimals"),
    "letters as wide as a sign": ("a,sighting,４２.８９,２０.８７,50", "lat"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_RECORDS)
def test_a_position_that_is_known_too_well_is_named(case: str, tmp_path: Path) -> None:
    row, message = WRONG_RECORDS[case]
    (tmp_path / "s.csv").write_text(RECORDS + row + "\n", "utf-8")
    report = study_sightings.check(studies.read(), [tmp_path / "s.csv"])
    assert not len(report.accepted)
    assert any(pd.Series(map(str, report.faults)).str.contains(message)), report.faults


@pytest.mark.parametrize(
    "word", ["Ahmed", "Ahmed_Khan", "12345", "0049", "x1", "person"]
)
def test_a_language_is_one_of_the_form_and_no_name_or_number(
    word: str, tmp_path: Path
) -> None:
    plan = visit_log.stops_file(tmp_path)
    page = next(p for p in visit_log.filled(5) if int(p.get("page/groups", 0)) > 0)
    rows = kobo_rows([page], visit_log.form(), ticks=False)
    rows[0]["page/group_1/language_1"] = word
    export = write_csv(rows, tmp_path / "kobo.csv", kobo=True)
    *_, report = imports.add(tmp_path / "log.gpkg", [plan, export], now=visit_log.NOW)
    assert (report.taken, report.unusable) == (0, 1)
    assert "knows no such value" in report.faults[0].problem
    assert word not in store.read(tmp_path / "log.gpkg").contacts.to_string()


# Edited plans

EDITED = "night,shift,vehicle,stop,kind\n"
STOP = "1,evening,1,station,\n"
WRONG_PLANS: dict[str, tuple[str, str, str]] = {
    "no row": ("csv", EDITED, "has no row"),
    "nothing": ("csv", "", "empty"),
    "10,000 rows": ("csv", EDITED + STOP * 10_000, "10,000 rows"),
    "a vehicle too many": ("csv", EDITED + "1,evening,1000000000,station,\n", "vehicle: '10000"),
    "a number beyond all": ("csv", EDITED + "1,evening,1e30,station,\n", "vehicle"),
    "JSON": ("json", '[{"stop": "station"}]', "is not a table. Fix: .*CSV or .*workbook"),
    "a GeoPackage": ("gpkg", "SQLite format 3\0", "is not a table. Fix: .*CSV"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_PLANS)
def test_a_plan_that_no_night_can_hold_is_refused_before_anything_is_computed(
    case: str, night: Path, tmp_path: Path
) -> None:
    suffix, text, message = WRONG_PLANS[case]
    path = tmp_path / f"plan.{suffix}"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=message) as caught:
        earlier_run.edited(path)
    assert type(caught.value).__name__ == "UserError"
    assert path.name in str(caught.value)


def test_an_edited_plan_is_a_table_by_its_content_whatever_its_ending(
    tmp_path: Path,
) -> None:
    (tmp_path / "plan.txt").write_text(EDITED + STOP)
    assert list(earlier_run.edited(tmp_path / "plan.txt")["stop"]) == ["station"]


def test_places_that_are_no_table_are_refused_as_such(tmp_path: Path) -> None:
    folder = a_study(tmp_path, "a,town,A,42.9,20.87\n")
    (folder / "places.csv").write_text(json.dumps(SQUARE))
    with pytest.raises(ValueError, match=r"places.csv: it is not a table. Fix: "):
        studies.read(folder)


# The log

START = 1764608400


def line(times: object, coordinates: object = None, **changes: object) -> str:
    """Return a track in GeoJSON: two fixes, and its times as EarthRanger writes them."""
    feature = {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": coordinates or [[20.8, 42.9]] * 2,
        },
        "properties": {"coordinateProperties": {"times": times}},
    } | changes
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


def gpx(*times: str) -> str:
    fixes = "".join(
        f'<trkpt lat="42.9" lon="{20.8 + k / 1000}"><time>{time}</time></trkpt>'
        for k, time in enumerate(times)
    )
    return f"<gpx><trk><trkseg>{fixes}</trkseg></trk></gpx>"


MARK = '"FeatureCollection" LineString"'
TWO = ["2026-12-01T17:00:00Z", "2026-12-01T17:01:00Z"]
WRONG_TRACKS = {
    "times too short": (line(TWO[:1]), r"1 times? for its 2 fixes"),
    "times too long": (line([*TWO, *TWO]), r"4 times? for its 2 fixes"),
    "times that are no list": (line("now"), "times"),
    "times of a table": (line({"a": 1}), "times"),
    "a time that is a number": (line([1, 2]), "have a place and a time"),
    "null for a feature": (
        '{"type": "FeatureCollection", "features": [null, "LineString"]}',
        "no track",
    ),
    "features as a table": (
        '{"type": "FeatureCollection", "features": {"a": "LineString"}}',
        "features are no list",
    ),
    "properties as a list": (
        line(TWO, properties=[1, 2]),
        "have a place and a time|times",
    ),
    "properties as a text": (
        line(TWO, properties="x"),
        "have a place and a time|times",
    ),
    "coordinates of texts": (line(TWO, [["a", "b"], ["c", "d"]]), "GeoJSON|place"),
    "coordinates of one number": (line(TWO, [[1], [2]]), "GeoJSON|place"),
    "coordinates as a table": (line(TWO, {"a": 1}), "GeoJSON|place"),
    "geometry as a list": (
        line(TWO, geometry=[{"type": "LineString"}]),
        "no track|GeoJSON",
    ),
    "deep JSON": ('{"FeatureCollection": ' + "[" * 100_000 + 'LineString"', "GeoJSON"),
    "numbers without an end": (
        line(TWO, [[float("inf"), 1], [2, float("nan")]]),
        "place",
    ),
    "no track": ("<gpx><wpt lat='1' lon='2'/></gpx>", "no track"),
    "a track without a fix": ("<gpx><trk><trkseg/></trk></gpx>", "0 fixes|no fix"),
    "a future track": (gpx("2027-06-01T17:00:00Z", "2027-06-01T17:01:00Z"), "future"),
    "a track of 156 days": (
        gpx("2026-07-01T17:00:00Z", "2026-12-04T17:01:00Z"),
        "156 days",
    ),
    "a place that is no number": (
        gpx(*TWO).replace('lat="42.9"', 'lat="x"'),
        "GPX|place",
    ),
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planned")
    imports.add(folder / "log.gpkg", [visit_log.stops_file(folder)], now=visit_log.NOW)
    return folder / "log.gpkg"


@pytest.mark.parametrize("case", WRONG_TRACKS)
def test_a_track_that_cannot_be_one_is_named_and_the_log_stays(
    case: str, planned: Path, tmp_path: Path
) -> None:
    text, message = WRONG_TRACKS[case]
    path = Path(shutil.copy(planned, tmp_path))
    track = tmp_path / ("track.gpx" if text.startswith("<") else "track.geojson")
    track.write_text(text)
    before = path.read_bytes()
    (report,) = imports.add(path, [track], now=visit_log.NOW)
    assert pd.Series(map(str, report.faults)).str.contains(message).any(), report.faults
    assert report.taken == 0
    assert path.read_bytes() == before


def test_a_track_that_the_log_does_not_know_is_not_withdrawn(
    planned: Path, tmp_path: Path
) -> None:
    track = tmp_path / "track.gpx"
    track.write_text(gpx(*TWO))
    output = said("log", "withdraw", track, "--log", shutil.copy(planned, tmp_path))
    assert "track.gpx" in output
    assert "the log holds none of its tracks" in output


PURGES = {
    "no day": ("", "--before"),
    "an option without its day": ("--before", "--before"),
    "a day as it is not written": ("--before 1.12.2026", "a day is written YYYY-MM-DD"),
    "a day that is not": ("--before 2026-02-30", "YYYY-MM-DD"),
    "a day to come": ("--before 2099-01-01", "is in the future"),
}


@pytest.mark.parametrize("case", PURGES)
def test_a_purge_says_what_is_wrong_with_its_day(
    case: str, planned: Path, tmp_path: Path
) -> None:
    options, message = PURGES[case]
    log = shutil.copy(planned, tmp_path)
    assert message in said("log", "purge", *options.split(), "--log", log)


def test_log_before_its_command_names_the_order(planned: Path) -> None:
    line_ = said("log", "--log", planned, "purge", "--before", "2026-01-01")
    assert f"log purge --before 2026-01-01 --log {planned}" in line_


# Snapshots


def kept(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def changed(folder: Path, **changes: object) -> None:
    record = kept(folder)
    record["layers"]["roads"] |= changes
    (folder / "manifest.json").write_text(json.dumps(record))


def is_linked(folder: Path) -> None:
    shutil.move(folder / "roads.parquet", folder.parent.parent / "roads.parquet")
    (folder / "roads.parquet").symlink_to(folder.parent.parent / "roads.parquet")


def holds_a_link(folder: Path) -> None:
    (part,) = (folder / "roads.parquet").iterdir()
    shutil.move(part, folder.parent.parent / part.name)
    part.symlink_to(folder.parent.parent / part.name)


def is_a_pipe(folder: Path) -> None:
    (part,) = (folder / "roads.parquet").iterdir()
    part.unlink()
    os.mkfifo(part)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a layer that is a link": (is_linked, "link"),
    "a part that is a link": (holds_a_link, "link"),
    "a part that is a pipe": (is_a_pipe, "missing"),
    "negative features": (lambda folder: changed(folder, features=-1), "features"),
    "negative kilometres": (lambda folder: changed(folder, kilometres=-1.0), "kilometres"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGES)
def test_a_snapshot_is_what_lies_in_its_folder_and_nothing_beside_it(
    case: str, tmp_path: Path
) -> None:
    damage, message = DAMAGES[case]
    folder = tmp_path / "store" / "good"
    snapshots.save(make("good"), tmp_path / "store")
    damage(folder)
    with pytest.raises(snapshots.SnapshotError, match=message):
        snapshots.load(tmp_path / "store", "good")


# What is no file


@contextmanager
def pipe(path: Path) -> Iterator[Path]:
    """Make a pipe into which somebody writes nothing, so that no reader waits for ever."""
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.open("wb").close(), daemon=True)
    writer.start()
    try:
        yield path
    finally:
        # Open until the writer is through, which may begin to wait only now.
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer.join(60)
        os.close(reader)


PIPES = {
    "study.toml": "run {folder} --out {out}",
    "places.csv": "run {folder} --out {out}",
    "parameters.toml": "run {study} --config {pipe} --out {out}",
    "people.toml": "plan crews --from {run} --people {pipe}",
    "log.gpkg": "log --log {pipe}",
    "other.gpkg": "log merge {pipe} --log {log}",
    "page.csv": "log add {pipe} --log {log}",
    "track.gpx": "log withdraw {pipe} --log {log}",
    "area.geojson": "init {out} --area {pipe}",
    "edited.csv": "plan check {pipe} --from {run}",
    "edited.json": "plan check {pipe} --from {run}",
    "roads.osm.pbf": "fetch --from {pipe} --area mitrovica --store {out}",
    "sightings.csv": "run check {pipe}",
    "sightings.xlsx": "run check {pipe}",
}


@pytest.mark.parametrize("name", PIPES)
def test_a_pipe_where_a_file_is_expected_is_named_and_never_waited_for(
    name: str, town: None, town_run: tuple[Path, str], planned: Path, tmp_path: Path
) -> None:
    folder = a_study(tmp_path / "folder", more='places = "places.csv"\n')
    at = folder / name
    if name == "study.toml":
        at.unlink()
    with pipe(at):
        names = {
            "folder": folder, "pipe": at, "out": tmp_path / "out", "log": planned,
            "run": town_run[0], "study": town_run[0].parent / "study",
        }  # fmt: skip
        output = said(*PIPES[name].format(**names).split())
    assert name in output
    assert "a folder, a pipe or a device" in output


@pytest.mark.parametrize("suffix", ["csv", "geojson"])
def test_five_thousand_columns_are_refused_before_they_are_looked_through(
    suffix: str, tmp_path: Path
) -> None:
    names = [f"c{k}" for k in range(5_000)]
    path = tmp_path / f"s.{suffix}"
    path.write_text(
        f"{RECORDS.strip()},{','.join(names)}\na,sighting,42.89123,20.87456,20\n"
    )
    if suffix == "geojson":
        properties = {
            "id": "a",
            "kind": "sighting",
            "uncertainty_m": 20,
        } | dict.fromkeys(names, "x")
        point = {"type": "Point", "coordinates": [20.87456, 42.89123]}
        feature = {"type": "Feature", "geometry": point, "properties": properties}
        path.write_text(
            json.dumps({"type": "FeatureCollection", "features": [feature]})
        )
    report = study_sightings.check(studies.read(), [path])
    assert "it has more than 2,000 columns" in str(report.faults[0])
    assert not len(report.accepted)
