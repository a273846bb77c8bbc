"""Live OpenStreetMap by the real osmnx, against a server on loopback that answers as Overpass."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import osmnx
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from servers.overpass_faults import CASES
from servers.overpass_server import DATE, Element, Server, World, of_extract, serving

import geo
import layers
import maps
from geo.crs import metric_crs
from geo.records import Layers
from layers.complaints import UserError
from layers.files.filenames import PROGRAM
from layers.readers import areas, bundled
from layers.readers.osm import extract, queries, tags

TOWN = shapely.box(20.80, 42.85, 20.93, 42.93)
WAYS = ("roads", "paths", "railways", "waterways")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Check that no test changes what the user has set in osmnx, nor how names are looked up."""
    before = queries.settings(), socket.getaddrinfo
    yield
    assert (queries.settings(), socket.getaddrinfo) == before


def same_lines(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> bool:
    """Tell whether two layers hold the same lines, whatever their order."""
    return sorted(ours.geometry.to_wkt()) == sorted(theirs.geometry.to_wkt())


@pytest.fixture(scope="module")
def corridor(generalised: None) -> shapely.MultiPolygon:
    """Of the small network, which the server on loopback holds."""
    return areas.area_of("corridor").geometry.iloc[0]


@pytest.fixture(scope="module")
def fetched(
    corridor, tmp_path_factory
) -> tuple[Layers, list[str], Server, Server, Path]:
    """A fetch from two servers, of which the first is busy after two boxes."""
    said: list[str] = []
    cache = tmp_path_factory.mktemp("osmnx")
    ill = itertools.chain([None] * 2, itertools.repeat(CASES["gateway time-out"].fault))
    with serving(Server(ill)) as down, serving(Server()) as up:
        servers = [down.url, f"{up.url}/interpreter"]
        found = layers.fetch(
            corridor, queries.Servers(servers, cache, progress=said.append)
        )
    return found, said, down, up, cache


def test_the_whole_corridor_comes_back_as_it_was_served(fetched, corridor) -> None:
    found = fetched[0]
    network = bundled.network()
    for name in WAYS:
        served = getattr(network, name)
        assert same_lines(getattr(found, name), served[served.intersects(corridor)]), (
            name
        )
        assert getattr(found, name)["id"].is_unique, "ways that boxes share come once"
    assert "disused" in set(found.railways["status"])
    assert list(found.facilities["kind"]) == ["bus_station"]


def test_the_next_server_goes_on_where_the_first_is_busy(fetched) -> None:
    found, said, down, up, _ = fetched
    boxes = int(found.source.provenance["boxes"])
    assert boxes > 4, "a large area is split"
    assert len(down.requests) == 3
    assert len(up.requests) == boxes - 2
    first, second = (queries.host(server.url) for server in (down, up))
    assert said[:4] == [
        f"box 1 of {boxes}: asking {first}",
        f"box 2 of {boxes}: asking {first}",
        f"box 3 of {boxes}: asking {first}",
        f"{first}: responded 504 Gateway Timeout; this server is given up",
    ]
    assert said[4:] == [
        f"box {k} of {boxes}: asking {second}" for k in range(3, boxes + 1)
    ]


def test_the_source_says_when_and_from_where(fetched) -> None:
    found, _, down, up, _ = fetched
    source = found.source
    assert source.osm_date == DATE
    assert source.id.startswith("overpass-2026-11-20-")
    assert source.licence == tags.LICENCE
    assert source.provenance["servers"] == ", ".join(sorted([down.url, up.url]))
    assert source.provenance["osmnx"] == osmnx.__version__
    assert up.agents == {f"{PROGRAM}/{version(PROGRAM)}"}


def test_what_the_user_has_set_holds_and_an_answer_that_is_not_whole_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(iter([CASES["query timed out"].fault]))) as server:
        theirs = {"overpass_url": server.url, "http_user_agent": "an analyst",
                  "cache_folder": tmp_path, "log_level": 10}  # fmt: skip
        for name, value in theirs.items():
            monkeypatch.setattr(osmnx.settings, name, value)
        bow_tie = shapely.Polygon(
            [(20.8, 42.85), (20.93, 42.93), (20.93, 42.85), (20.8, 42.93)]
        )
        with pytest.raises(
            queries.DownloadError, match=r"box 1 of 1 .*Query timed out"
        ) as caught:
            layers.fetch(bow_tie, queries.Servers(progress=str))
        assert len(str(caught.value).splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
        in_metres = gpd.GeoSeries([TOWN], crs=4326).to_crs(9141)
        roads = layers.fetch(in_metres, queries.Servers(progress=str)).roads
        assert len(roads) > 50
        assert not roads.within(TOWN).all(), "ways that reach into the area are whole"
        assert server.agents == {"an analyst"}
        assert [file.suffix for file in tmp_path.glob("*/*")] == [".json"]
        monkeypatch.undo()


def test_what_osmnx_sets_itself_is_as_it_is_taken_to_be() -> None:
    assert {name: queries.settings()[name] for name in queries.UNSET} == queries.UNSET


def test_an_interrupt_ends_the_process_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Noted)
    silent = Server(itertools.repeat(CASES["silent"].fault))
    with serving(silent) as server, pytest.raises(KeyboardInterrupt):
        layers.fetch(TOWN, queries.Servers([server.url], tmp_path, progress=interrupt))
    assert list(tmp_path.iterdir()) == []
    assert [process.poll() for process in started] == [-signal.SIGKILL]


