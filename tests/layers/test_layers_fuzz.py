"""Files changed at random are read as what they say, or refused in a sentence; none ends elsewhere.

No traceback, no hang, and nothing taken silently: what is accepted of a changed file holds every
rule that the reader has.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from logs import visit_log
from logs.visit_pages import kobo_rows, write_csv
from servers.small_snapshot import make
from studies import example
from tools.mutations import mutated

from geo.schema import EDITED_PLAN
from layers.complaints import complaint
from layers.readers import config, earlier_run
from layers.readers import study as studies
from layers.readers.osm import snapshots
from mitrovica.intake import report as sightings
from mitrovica.log import imports, store, tracks, visit_forms

SHORT, SLICE, SLICES = 8, 1_000, 20
"""Files of a kind in the suite; in proof, files of a slice, and slices of a kind."""
HANGS_S = 120

SIGHTINGS = b"""id,kind,lat,lon,uncertainty_m,group_min,group_max,needs,date_from,date_to,note
A1,sighting,42.89123,20.87456,50,3,5,water; food,2024-03-01,2024-03-02,by the bridge
A2,sighting,"42,8912","20,8745",100,,,,31.10.2021,,
A3,interview,42.9,20.9,20000,1,1,none_named,2022-01-01T18:30Z,,
A4,visit,42.89,20.87,600,,,,2024-05-06,,
"""
POINTS = json.dumps({
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature", "id": f"A{k}",
        "geometry": {"type": "Point", "coordinates": [20.87 + k / 100, 42.8912]},
        "properties": {"kind": "sighting", "uncertainty_m": 600, "group_min": k + 1,
                       "date_from": "2024-03-01", "needs": ["water", "food"]},
    } for k in range(3)],
}).encode()  # fmt: skip
GPX = (
    "<gpx><trk><trkseg>"
    + "".join(
        f'<trkpt lat="{42.9 + k / 1e4}" lon="{20.81 + k / 1e3}">'
        f"<time>2026-12-01T17:{k:02}:00Z</time></trkpt>"
        for k in range(12)
    )
    + "</trkseg></trk></gpx>"
).encode()
TRACK = json.dumps({
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": lines},
        "properties": {"coordinateProperties": {"times": times}},
    } for kind, lines, times in (
        ("LineString", [[20.81, 42.9], [20.82, 42.9]], ["2026-12-01T17:00:00Z"] * 2),
        ("MultiLineString", [[[20.81, 42.9], [20.82, 42.9]]], [["2026-12-01T17:00:00Z"] * 2]),
    )],
}).encode()  # fmt: skip
PLAN = b"""night,shift,vehicle,stop,kind,arrival,departure
1,evening,1,station,station,18:10,18:30
1,evening,1,bridge,break,18:40,19:10
1,evening,2,bridge,public_stop,18:40,19:10
"""
PEOPLE = b"""[[patrols.people]]
role = "interpreter"
languages = ["ar", "fa"]
shifts = ["evening"]
"""
PARAMETERS = b"""[patrols]
vehicles = 2
date = 2026-11-30
shifts = [{name = "evening", start = "18:00", end = "sunset+04:00", break_min = 30}]
stays = [{stop = "station", minutes = 20}]
[hotspots]
lixel_m = 50.0
radii_m = [100, 250]
[corridors]
bands_m = [100, 250]
"""
PLACES = b"""id,kind,name_en,lat,lon,uncertainty_m
a,town,A town,42.89,20.87,100
b,station,B station,42.9,20.88,
c,crossing,C crossing,43.1,20.7,30
"""


class Readers:
    """A reader for each kind of file: it takes bytes, and checks what it accepts."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.stops = visit_log.stops_file(home).read_bytes()
        rows = kobo_rows(visit_log.filled(5, 6), visit_log.form(), ticks=False)
        self.pages = write_csv(rows, home / "kobo.csv", kobo=True).read_bytes()
        imports.add(home / "planned.gpkg", [home / "stops.csv"], now=visit_log.NOW)
        self.planned = store.read(home / "planned.gpkg")
        snapshots.save(make("good"), home / "store")
        self.whole = snapshots.load(home / "store", "good")
        folder = home / "store" / "good"
        self.manifest = (folder / "manifest.json").read_bytes()
        self.parts = sorted(folder.glob("*.parquet/*"))

    def file(self, name: str, content: bytes) -> Path:
        path = self.home / name
        path.write_bytes(content)
        return path

    def sightings(self, content: bytes, name: str = "s.csv") -> None:
        report = sightings.read(self.file(name, content), options=example.OPTIONS)
        assert report.rows == len(report.accepted) + len(report.visits) + len(
            report.rejected
        )
        assert bool(report.faults) or report.rejected.empty
        taken = report.accepted
        assert (taken["uncertainty_m"] > 0).all()
        assert taken["id"].is_unique
        assert np.isfinite(taken[["lat", "lon"]].to_numpy(float)).all()
        report.lines()

    def geojson(self, content: bytes) -> None:
        self.sightings(content, "s.geojson")

    def entered(self, content: bytes, name: str) -> Any:
        opened = imports._Opened(name, content)
        log = opened.added_to(self.planned, visit_log.NOW)
        assert opened.report.taken or log.tracks.equals(self.planned.tracks)
        imports.lines([opened.report])
        said = opened.report.faults or opened.report.notes or opened.report.repeated
        assert said or opened.report.taken or log is self.planned
        return log

    def tracks(self, content: bytes) -> None:
        for line in self.entered(content, "t.gpx").tracks.geometry:
            xyz = shapely.get_coordinates(line, include_z=True)
            assert np.isfinite(xyz).all()
            assert np.abs(xyz[:, 0]).max() <= 180
            assert np.abs(xyz[:, 1]).max() <= 90
            assert np.ptp(xyz[:, 2]) <= tracks.LONGEST.total_seconds()
            assert xyz[:, 2].max() <= visit_log.NOW.timestamp()

    def visits(self, content: bytes) -> None:
        log = self.entered(content, "kobo.csv")
        spoken = log.contacts[log.contacts["kind"] == "language"]["value"]
        assert spoken.isin(visit_forms._CHOICES["language"]).all()
        assert (log.visits["left_at"].dropna() <= visit_log.NOW).all()

    def stop_files(self, content: bytes) -> None:
        self.entered(content, "stops.csv")

    def parameters(self, content: bytes) -> None:
        given = config.read(self.file("p.toml", content))
        found = config.for_run(self.home / "p.toml")
        for table, values in given.items():
            assert all(hasattr(getattr(found, table), key) for key in values)

    def people(self, content: bytes) -> None:
        for one in config.team(self.file("people.toml", content)).people:
            assert set(one.languages) <= {*visit_forms._CHOICES["language"], "sq", "sr"}

    def settings(self, content: bytes) -> None:
        folder = self.home / "study"
        folder.mkdir(exist_ok=True)
        (folder / "places.csv").write_bytes(PLACES)
        (folder / "study.toml").write_bytes(content)
        studies.read(folder)

    def places(self, content: bytes) -> None:
        found = studies.files.places(self.file("places.csv", content))
        assert found["id"].is_unique
        assert np.isfinite(found.total_bounds).all() or found.empty
        assert not (found[["lat", "lon"]] == 0).to_numpy().any()

    def boundary(self, content: bytes) -> None:
        found = studies.files.outline(self.file("b.geojson", content), "A study")
        assert found.is_valid.all()
        assert np.isfinite(found.total_bounds).all()

    def edited(self, content: bytes, name: str = "plan.csv") -> None:
        rows = earlier_run.edited(self.file(name, content))
        assert 0 < len(rows) <= earlier_run.MOST_STOPS
        assert rows["vehicle"].between(1, EDITED_PLAN["vehicle"].maximum).all()

    def snapshot(self, content: bytes) -> None:
        (self.home / "store" / "good" / "manifest.json").write_bytes(content)
        snapshots.list_all(self.home / "store")
        found = snapshots.load(self.home / "store", "good")
        for name in snapshots.LAYERS:
            assert getattr(found, name).equals(getattr(self.whole, name)), name

    def layer(self, content: bytes) -> None:
        folder = self.home / "store" / "good"
        (folder / "manifest.json").write_bytes(self.manifest)
        before = self.parts[0].read_bytes()
        try:
            self.parts[0].write_bytes(content)
            self.snapshot(self.manifest)
        finally:
            self.parts[0].write_bytes(before)


