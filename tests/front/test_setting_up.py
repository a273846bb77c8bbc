"""Setting up a study: its boundary, its places, its parameters, and what a form may not do."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmnx
import pytest
import shapely
from logs.visit_pages import plan
from servers.overpass_server import Server, serving
from servers.small_snapshot import make
from studies.releases import entry
from tools.command_line import call, passed
from typer.testing import Result

from geo.params import Params
from geo.params.descriptions import described
from geo.schema import FACILITIES, SETTLEMENTS, WGS84
from layers import readers
from layers.complaints import UserError
from layers.readers.osm import snapshots
from mitrovica import story
from mitrovica.log import imports
from mitrovica.releases import register

BBOX = "20.8,42.85,20.95,42.95"
ROWS = [
    ("node/1", "bus_station", '=Autobuska, "stanica"\n'),
    ("node/2", "police", "Police"),
    ("node/3", "clinic", None),
    ("node/4", "railway_station", "Zvečan"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot with four facilities and two settlements."""
    folder = tmp_path_factory.mktemp("store")
    layers = make("small")
    at = [shapely.Point(20.86 + n / 100, 42.9) for n in range(4)]
    facilities = [
        {"id": id_, "kind": kind, "name": name, "geometry": point}
        for (id_, kind, name), point in zip(ROWS, at, strict=True)
    ]
    towns = [
        {
            "id": "node/8",
            "kind": kind,
            "name": "Звечан - Zveçani i Ri/Mitrovicë",
            "name_sq": "Zveçan",
            "geometry": point,
        }
        for kind, point in zip(("hamlet", "town"), at, strict=False)
    ]
    object.__setattr__(layers, "facilities", FACILITIES.geoframe(facilities))
    object.__setattr__(layers, "settlements", SETTLEMENTS.geoframe(towns))
    snapshots.save(layers, folder)
    return folder


def plain(result: Result) -> str:
    """Return what a command said, as one line."""
    return " ".join(result.output.split())


@pytest.fixture
def of(tmp_path: Path, store: Path) -> Iterator[story.OfStudy]:
    folder = tmp_path / "study"
    story.init(story.Init(folder=folder, title="Valley", bbox=BBOX))
    yield story.OfStudy(folder=folder, store=store)
    assert stat.S_IMODE((folder / "study.toml").stat().st_mode) == 0o600


def test_a_filled_table_of_places_is_added_each_once(of: story.OfStudy) -> None:
    empty = story.table_form_of("places", ".csv", "sq")
    row = "stop;public_stop;=Stop;;;;42,893;20,8748;20;open;;;\n"
    for new in (["stop"], []):
        taken = story.take_places(of, "vende.csv", empty + row.encode())
        assert taken == new
    (place,) = readers.study.read(of.folder, of.store).places.to_dict("records")
    assert place["name_en"] == "'=Stop"
    assert (place["geometry"].x, place["geometry"].y) == (20.8748, 42.893)
    before = (of.folder / "places.csv").read_bytes()
    for wrong in (b"", b"id,kind\n1,nothing\n", empty + b"a;b;c\n"):
        with pytest.raises(ValueError, match=r"vende\.csv"):
            story.take_places(of, "vende.csv", wrong)
    assert (of.folder / "places.csv").read_bytes() == before


def test_a_study_begins_with_a_rectangle(tmp_path: Path) -> None:
    passed("init", str(tmp_path / "a"), "--bbox", BBOX)
    boundary = readers.study.read(tmp_path / "a").boundary
    assert boundary is not None
    assert list(boundary.total_bounds) == [20.8, 42.85, 20.95, 42.95]
    for wrong in ("1,2,3", "2,1,1,3", "a,b,c,d", "nan,1,2,3", "0,0,0,inf"):
        with pytest.raises(UserError, match="west, south, east and north"):
            story.init(story.Init(folder=tmp_path / "b", bbox=wrong))
    both = story.Init(folder=tmp_path / "b", bbox=BBOX, area="mitrovica")
    with pytest.raises(UserError, match="--area and --bbox"):
        story.init(both)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    "name",
    [
        "Zveçan",
        " звечан",
        "Zvečan",
        "ZVECANI I RI",
        "Mitrovica",
        "Mitrovicë",
        "Митровица",
    ],
)
def test_a_place_is_looked_up_in_a_snapshot(name: str, store: Path) -> None:
    """Of two of a name the town counts: a square of 10 km about its point."""
    found = readers.areas.in_snapshots(name, store)
    assert found is not None
    assert (found.kind, found.snapshot) == ("town", "small")
    square = found.area.to_crs("EPSG:9141").geometry.iloc[0]
    point = gpd.GeoSeries([shapely.Point(20.87, 42.9)], crs=WGS84)
    middle = point.to_crs("EPSG:9141").iloc[0]
    assert square.centroid.distance(middle) < 100
    assert square.area == pytest.approx(100e6, rel=0.05)
    for other in ("Nowhere", "<NA>", "na", "Ζβετσάν", "-", ""):
        assert readers.areas.in_snapshots(other, store) is None


def test_a_place_that_no_server_tells_begins_with_a_settlement(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osmnx.settings, "nominatim_url", "http://127.0.0.1:9")
    kept = ("--store", store, "--cache", tmp_path / "cache")
    said = plain(passed("init", tmp_path / "a", "--area", "Zveçan", *kept))
    assert "No server told where Zveçan ends" in said
    assert "a square of 10 km about the town in snapshot small" in said
    boundary = readers.study.read(tmp_path / "a").boundary
    found = readers.areas.in_snapshots("Zveçan", store)
    assert boundary is not None
    assert found is not None
    assert boundary.geometry.iloc[0].equals_exact(found.area.geometry.iloc[0], 1e-6)


