"""The folder of a study: every key may be missing but the title, and nothing outside is read."""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from servers import small_snapshot
from studies import example

from geo.params import CorridorParams, Params
from geo.schema import PLACES
from layers.complaints import UserError, complaint
from layers.readers import areas, bundled, config, network, study
from layers.readers.osm import snapshots
from layers.readers.study.settings import Settings
from mitrovica.brief import report_tables
from mitrovica.intake import new_study, study_sightings

KEYS = [field.name for field in fields(Settings) if field.name != "title"]
FILES = {"boundary", "network", "parameters", "places", "sightings"}
"""Keys without which a study holds less; it only says less without the others."""
SECRET = "root:x:0:0:secret"


def message(folder: Path) -> str:
    with pytest.raises(UserError) as found:
        study.read(folder)
    return "\n".join(complaint(found.value))


# What it holds


def test_the_bundled_study_is_a_folder_as_any_other(tmp_path: Path) -> None:
    opened = study.read()
    assert opened.about.name == "Mitrovica region"
    assert opened.params.patrols.depot in set(opened.places["id"])
    data, ids = opened.data()
    assert len(data.sightings) == len(ids) == 7
    own = bundled.study_data()
    assert_geodataframe_equal(own.sightings, data.sightings)


@pytest.mark.parametrize(
    "key",
    [pytest.param(k, marks=[] if k in FILES else pytest.mark.proof) for k in KEYS],
)
def test_a_study_goes_without_any_key_but_its_title(tmp_path: Path, key: str) -> None:
    opened = study.read(example.copy(tmp_path, **{key: None}))
    if key == "network":
        with pytest.raises(
            UserError, match=r"^no network for this study. Fix: mitrovica "
        ):
            opened.data()
        return
    data, _ = opened.data()
    assert data.places.empty == (key == "places")
    assert data.sightings.empty == (key == "sightings")
    assert (opened.boundary is None) == (key == "boundary")
    assert (opened.params == Params()) == (key == "parameters")
    ways = shapely.union_all([*data.layers.roads.geometry, *data.layers.paths.geometry])
    if key == "boundary":
        assert data.boundary.union_all().buffer(1e-9).covers(ways)
        assert opened.region is None
        assert not data.bounded


def test_a_title_is_all_that_a_study_must_say(tmp_path: Path) -> None:
    example.write(tmp_path, {"title": "Nowhere yet"})
    opened = study.read(tmp_path)
    assert (opened.about.name, opened.sightings, len(opened.places)) == (
        "Nowhere yet",
        [],
        0,
    )
    assert "title: it is missing" in message(_written(tmp_path, {}))


def test_wrong_keys_are_named_together_with_near_ones(tmp_path: Path) -> None:
    settings = {
        "tite": "x",
        "title": 3,
        "footnote": {"de": "x"},
        "network": {"fil": "x"},
    }
    lines = message(_written(tmp_path, settings)).splitlines()
    assert all(line.startswith(f"{tmp_path / 'study.toml'}: ") for line in lines)
    text = "\n".join(lines)
    assert "tite: found 'x'. There is no such key. Did you mean title?" in text
    assert "title: found 3. a text, or a table by language, is needed" in text
    assert "footnote: unknown language de" in text
    assert "network.fil: found 'x'. There is no such key. Did you mean file?" in text
    settings = {"title": "x", "parameters": {"patrols": {"dept": "x"}}}
    assert (
        "parameters.patrols.dept: found 'x'. There is no such key. Did you mean depot?"
        in (message(_written(tmp_path, settings)))
    )
    (tmp_path / "study.toml").unlink()
    assert f"mitrovica init {tmp_path}" in message(tmp_path)


@pytest.mark.parametrize(
    "value",
    [[18.1, 44, 18, 45], [17, 44, 18], [17, 44, 18, 95], [17, 44, True, 45], "here"],
)
def test_what_is_no_rectangle_is_refused(tmp_path: Path, value: object) -> None:
    assert "fetch_bounds" in message(
        _written(tmp_path, {"title": "x", "fetch_bounds": value})
    )


def test_a_study_says_when_a_crew_is_overdue_and_whom_to_call(tmp_path: Path) -> None:
    about = study.read(
        example.copy(tmp_path, check_in_min=30, overdue_call="Desk, 112")
    ).about
    assert (about.check_in_min, about.overdue_call) == (30, {"en": "Desk, 112"})


def test_a_file_of_parameters_goes_over_those_of_the_study(tmp_path: Path) -> None:
    of_study = study.read(example.EXAMPLE).settings.parameters
    toml = tmp_path / "mine.toml"
    toml.write_text("[patrols]\nvehicles = 3\n[access]\nwalk_kph = {path = 4.0}\n")
    params = config.for_run(toml, of_study)
    assert (params.patrols.depot, params.patrols.vehicles) == ("office", 3)
    assert params.access.walk_kph == {"road": 5.0, "path": 4.0, "railway": 5.0}