STUDY = (
    b'title = {en = "A town", sq = "Qytet"}\nplaces = "places.csv"\n'
    b'neighbours = [{name = "Next", lat = 43.0, lon = 20.5}]\noffers = ["information"]\n'
    b'card_languages = ["ar", "en"]\nfetch_bounds = [20.5, 42.5, 21.0, 43.0]\n[parameters]\n'
    b"patrols.vehicles = 2\n"
)
BOUNDARY = json.dumps({
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"name": "A"}, "geometry": {
        "type": "Polygon", "coordinates": [[[20, 42], [21, 42], [21, 43], [20, 43], [20, 42]]]}}],
}).encode()  # fmt: skip

KINDS: dict[
    str, tuple[Callable[[Readers, bytes], None], Callable[[Readers], bytes]]
] = {
    "sightings": (Readers.sightings, lambda r: SIGHTINGS),
    "sightings in GeoJSON": (Readers.geojson, lambda r: POINTS),
    "tracks in GPX": (Readers.tracks, lambda r: GPX),
    "tracks in GeoJSON": (Readers.tracks, lambda r: TRACK),
    "pages": (Readers.visits, lambda r: r.pages),
    "stops of a plan": (Readers.stop_files, lambda r: r.stops),
    "parameters": (Readers.parameters, lambda r: PARAMETERS),
    "people": (Readers.people, lambda r: PEOPLE),
    "study.toml": (Readers.settings, lambda r: STUDY),
    "places": (Readers.places, lambda r: PLACES),
    "boundary": (Readers.boundary, lambda r: BOUNDARY),
    "edited plans": (Readers.edited, lambda r: PLAN),
    "manifests of snapshots": (Readers.snapshot, lambda r: r.manifest),
    "layers of snapshots": (Readers.layer, lambda r: r.parts[0].read_bytes()),
}


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Readers:
    return Readers(tmp_path_factory.mktemp("fuzz"))


