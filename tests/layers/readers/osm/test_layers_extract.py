"""Extracts: a small one written here, and the real ones."""

from __future__ import annotations

import hashlib
import resource
from pathlib import Path

import osmium
import pytest
import shapely
from tools import programs
from tools.command_line import call

from geo import schema
from geo.records import Layers
from layers.complaints import UserError
from layers.readers.osm import extract, snapshots
from layers.readers.osm import tags as osm_tags
from mitrovica import cli

# 42.92   1 ----- 2 ----- 3        way 10: 1-2-3 primary      way 13: 6-7-8-9-6 hospital
#                 |                way 11: 2-4-5 rail
# 42.91           4                way 12: 3-5 stream
#                 |
# 42.90           5    lon 20.80 .. 20.82
POSITIONS = {
    1: (20.80, 42.92), 2: (20.81, 42.92), 3: (20.82, 42.92), 4: (20.81, 42.91), 5: (20.81, 42.90),
    6: (20.83, 42.90), 7: (20.84, 42.90), 8: (20.84, 42.91), 9: (20.83, 42.91),
}  # fmt: skip
WAYS = {
    10: (
        [1, 2, 3],
        {
            "highway": "primary",
            "ref": "M-2",
            "surface": "asphalt",
            "maxspeed": "60",
            "name:sr": "Ибарска",
        },
    ),
    11: ([2, 4, 5], {"railway": "disused"}),
    12: ([3, 5], {"waterway": "stream"}),
    13: ([6, 7, 8, 9, 6], {"amenity": "hospital", "name": "Spitali"}),
    14: ([6, 7], {"building": "yes"}),
}


NODES = {
    20: {"railway": "signal"},
    21: {"place": "hamlet", "name": "Rudina"},
    22: {"place": "village", "name": "Zhazhë", "name:sr": "Жажа"},
    23: {"place": "village"},
    24: {"place": "farm", "name": "Farm"},
}


def write(path: Path, header: dict[str, str] | None = None, drop: int = 0) -> Path:
    head = osmium.io.Header()
    for key, value in (header or {}).items():
        head.set(key, value)
    with osmium.SimpleWriter(path, header=head) as out:
        for id_, position in POSITIONS.items():
            if id_ != drop:
                tags = {"amenity": "police"} if id_ == 4 else {}
                out.add_node(
                    osmium.osm.mutable.Node(id=id_, location=position, tags=tags)
                )
        for id_, tags in NODES.items():
            out.add_node(
                osmium.osm.mutable.Node(id=id_, location=(20.805, 42.905), tags=tags)
            )
        for id_, (nodes, tags) in WAYS.items():
            out.add_way(osmium.osm.mutable.Way(id=id_, nodes=nodes, tags=tags))
        out.add_relation(
            osmium.osm.mutable.Relation(
                id=30,
                members=[("w", 13, "outer")],
                tags={"type": "multipolygon", "amenity": "social_facility"},
            )
        )
    return path


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.osm.gz", "a.osm.bz2"])
def test_every_form_of_a_file_reads_the_same(tmp_path: Path, name: str) -> None:
    layers = extract.read(write(tmp_path / name), None)
    (road,) = layers.roads.itertuples()
    assert (road.id, road.highway, road.ref) == ("way/10", "primary", "M-2")
    assert (road.surface, road.maxspeed_kph, road.name_sr) == (
        "asphalt",
        60.0,
        "Ибарска",
    )
    village, hamlet = layers.settlements.itertuples()
    assert (village.kind, village.name, village.name_sr) == (
        "village",
        "Zhazhë",
        "Жажа",
    )
    assert (hamlet.id, hamlet.kind) == ("node/21", "hamlet")
    assert road.geometry.equals_exact(
        shapely.LineString([POSITIONS[i] for i in (1, 2, 3)]), 1e-7
    )
    assert list(layers.railways["status"]) == ["disused"]
    assert list(layers.waterways["waterway"]) == ["stream"]
    assert list(layers.paths["id"]) == []
    assert dict(zip(layers.facilities["id"], layers.facilities["kind"], strict=True)) == {
        "node/4": "police", "way/13": "hospital", "relation/30": "social_facility",
    }  # fmt: skip
    inside = shapely.Polygon([POSITIONS[i] for i in (6, 7, 8, 9)])
    assert inside.contains(layers.facilities.geometry.iloc[1])


