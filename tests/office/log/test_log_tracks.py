"""Tracks of phones and of EarthRanger: whose they are, once only, and what is wrong with them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from logs import visit_log, visit_pages

from geo.schema import LOG_PRESENCE
from layers.complaints import UserError
from layers.readers.tabular.parsing import Fault, UnreadableError
from mitrovica.log import imports, retention, store, tracks

START = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


def osmand(lon: float = 20.81, start: datetime = START, fixes: int = 60) -> bytes:
    """Return a track as OsmAnd writes it, with its own extensions."""
    points = "".join(
        f'<trkpt lat="{42.9 + k * 1e-4:.7f}" lon="{lon + k * 1e-3:.7f}"><ele>510.2</ele>'
        f"<time>{start + timedelta(seconds=60 * k):%Y-%m-%dT%H:%M:%SZ}</time><hdop>4.1</hdop>"
        "<extensions><osmand:speed>8.3</osmand:speed></extensions></trkpt>"
        for k in range(fixes)
    )
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>"
        '<gpx version="1.1" creator="OsmAnd 4.8" xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:osmand="https://osmand.net/docs/technical/osmand-file-formats/osmand-gpx">'
        f"<metadata><name>2026-12-01</name></metadata><trk><trkseg>{points}</trkseg></trk></gpx>"
    ).encode()


def earthranger(data: bytes) -> bytes:
    """Return the same fixes as EarthRanger's patrols export them."""
    ((_, line),), _ = tracks.read(data)
    times = [datetime.fromtimestamp(z, UTC).isoformat() for *_, z in line.coords]
    feature = {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [[x, y] for x, y, _ in line.coords],
        },
        "properties": {"title": "Patrol 7", "coordinateProperties": {"times": times}},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_a_track_has_the_places_and_times_that_gdal_reads(tmp_path: Path) -> None:
    ((_, line),), faults = tracks.read(osmand())
    assert not faults
    (tmp_path / "track.gpx").write_bytes(osmand())
    points = pyogrio.read_dataframe(tmp_path / "track.gpx", layer="track_points")
    seconds = points["time"].astype("datetime64[ms, UTC]").astype("int64") / 1000
    theirs = np.column_stack([points.geometry.x, points.geometry.y, seconds])
    np.testing.assert_allclose(shapely.get_coordinates(line, include_z=True), theirs)


def test_geojson_of_earthranger_holds_the_same_track() -> None:
    assert tracks.is_tracks(earthranger(osmand()))
    assert tracks.read(earthranger(osmand()))[0] == tracks.read(osmand())[0]


def test_a_track_is_of_the_patrol_that_it_goes_with_and_is_taken_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.gpkg"
    near, morning = (tmp_path / f"{name}.gpx" for name in ("near", "morning"))
    aside = tmp_path / "aside.gpx"
    near.write_bytes(osmand())
    aside.write_bytes(osmand(lon=20.93))
    morning.write_bytes(osmand(start=datetime(2026, 12, 2, 3, 0, tzinfo=UTC)))
    same = tmp_path / "same.geojson"
    same.write_bytes(earthranger(osmand()))
    files = [visit_log.stops_file(tmp_path), near, aside, morning, same]
    reports = imports.add(path, files, now=visit_log.NOW)
    assert [report.kind for report in reports] == ["plan", *["tracks"] * 4]
    assert [report.taken for report in reports[1:]] == [1, 1, 1, 0]
    assert reports[-1].repeated == 1
    log = store.read(path)
    who = (
        log.tracks[["date", "shift", "vehicle"]]
        .astype(object)
        .fillna("?")
        .to_numpy()
        .tolist()
    )
    # The second night begins in the evening of the day before.
    assert sorted(map(tuple, who)) == [
        ("2026-12-01", "?", "?"), ("2026-12-01", "early_morning", 1), ("2026-12-01", "evening", 1),
    ]  # fmt: skip
    before = path.read_bytes()
    (again,) = imports.add(path, [near], now=visit_log.NOW)
    assert (again.taken, again.repeated) == (0, 1)
    assert path.read_bytes() == before


def _only(
    read: tuple[list[tracks.Track], list[Fault]],
) -> tuple[tracks.Track, list[Fault]]:
    (track,), faults = read
    return track, faults


def test_a_track_without_times_is_listed_and_fixes_without_one_are_counted(
    tmp_path: Path,
) -> None:
    one = osmand(fixes=5).replace(
        b"<time>2026-12-01T17:02:00Z</time>", b"<time>today</time>"
    )
    lines, (fault,) = tracks.read(one)
    assert len(lines[0][1].coords) == 4
    assert (
        fault.problem == "1 of its 5 fixes lack a place or a time; the others are taken"
    )
    for place, beyond in (
        (b'lat="', b'lat="90.5" was="'),
        (b'lon="', b'lon="180.5" was="'),
    ):
        (_, line), (fault,) = _only(
            tracks.read(osmand(fixes=5).replace(place, beyond, 1))
        )
        assert len(line.coords) == 4, "one fix lies nowhere on earth"
        assert fault.problem.startswith("1 of its 5 fixes lack")
    route = osmand(fixes=5).replace(b"<time>", b"<cmt>").replace(b"</time>", b"</cmt>")
    lines, (fault,) = tracks.read(route)
    assert not lines
    assert fault.problem == "of its 5 fixes 0 have a place and a time"
    assert "time of each fix" in fault.fix