def test_a_study_cannot_ask_for_exact_positions(tmp_path: Path) -> None:
    folder = example.copy(tmp_path, parameters={"privacy": {"exact": True}})
    with pytest.raises(UserError, match=r"privacy\.exact.*no such key"):
        study.read(folder)


def test_the_study_gives_region_day_and_time_zone_to_the_reader_of_sightings() -> None:
    late = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
    options = study_sightings.options(study.read(example.EXAMPLE), now=late)
    assert (options.zone, str(options.today)) == ("Europe/Sarajevo", "2026-05-02")
    assert options.region is not None
    west, south, east, north = options.region.bounds
    assert west < 17.95 < 18.05 < east
    assert 44.2 < south < 44.26 < 44.36 < north < 44.45


def test_a_sighting_may_lie_5_km_outside_the_outline_and_not_in_its_rectangle(
    tmp_path: Path,
) -> None:
    """The outline is a triangle of which the north-west corner of its rectangle is no part."""
    folder = example.copy(tmp_path)
    triangle = {
        "type": "Polygon",
        "coordinates": [[[18, 44], [19, 44], [19, 45], [18, 44]]],
    }
    feature = {"type": "Feature", "properties": {}, "geometry": triangle}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (folder / "boundary.geojson").write_text(json.dumps(collection))
    head = "id,kind,lat,lon,uncertainty_m"
    # 4 and 6 km south of its base; its rectangle's corner; lat and lon exchanged.
    rows = ["44.0,18.5", "43.964,18.5", "43.946,18.5", "44.9,18.1", "18.5,44.2"]
    table = "\n".join(
        [head, *(f"A{n},sighting,{row},60000" for n, row in enumerate(rows))]
    )
    (folder / "sightings.csv").write_text(table + "\n")
    report = study_sightings.check(study.read(folder))
    assert report.accepted["id"].tolist() == ["A0", "A1"]
    far = [
        fault.row
        for fault in report.faults
        if "far from the study region" in fault.problem
    ]
    assert far == [4, 5]
    assert "latitude and longitude are swapped" in report.faults[-1].problem


def test_without_a_boundary_sightings_are_checked_against_the_hull_of_the_ways(
    tmp_path: Path,
) -> None:
    opened = study.read(example.copy(tmp_path, boundary=None))
    with (tmp_path / "sightings.csv").open("a") as stream:
        stream.write("FAR,sighting,46.00011,18.00011,100,,,,,,\n")
    rows = len(study_sightings.check(opened).accepted)
    on_ways = opened.on(opened.network())
    assert len(study_sightings.check(on_ways).accepted) == rows - 1
    with pytest.raises(UserError, match=r"lat, lon: .* far from the study region"):
        opened.data()


def test_the_form_has_the_title_of_the_study_in_its_id(tmp_path: Path) -> None:
    assert bundled.opened().form_id == "mitrovica_sightings"
    titles = {
        "Čapljina, 2026: jug": "sightings_capljina_2026_jug",
        "Чапљина": "sightings",
    }
    for title, form_id in titles.items():
        assert study.read(_written(tmp_path, {"title": title})).form_id == form_id
    own = {"title": "x", "form_id": "mine"}
    assert study.read(_written(tmp_path, own)).form_id == "mine"
    assert "form_id: found '1 x'" in message(
        _written(tmp_path, {"title": "x", "form_id": "1 x"})
    )


# Files of an attacker

TRICKS = ("up", "absolute", "link", "linked folder")
READ = ("boundary", "places", "sightings", "network", "report_tables")


@pytest.mark.parametrize(
    ("key", "trick"),
    [
        pytest.param(
            key,
            trick,
            marks=[] if key == "sightings" or k % 4 == t else pytest.mark.proof,
        )
        for k, key in enumerate(READ)
        for t, trick in enumerate(TRICKS)
    ],
)
def test_nothing_outside_the_folder_is_read(
    tmp_path: Path, key: str, trick: str
) -> None:
    outside, folder = tmp_path / "outside", example.copy(tmp_path / "sent")
    outside.mkdir()
    (outside / "secret").write_text(SECRET)
    name = {
        "up": "../outside/secret",
        "absolute": str(outside / "secret"),
        "link": "link",
        "linked folder": "folder/secret",
    }[trick]
    (folder / "link").symlink_to(outside / "secret")
    (folder / "folder").symlink_to(outside)
    example.copy(folder, **{key: [name] if key == "sightings" else name})
    with pytest.raises(UserError, match="leads out of the study's folder") as found:
        opened = study.read(folder)
        opened.data()
        report_tables.read(opened)
    assert SECRET not in str(found.value)