@pytest.mark.parametrize(
    "area",
    [
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Polygon(),
        shapely.box(7460000, 4750000, 7490000, 4780000),
        gpd.GeoSeries([shapely.Point(20.8, 42.9)], crs=4326),
    ],
)
def test_an_area_that_is_no_polygon_is_refused(area: shapely.Geometry) -> None:
    with pytest.raises(UserError, match="not a polygon in degrees"):
        layers.fetch(area, queries.Servers(progress=str))


# In the proofs: each is a process or more


@pytest.mark.proof
def test_a_second_fetch_makes_no_request_and_gives_the_same(fetched, corridor) -> None:
    found, _, down, up, cache = fetched
    said: list[str] = []
    again = layers.fetch(
        corridor, queries.Servers([down.url, up.url], cache, progress=said.append)
    )
    assert all(line.endswith(": kept") for line in said)
    assert again.source == found.source
    for name in WAYS:
        assert_geodataframe_equal(getattr(again, name), getattr(found, name))


@pytest.mark.proof
def test_an_area_without_anything_is_an_error_and_its_answer_is_kept(
    tmp_path: Path,
) -> None:
    with serving(Server()) as server:
        for _ in range(2):
            with pytest.raises(
                queries.DownloadError, match="no road, path or railway in the area"
            ):
                layers.fetch(shapely.box(10, 50, 10.1, 50.1), queries.Servers([server.url],
                             tmp_path, progress=str))  # fmt: skip
        assert len(server.requests) == 1


@pytest.mark.proof
def test_refresh_asks_again_and_no_cache_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server()) as server:
        where = queries.Servers([server.url], tmp_path, progress=str)
        first = layers.fetch(TOWN, where)
        again = layers.fetch(TOWN, replace(where, refresh=True))
        assert len(server.requests) == 2
        monkeypatch.setattr(osmnx.settings, "use_cache", False)
        third = layers.fetch(TOWN, replace(where, cache=tmp_path / "none"))
        assert len(server.requests) == 3
        monkeypatch.undo()
    assert not (tmp_path / "none").exists()
    assert first.source == again.source == third.source


@pytest.mark.proof
def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    with serving(Server()) as server:
        where = queries.Servers([server.url], tmp_path, progress=str)
        first = layers.fetch(TOWN, where)
        (kept,) = tmp_path.glob("*/*.json")
        kept.write_bytes(kept.read_bytes()[:-20])
        again = layers.fetch(TOWN, where)
        assert len(server.requests) == 2
    assert again.source == first.source
    assert json.loads(kept.read_bytes())["elements"]


@pytest.mark.proof
def test_a_graph_is_as_osmnx_makes_it(tmp_path: Path, shared: Path) -> None:
    world = of_extract(shared / "data/osm/mitrovica_core.osm.pbf")
    area = shapely.box(20.86, 42.88, 20.88, 42.90)
    with serving(Server(world=world)) as server:
        graph = layers.fetch_graph(area, queries.Servers([server.url], tmp_path, progress=str),
                                   network_type="drive", retain_all=True)  # fmt: skip
    found = layers.from_osmnx(graph)
    roads = extract.read(shared / "data/osm/mitrovica_core.osm.pbf", area).roads
    known = set(roads["id"])
    assert set(found.roads["id"].str.replace(r"-\d+$", "", regex=True)) <= known
    assert 0.5 * roads.shape[0] < len(found.roads)


@pytest.mark.proof
def test_all_of_the_core_extract_comes_as_the_extract_gives_it(
    tmp_path: Path, shared: Path
) -> None:
    core = shared / "data/osm/mitrovica_core.osm.pbf"
    area = shapely.box(20.50, 42.70, 21.2, 43.35)
    with serving(Server(world=of_extract(core))) as server:
        found = layers.fetch(
            area, queries.Servers([server.url], tmp_path, progress=str)
        )
    read = extract.read(core, area)
    for name in (*WAYS, "facilities", "settlements"):
        one, two = (
            getattr(it, name).sort_values("id", ignore_index=True)
            for it in (found, read)
        )
        assert_geodataframe_equal(one, two)
        lengths = [layer.to_crs(metric_crs(layer)).length for layer in (one, two)]
        assert (lengths[0] - lengths[1]).abs().max() < 1e-6
    ibar = found.railways[found.railways["status"] == "disused"]
    assert ibar.intersects(shapely.box(20.86, 42.885, 20.88, 42.90)).any(), (
        "track over the Ibar"
    )