@pytest.mark.parametrize(
    "time", ["\ud800", "٢٠٢٦-12-01", 2026, ["2026-12-01"], {}, None, "\0"]
)
def test_a_time_that_is_none_is_counted(time: object) -> None:
    line = {"type": "LineString", "coordinates": [[20.81, 42.9]] * 3}
    about = {"times": [time, "2026-12-01T17:00:00Z", "2026-12-01T17:01:00Z"]}
    one = {"type": "Feature", "geometry": line, "properties": about}
    (_, (fault,)) = tracks.read(json.dumps({"features": [one]}).encode())
    assert (
        fault.problem == "1 of its 3 fixes lack a place or a time; the others are taken"
    )


@pytest.mark.parametrize(
    "data", [b"<gpx><trk>", b'{"FeatureCollection": "LineString"}']
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    assert tracks.is_tracks(data)
    with pytest.raises(UnreadableError, match="export it again"):
        tracks.read(data)


def test_a_bomb_of_entities_is_refused() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        f'<!DOCTYPE gpx [<!ENTITY e0 "aaaaaaaaaa">{levels}]><gpx><trk>&e9;</trk></gpx>'
    )
    with pytest.raises(UnreadableError):
        tracks.read(bomb.encode())


def test_the_plan_has_its_two_patrols() -> None:
    assert visit_pages.plan(1)["shift"].unique().tolist() == [
        "evening",
        "early_morning",
    ]


WRONG = {
    "another year": (osmand(start=START - timedelta(days=365)), "the log has no plan"),
    "another area": (osmand(lon=21.9), "km or more from every stop planned for 2026-12-01"),
    "jumps to and fro": (
        re.sub(rb'lat="42.9(\d\d[02468])', rb'lat="44.9\1', osmand()), "jump, or go back",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_track_that_cannot_be_of_a_patrol_is_named_and_not_taken(
    path: Path, tmp_path: Path, what: str
) -> None:
    data, problem = WRONG[what]
    (tmp_path / "track.gpx").write_bytes(data)
    (report,) = visit_log.add(path, tmp_path / "track.gpx")
    assert (report.taken, report.unusable) == (0, 1)
    assert problem in report.faults[0].problem
    assert report.faults[0].file == "track.gpx"
    assert report.faults[0].fix


def test_a_track_with_few_wrong_fixes_is_named_and_taken_as_it_is(
    path: Path, tmp_path: Path
) -> None:
    data = osmand().replace(b'lat="42.9030000"', b'lat="44.9030000"')
    (tmp_path / "track.gpx").write_bytes(data)
    (report,) = visit_log.add(path, tmp_path / "track.gpx")
    assert (report.taken, report.unusable) == (1, 0)
    assert report.notes[0].startswith("track 1: 1 of its 60 fixes jump")
    assert shapely.get_coordinates(store.read(path).tracks.geometry)[:, 1].max() > 44


def test_a_track_is_withdrawn_with_its_minutes_and_that_is_on_record(
    path: Path, tmp_path: Path
) -> None:
    file, other = (tmp_path / name for name in ("a.gpx", "b.gpx"))
    file.write_bytes(osmand())
    other.write_bytes(osmand(lon=20.82))
    visit_log.add(path, file, other)
    log = store.read(path)
    rows = [{"track_id": one, "edge": "1", "time_class": "evening", "minutes": 3.0,
             "network": "n", "date": "2026-12-01"} for one in log.tracks["track_id"]]  # fmt: skip
    store.write(replace(log, presence=LOG_PRESENCE.frame(rows)), path)
    said = imports.withdraw(path, [file], now=visit_log.NOW)
    assert said[0].startswith("a.gpx: tracks withdrawn: 1.")
    left = store.read(path)
    assert left.tracks["track_id"].tolist() == left.presence["track_id"].tolist()
    assert len(left.tracks) == 1
    assert left.imports.iloc[-1][["kind", "rows"]].tolist() == ["withdraw", 1]
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"a\.gpx: the log holds none of its tracks"):
        imports.withdraw(path, [file], now=visit_log.NOW)
    assert path.read_bytes() == before
    # It is taken again only when somebody adds it again.
    assert visit_log.add(path, file)[0].taken == 1


def test_a_withdrawn_track_does_not_come_back_with_the_log_of_another_desk(
    path: Path, tmp_path: Path
) -> None:
    copy, file = (tmp_path / name for name in ("desk.gpkg", "a.gpx"))
    file.write_bytes(osmand())
    visit_log.add(path, file)
    shutil.copy(path, copy)
    imports.withdraw(path, [file], now=visit_log.NOW)
    retention.merge(path, copy, now=visit_log.NOW)
    assert store.read(path).tracks.empty
    # The other desk takes it out as well.
    retention.merge(copy, path, now=visit_log.NOW)
    assert store.read(copy).tracks.empty