def test_no_link_in_the_place_of_a_table_or_of_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    folder = example.copy(tmp_path / "sent", report_tables="tables")
    (folder / "tables").mkdir()
    (folder / "tables" / "claims.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="leads out of the study's folder"):
        report_tables.read(study.read(folder))
    (folder / "study.toml").unlink()
    (folder / "study.toml").symlink_to(tmp_path / "secret")
    assert SECRET not in message(folder)


@pytest.mark.parametrize("key", ["boundary", "network"])
def test_a_file_that_names_others_is_never_given_to_gdal(
    tmp_path: Path, key: str
) -> None:
    """GDAL would take this for a virtual layer, whatever the file is called, and follow it."""
    (tmp_path / "secret.csv").write_text(
        'WKT,layer\n"POLYGON ((0 0,1 0,1 1,0 0))",road\n'
    )
    source = f"<SrcDataSource>CSV:{tmp_path / 'secret.csv'}</SrcDataSource>"
    layer = f'<OGRVRTLayer name="secret">{source}</OGRVRTLayer>'
    virtual = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    assert len(gpd.read_file(_file(tmp_path / "proof.geojson", virtual))) == 1, (
        "GDAL does"
    )
    folder = example.copy(tmp_path / "sent")
    _file(folder / f"{key}.geojson", virtual)
    with pytest.raises(UserError, match="is no JSON"):
        study.read(folder).data()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = example.copy(tmp_path)
    (folder / "places.csv").unlink()
    os.mkfifo(folder / "places.csv")
    with pytest.raises(UserError, match="a folder, a pipe or a device"):
        study.read(folder)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Point", "coordinates": [18, 44]}, "holds Point, not a polygon"),
        ({"type": "Polygon", "coordinates": [[[1e6, 5e6], [2e6, 5e6], [1e6, 6e6], [1e6, 5e6]]]},
         "not in longitude and latitude"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
         "crosses itself"),
        ({"type": "Polygon", "coordinates": "x"}, "cannot be read"),
        (None, "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused(
    tmp_path: Path, geometry: object, reason: str
) -> None:
    folder = example.copy(tmp_path)
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    content = {"type": "FeatureCollection", "features": [feature]}
    (folder / "boundary.geojson").write_text(json.dumps(content))
    with pytest.raises(UserError, match=reason):
        study.read(folder)


# Places


def test_places_as_a_spreadsheet_saves_them(tmp_path: Path) -> None:
    """Semicolons, decimal commas, a mark in front, and the example row of a new study."""
    folder = example.copy(tmp_path)
    head = "id;kind;lat;lon;name_sr_latn\n"
    rows = f"{head}# example;town;44,31;18,0;Primjer\na;town;44,31;18,0;Grad\n"
    (folder / "places.csv").write_text(rows, "utf-8-sig")
    places = study.read(folder).places
    assert list(places.columns) == [*PLACES.names, "geometry"]
    assert places[["id", "lat", "lon", "name_en"]].to_numpy().tolist() == [
        ["a", 44.31, 18.0, "Grad"]
    ]


def test_all_faults_of_places_are_named_together(tmp_path: Path) -> None:
    folder = example.copy(tmp_path)
    rows = ["a,town,44.3,18", "a,twon,44.3,18", "b c,town,44.3,", ",town,144.3,18"]
    (folder / "places.csv").write_text("\n".join(["id,kind,lat,lon", *rows]))
    with pytest.raises(UserError) as found:
        study.read(folder)
    lines = str(found.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "places.csv, row 3, kind", "places.csv, row 3, id", "places.csv, row 4, lon",
        "places.csv, row 4, id", "places.csv, row 5, lat", "places.csv, row 5, id",
    ]  # fmt: skip
    (folder / "places.csv").write_text("id,lat,lon\na,44.3,18\n")
    with pytest.raises(UserError, match="has no column kind; it has id, lat, lon"):
        study.read(folder)


# Its network


def moved(folder: Path) -> Path:
    """Copy the made-up town to a folder, and move it to the north."""
    example.shift(example.copy(folder), 0.0, 1.0)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of two snapshots: of the made-up town, and a newer one far from it."""
    home = tmp_path_factory.mktemp("snapshots")
    store, town = home / "store", study.read(example.EXAMPLE)
    for opened, name in ((town, "town"), (study.read(moved(home / "far")), "far")):
        layers = small_snapshot.make(name, opened.network())
        snapshots.save(layers, store, areas.of_study(opened))
    return store


def used(folder: Path, store: Path, snapshot: str | None = None) -> str:
    return network.load(study.read(folder, store), snapshot)[0].source.id


def test_the_newest_snapshot_that_covers_the_study_is_used(
    tmp_path: Path, store: Path
) -> None:
    folder = example.copy(tmp_path / "a")
    assert used(folder, store) == "town"
    assert used(folder, store, "far") == "far"
    assert used(folder, store, "own") == "own"
    assert used(example.copy(tmp_path / "b", snapshot="far"), store) == "far"
    assert used(example.copy(tmp_path / "b", boundary=None), store) == "town", (
        "by its places"
    )
    assert used(moved(tmp_path / "c"), store) == "far"
    assert used(folder, tmp_path / "empty") == "own"


def test_a_study_without_any_network_names_the_command(
    tmp_path: Path, store: Path
) -> None:
    folder = example.copy(tmp_path / "a study", network=None)
    example.shift(folder, 1.0, 0.0)
    assert pasted(folder, store) == [
        "fetch",
        "--study",
        str(folder),
        "--store",
        str(store),
    ]
    bare = example.copy(tmp_path / "b", network=None, boundary=None, places=None)
    empty = tmp_path / "it's empty"
    area = ["--area", "PLACE"]
    assert pasted(bare, empty) == [
        "fetch",
        "--study",
        str(bare),
        *area,
        "--store",
        str(empty),
    ]
    with pytest.raises(
        UserError, match=rf"Fix: mitrovica fetch --study {bare} --area PLACE"
    ):
        areas.of_study(study.read(bare))
    (folder / "study.toml").unlink()
    assert shlex.split(message(folder).partition("make one: ")[2])[2] == str(folder)


def pasted(folder: Path, store: Path) -> list[str]:
    """Return what a shell makes of the command that is to mend a missing network."""
    with pytest.raises(UserError) as found:
        used(folder, store)
    program, *words = shlex.split(str(found.value).partition("Fix: ")[2])
    assert program == "mitrovica"
    return words


def test_a_snapshot_beside_the_study_is_named_in_one_line(
    tmp_path: Path, store: Path
) -> None:
    opened = study.read(example.EXAMPLE, store)
    ways = network.load(opened, "far")
    with pytest.raises(
        UserError, match=r"\(far\) has no way inside the boundary"
    ) as found:
        opened.data(ways=ways)
    assert len(complaint(found.value)) == 1


def test_the_area_to_fetch_reaches_beyond_the_boundary_within_its_bounds(
    tmp_path: Path,
) -> None:
    folder = example.copy(tmp_path, fetch_bounds=[18.0, 44.0, 19.0, 45.0])
    opened = study.read(folder)
    assert opened.boundary is not None
    area, box = (
        areas.of_study(opened).union_all(),
        shapely.box(18.0, 44.0, 19.0, 45.0),
    )
    assert area.covers(opened.boundary.union_all().intersection(box))
    assert box.buffer(1e-9).covers(area)
    assert area.bounds[3] > opened.boundary.total_bounds[3] + 0.01


# A new one


def test_a_new_study_names_every_key_and_can_be_read(tmp_path: Path) -> None:
    square = gpd.GeoDataFrame(
        {"name": ["x"]}, geometry=[shapely.box(18, 44, 19, 45)], crs=4326
    )
    written = new_study.write(tmp_path / "new", 'A "quoted" name', square)
    assert {path.name for path in written} == {
        path.name for path in (tmp_path / "new").iterdir()
    }
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new", *written)
    )
    opened = study.read(tmp_path / "new")
    assert opened.about.name == 'A "quoted" name'
    assert opened.boundary is not None
    report = study_sightings.check(opened)
    assert (report.rows, len(opened.places), report.faults) == (0, 0, [])
    assert "are remarks, and not read: 1" in "\n".join(report.notes)
    text = (tmp_path / "new" / "study.toml").read_text("utf-8")
    keys = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if " = " in line or "[" in line
    ]
    used = tomllib.loads(
        "\n".join(line for line in keys if not line.startswith("A text"))
    )
    assert set(Settings(**used).__dict__) == set(used), (
        "every key is there, as it may be used"
    )


def test_a_new_study_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "sightings.csv").write_text("mine")
    with pytest.raises(UserError, match=r"holds sightings\.csv already"):
        new_study.write(tmp_path, "x", None)
    assert [path.name for path in tmp_path.iterdir()] == ["sightings.csv"]


def _written(folder: Path, settings: dict[str, object]) -> Path:
    example.write(folder, settings)
    return folder


def _file(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_what_is_wrong_between_tables_is_said_without_all_of_them() -> None:
    with pytest.raises(ValueError, match="corridor") as found:
        Params(corridors=CorridorParams(primary_kind="moon"))
    (line,) = complaint(found.value)
    assert line.startswith("corridors.primary_kind: 'moon' is not a kind")