def way(id_: int, nodes: list[int], **tags: str) -> Element:
    return {"type": "way", "id": id_, "nodes": nodes, "tags": tags}


AT = [(20.850, 42.900), (20.852, 42.900), (20.852, 42.902), (20.850, 42.902), (20.8505, 42.9005),
      (20.8515, 42.9005), (20.8515, 42.9015), (20.8505, 42.9015), (20.900, 42.900),
      (20.860, 42.900), (20.860, 42.901), (20.861, 42.900)]  # fmt: skip
OUTER, INNER = [1, 2, 3, 4, 1], [5, 6, 7, 8, 5]
SHAPES = [
    way(1, OUTER, amenity="hospital", name="H"),
    way(2, INNER),
    way(3, OUTER, highway="pedestrian", area="yes"),
    way(4, INNER, highway="residential", junction="roundabout"),
    way(5, [1, 9], highway="primary", bridge="viaduct", maxspeed="30 mph"),
    way(6, [1, 4], railway="disused", highway="path"),
    way(7, [4, 3], **{"disused:railway": "rail"}),
    way(8, [5, 7, 6, 8, 5], amenity="clinic"),
    way(9, [10, 11, 12, 10], waterway="riverbank"),
    way(10, [10, 10], highway="path"),
    way(11, [10, 11, 10], highway="service"),
    way(12, [2, 3], highway="track", access="private"),
    way(13, [1, 3], highway="primary", motorcar="no", oneway="-1"),
    way(14, [3, 2], waterway="stream", intermittent="yes", tunnel="culvert"),
    {"type": "relation", "id": 50, "tags": {"type": "multipolygon", "amenity": "social_facility"},
     "members": [{"type": "way", "ref": 1, "role": "outer"},
                 {"type": "way", "ref": 2, "role": "inner"}]},
]  # fmt: skip
POINTS = {4: {"amenity": "drinking_water"}, 10: {"place": "village", "name": "Fshat"},
          11: {"highway": "crossing"}}  # fmt: skip
"""Tags of nodes."""


@pytest.mark.proof
def test_shapes_of_every_kind_come_as_an_extract_gives_them(tmp_path: Path) -> None:
    """Areas, rings, a bow tie, a multipolygon with a hole, a way without length."""
    nodes = [{"type": "node", "id": id_, "lon": x, "lat": y, "tags": POINTS.get(id_, {})}
             for id_, (x, y) in enumerate(AT, 1)]  # fmt: skip
    make = osmium.osm.mutable
    with osmium.SimpleWriter(tmp_path / "same.osm") as out:
        for node in nodes:
            at = (node["lon"], node["lat"])
            out.add_node(
                make.Node(id=node["id"], location=at, tags=node["tags"], version=1)
            )
        for one in SHAPES[:-1]:
            out.add_way(
                make.Way(id=one["id"], nodes=one["nodes"], tags=one["tags"], version=1)
            )
        members = [
            ("w", member["ref"], member["role"]) for member in SHAPES[-1]["members"]
        ]
        out.add_relation(
            make.Relation(id=50, members=members, tags=SHAPES[-1]["tags"], version=1)
        )
    area = shapely.box(20.84, 42.89, 20.88, 42.91)
    with serving(Server(world=World([*nodes, *SHAPES]))) as server:
        found = layers.fetch(
            area, queries.Servers([server.url], tmp_path / "c", progress=str)
        )
    read = extract.read(tmp_path / "same.osm", area)
    for name in (*WAYS, "facilities", "settlements"):
        one, two = (
            getattr(it, name).sort_values("id", ignore_index=True)
            for it in (found, read)
        )
        assert len(one)
        assert_geodataframe_equal(one, two)


DEADLINE_S = 25.0
"""For faults that only the deadline ends; osmnx takes a second or two to start."""