@contextmanager
def watched() -> Iterator[None]:
    """Stop what hangs: the readers take milliseconds."""

    def stop(*_: object) -> None:
        raise TimeoutError("this file is read for ever")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fuzz(readers: Readers, kind: str, seeds: range) -> dict[str, int]:
    """Read a file changed in a way for each seed; return how many were accepted and refused."""
    read, valid = KINDS[kind]
    content = valid(readers)
    read(readers, content)
    ends = {"accepted": 0, "refused": 0}
    for seed in seeds:
        changed = mutated(content, random.Random(f"{kind} {seed}"))
        with watched():
            try:
                read(readers, changed)
            except AssertionError as error:
                raise AssertionError(
                    f"{kind} {seed}: taken silently: {changed[:3000]!r}"
                ) from error
            except Exception as error:  # noqa: BLE001 - each is judged
                lines = complaint(error)
                assert lines, f"{kind} {seed}: {error!r}"
                assert all(line.strip() for line in lines)
                ends["refused"] += 1
            else:
                ends["accepted"] += 1
    return ends


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_changed_at_random_is_read_or_refused_in_a_sentence(
    kind: str, readers: Readers
) -> None:
    assert sum(fuzz(readers, kind, range(SHORT)).values()) == SHORT


@pytest.mark.proof
@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("kind", KINDS)
def test_twenty_thousand_changed_files_of_a_kind_are_read_or_refused(
    kind: str, part: int, readers: Readers
) -> None:
    """One slice of a kind: ``-k "pages and 7"`` reads this one alone, in seconds."""
    seeds = range(part * SLICE, (part + 1) * SLICE)
    ends = fuzz(readers, kind, seeds)
    assert ends["accepted"] + ends["refused"] == SLICE
    print(kind, part, ends)