@pytest.mark.proof
def test_a_place_that_nothing_knows_begins_no_study(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that knows none is believed; where none answers, no snapshot has it either."""
    kept = ("--store", store, "--cache", tmp_path / "cache")
    with serving(Server(places={"Zveçan": []})) as server:
        monkeypatch.setattr(osmnx.settings, "nominatim_url", server.nominatim)
        known = call("init", tmp_path / "a", "--area", "Zveçan", *kept)
    monkeypatch.setattr(osmnx.settings, "nominatim_url", "http://127.0.0.1:9")
    nowhere = call("init", tmp_path / "a", "--area", "Nowhere", *kept)
    assert (known.exit_code, nowhere.exit_code) == (2, 2)
    assert "Nominatim knows no area called 'Zveçan'" in plain(known)
    assert "Connection refused" in plain(nowhere)
    assert "No snapshot has a place of that name" in plain(nowhere)
    assert not (tmp_path / "a").exists()


def test_every_parameter_has_a_field_with_its_sentence() -> None:
    tables = {table.name: table for table in described()}
    assert list(tables) == [entry.name for entry in fields(Params)]
    for name, part in vars(Params()).items():
        keys = tables[name].keys
        assert [key.name for key in keys] == [one.name for one in fields(part)]
        assert all(key.about for key in keys), name


def test_facilities_become_places_each_once(of: story.OfStudy) -> None:
    offered = story.facilities(of)
    assert [row["id"] for row in offered] == ["node/1", "node/3", "node/4"]
    assert [row["id"] for row in story.facilities(of, "clin")] == ["node/3"]
    new = story.add_places(of, ["node/1", "node/4", "node/1"])
    assert new == ["bus_station_node_1", "railway_station_node_4"]
    assert story.add_places(of, ["node/1"]) == []
    places = readers.study.read(of.folder).places.set_index("id")
    assert list(places["kind"]) == ["public_stop", "station"]
    with (of.folder / "places.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["id"] in new]
    # A spreadsheet runs no name, and a name makes no row.
    assert rows[0]["name_en"] == '\'=Autobuska, "stanica"'
    for wrong in ("node/2", "node/9", "../x"):
        with pytest.raises(UserError, match="no facility of the snapshot"):
            story.add_places(of, [wrong])


def test_places_of_a_workbook_are_read_and_not_ticked(of: story.OfStudy) -> None:
    book = of.folder / "places.xlsx"
    passed("init", "table", str(book), "--of", "places", "--language", "sq")
    file = of.folder / "study.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("places.csv", book.name), "utf-8")
    assert readers.study.read(of.folder).places.empty
    before = book.read_bytes()
    with pytest.raises(UserError, match="save it as CSV UTF-8"):
        story.add_places(of, ["node/1"])
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"boundary": "../../secret"}, "cannot be set here"),
        ({"places": "/etc/passwd"}, "cannot be set here"),
        ({"parameters.patrols": {"vehicles": 2}}, "cannot be set here"),
        ({"parameters.patrols.vehicles": 0}, "found 0"),
        ({"parameters.patrols.vehicles": True}, "a number is needed"),
        ({"parameters.patrols.vehicles": "2\n[office]\na = 'b'"}, "vehicles"),
        ({"parameters.patrols.depot": "nowhere"}, "is no place"),
        ({"parameters.patrols.shifts": "[]\n[office]"}, "more than one value"),
        ({"parameters.hotspots.radii_m": "[[1]]"}, "radii_m"),
        ({"title": "a\nb = 1"}, "one line"),
        ({"title": None}, "title"),
        ({"phone": "1", "snapshot": 5}, "snapshot"),
    ],
)
def test_what_may_not_be_set_changes_nothing(
    of: story.OfStudy, changes: dict[str, Any], fault: str
) -> None:
    file = of.folder / "study.toml"
    before = file.read_bytes()
    with pytest.raises(UserError, match=fault):
        story.change_study(of, changes)
    assert file.read_bytes() == before


@pytest.mark.parametrize("what", ["nights of the log", "releases"])
def test_a_title_stays_once_the_log_or_a_release_goes_by_it(
    of: story.OfStudy, tmp_path: Path, what: str
) -> None:
    used = replace(of, log=tmp_path / "log.gpkg", register=tmp_path / "releases.jsonl")
    if what == "releases":
        released = replace(entry(), study="Valley")
        register._write(tmp_path / "releases.jsonl", [released])
    else:
        stops = plan(1, "2026-11-02", "Valley")
        file = tmp_path / "stops.csv"
        stops.assign(label=stops["stop_name"]).to_csv(file, index=False)
        now = datetime(2026, 12, 1, tzinfo=UTC)
        imports.add(tmp_path / "log.gpkg", [file], now=now)
    with pytest.raises(UserError, match=f"^{what} go by the title 'Valley'"):
        story.change_study(used, {"title": "Hill"})
    story.change_study(used, {"title": "Valley", "phone": "1"})
    story.change_study(of, {"title": "Hill"})


def test_a_title_in_three_languages_changes_in_english(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    story.init(story.Init(folder=folder, title="A"))
    text = (folder / "study.toml").read_text("utf-8")
    several = '[title]\nen = "A"  # mine\nsq = "B"\n'
    (folder / "study.toml").write_text(
        text.replace('title = "A"\n', "") + several, "utf-8"
    )
    of = story.OfStudy(folder=folder)
    story.change_study(of, {"title": "New"})
    assert 'en = "New"  # mine' in (folder / "study.toml").read_text("utf-8")
    assert readers.study.read(folder).about.title == {"en": "New", "sq": "B"}