@pytest.mark.proof
def test_the_table_of_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Print what the user reads, and after how long; with a second server all is well."""
    monkeypatch.setattr(queries, "MOST_BYTES", 1 << 30)
    rows = []
    for name, case in CASES.items():
        with (
            serving(Server(itertools.repeat(case.fault))) as ill,
            serving(Server()) as well,
        ):
            limit = {"deadline_s": DEADLINE_S if case.timed else 120.0, "progress": str}
            began = time.monotonic()
            with pytest.raises(queries.DownloadError, match=case.says) as caught:
                layers.fetch(TOWN, queries.Servers([ill.url], tmp_path / name, **limit))
            seconds = time.monotonic() - began
            assert not list((tmp_path / name).glob("*")), "nothing is kept"
            (line,) = str(caught.value).splitlines()
            assert len(line) < 700
            found = layers.fetch(TOWN, queries.Servers([ill.url, well.url],
                                 tmp_path / "well" / name, **limit))  # fmt: skip
            assert len(found.roads) > 50
            assert found.source.provenance["servers"] == well.url
        said = line.split(": ", 2)[-1].split(". Fix")[0]
        rows.append(f"| {name} | {said} | {seconds:.1f} |")
    with capsys.disabled():
        print("\n| fault | the user reads | s |\n|---|---|---|")
        print("\n".join(rows))


@pytest.mark.proof
def test_a_server_with_slots_is_asked_when_it_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server()) as server:
        monkeypatch.setattr(queries, "WITH_SLOTS", queries.host(server.url))
        where = queries.Servers([server.url], progress=str, deadline_s=DEADLINE_S)
        assert (
            len(layers.fetch(TOWN, replace(where, cache=tmp_path / "free")).roads) > 50
        )
        server.slots = "<html>Please log in</html>"
        with pytest.raises(
            queries.DownloadError, match=r"Unable to parse .*/api/status"
        ):
            layers.fetch(TOWN, replace(where, cache=tmp_path / "portal"))
        server.slots = "a\nb\nc\nd\nCurrently running queries (pid, space limit):"
        with pytest.raises(queries.DownloadError, match=r"no whole answer in 25 s"):
            layers.fetch(TOWN, replace(where, cache=tmp_path / "none"))
        assert len(server.requests) == 1
        monkeypatch.undo()


@pytest.mark.proof
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/api", "Connection refused"),
        ("http://one.invalid/api", "resolve|not known|name"),
        (
            "http://192.0.2.1/api",
            "no whole answer|unreachable|timed out|No route|refused",
        ),
        ("overpass", "No scheme|Invalid URL"),
        ("ftp://127.0.0.1/api", "No connection adapters"),
    ],
)
def test_no_way_to_the_server(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(queries.DownloadError, match=says):
        layers.fetch(
            TOWN, queries.Servers([url], tmp_path, progress=str, deadline_s=DEADLINE_S)
        )


@pytest.mark.proof
def test_certificates(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
            "-days", "1", "-keyout", key, "-out", certificate]  # fmt: skip
    subprocess.run(call, check=True, capture_output=True, timeout=60)
    with (
        serving(Server(certificate=(certificate, key))) as server,
        serving(Server()) as plain,
    ):
        tls = plain.url.replace("http:", "https:")
        with pytest.raises(queries.DownloadError, match=r"self.signed.*SSL"):
            layers.fetch(
                TOWN, queries.Servers([server.url, tls], tmp_path / "c", progress=str)
            )
    assert server.requests == []


CTRL_C = """
import sys
import osmnx, shapely, layers
osmnx.settings.requests_timeout = 33
try:
    servers = layers.Servers([sys.argv[1]], sys.argv[2])
    layers.fetch(shapely.box(20.80, 42.85, 20.93, 42.93), servers)
except KeyboardInterrupt:
    print("interrupted", osmnx.settings.requests_timeout, osmnx.settings.overpass_url)
"""


@pytest.mark.proof
def test_ctrl_c_of_a_program_that_waits(tmp_path: Path) -> None:
    with serving(Server(itertools.repeat(CASES["silent"].fault))) as server:
        call = [sys.executable, "-u", "-c", CTRL_C, server.url, str(tmp_path / "cache")]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            call, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        ) as run:
            assert run.stdout is not None
            assert "asking" in run.stdout.readline()
            while not server.requests and run.poll() is None:
                time.sleep(0.1)
            os.killpg(run.pid, signal.SIGINT)
            out, err = run.communicate(timeout=30)
    assert out.splitlines() == ["interrupted 33 https://overpass-api.de/api"]
    assert err == ""
    assert not list((tmp_path / "cache").glob("*"))
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def test_nothing_of_osmnx_is_used_but_what_is_public() -> None:
    names = re.compile(r"osmnx\.(\w+\.)*_[^_]|from osmnx import _")
    rooms = [Path(room.__file__).parent for room in (geo, layers, maps)]
    files = [file for room in rooms for file in room.rglob("*.py")]
    assert [file for file in files if names.search(file.read_text("utf-8"))] == []


def test_servers_follow_what_is_set_in_osmnx_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = queries.Servers()
    for address in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        monkeypatch.setattr(osmnx.settings, "overpass_url", address)
        assert servers.asked == [address]