def test_a_way_that_reaches_into_the_area_is_kept_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf")
    layers = extract.read(path, shapely.box(20.79, 42.915, 20.805, 42.925))
    assert list(layers.roads["id"]) == ["way/10"]
    assert layers.roads.geometry.iloc[0].length == pytest.approx(0.02)
    assert len(layers.railways) == len(layers.waterways) == len(layers.facilities) == 0


def test_the_source_says_what_the_file_says(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.osm.pbf",
        {"osmosis_replication_timestamp": "2026-11-01T20:00:00Z"},
    )
    source = extract.read(path, None).source
    assert source.osm_date == "2026-11-01T20:00:00Z"
    assert source.licence == osm_tags.LICENCE
    assert source.provenance["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.id == extract.read(path, None).source.id
    assert source.id != extract.read(path, shapely.box(20, 42, 21, 43)).source.id


def test_a_date_is_not_taken_from_prose(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf", {"generator": "some tool (OSM 2021-08-06)"})
    assert extract.read(path, None).source.osm_date is None


def test_a_missing_node_is_named_with_the_fix(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.osm.pbf", drop=2)
    with pytest.raises(UserError, match=r"cut\.osm\.pbf: way 10 .*complete_ways"):
        extract.read(path, None)


def test_an_area_elsewhere_is_named_with_the_fix(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf")
    with pytest.raises(UserError, match="no road, path or railway in the area"):
        extract.read(path, shapely.box(0, 0, 1, 1))


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm.pbf")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UserError, match="damaged or no OpenStreetMap extract"):
        extract.read(path, None)


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm"])
def test_any_other_content_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")
    with pytest.raises(UserError, match="damaged or no OpenStreetMap extract"):
        extract.read(tmp_path / name, None)


def test_a_missing_or_misnamed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="does not exist: looked in"):
        extract.read(tmp_path / "none.osm.pbf", None)
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError, match="not an extract"):
        extract.read(tmp_path / "a.txt", None)


@pytest.fixture(scope="module")
def core(shared: Path) -> Layers:
    return extract.read(shared / "data/osm/mitrovica_core.osm.pbf", None)


def test_the_core_extract(core: Layers) -> None:
    # osmium tags-count mitrovica_core.osm.pbf: highway 14957, of them construction 46,
    # services 1; railway rail 133, disused 7, abandoned 5, narrow_gauge 4; waterway 261.
    assert len(core.roads) + len(core.paths) == 14957 - 46 - 1
    assert core.railways["railway"].value_counts().to_dict() == {
        "rail": 133, "disused": 7, "abandoned": 5, "narrow_gauge": 4,
    }  # fmt: skip
    assert len(core.waterways) == 261
    assert core.source.osm_date is None
    assert set(core.roads["highway"]) <= set(schema.DRIVABLE)


def test_the_link_over_the_ibar_is_there_and_disused(core: Layers) -> None:
    ibar = core.waterways[
        core.waterways["name"].str.contains("Ibër|Ибар|Ibar", na=False)
    ]
    over = core.railways[core.railways.intersects(ibar.union_all())]
    town = over.cx[20.84:20.88, 42.88:42.91]
    assert "disused" in set(town["status"])


@pytest.mark.parametrize("most", [1000, pytest.param(1, marks=pytest.mark.proof)])
def test_a_full_disk_leaves_no_half_snapshot(tmp_path: Path, most: int) -> None:
    path, store = write(tmp_path / "a.osm.pbf"), tmp_path / "store"
    command = ["fetch", "--from", str(path), "--store", str(store)]

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        cli.app(command, prog_name="mitrovica")

    limited = programs.run(work)
    assert limited.returncode
    assert "Traceback" not in limited.stderr
    assert "the disk is full" in limited.stderr.replace("\n", " ")
    assert snapshots.list_all(store) == []
    assert call(*command).exit_code == 0
    assert len(snapshots.load(store, str(snapshots.newest(store))).roads) == 1
