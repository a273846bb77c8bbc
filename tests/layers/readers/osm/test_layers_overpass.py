"""Overpass, through the real client, against a server on loopback."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from servers.overpass_server import DATE, Handler, Server, elements, serving, to_xml

from layers.readers import areas, bundled
from layers.readers.osm import download, extract, overpass, tags
from layers.records import Layers

LIMITS = download.Limits(attempts=2, connect_s=30, silence_s=30, total_s=60, first_wait_s=0.01,
                         longest_wait_s=1)  # fmt: skip
TOWN = shapely.box(20.80, 42.85, 20.93, 42.93)


def busy(handler: Handler) -> bool:
    handler.reply(b"<html><p>Error: runtime error: The server is probably too busy</p></html>", 504)
    return True


def same_lines(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> bool:
    """Tell whether two layers hold the same lines, whatever their order."""
    return sorted(ours.geometry.to_wkt()) == sorted(theirs.geometry.to_wkt())


def test_the_whole_corridor_comes_back_as_it_was_served(tmp_path: Path) -> None:
    area = areas.area_of("corridor").geometry.iloc[0]
    with serving(Server()) as server:
        layers = overpass.fetch(area, urls=[server.url], cache=tmp_path, limits=LIMITS)
        assert len(server.requests) > 4, "a large area is split"
        assert server.agents == {download.USER_AGENT}
    network = bundled.network()
    for name in ("roads", "paths", "railways", "waterways"):
        served = getattr(network, name)
        served = served[served.intersects(area)]
        assert same_lines(getattr(layers, name), served), name
        assert getattr(layers, name)["id"].is_unique, "ways that pieces share come once"
    assert "disused" in set(layers.railways["status"])
    assert list(layers.facilities["kind"]) == ["bus_station"]


def test_the_source_says_when_and_from_where(tmp_path: Path) -> None:
    with serving(Server()) as server:
        source = overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS).source
    assert source.osm_date == DATE
    assert source.id.startswith("overpass-2026-11-20-")
    assert source.licence == tags.LICENCE
    assert source.provenance["servers"] == f"{server.url}/interpreter"


def test_a_server_whose_name_is_not_found() -> None:
    """Names that exist nowhere (RFC 6761), so that no other name is found either."""
    with pytest.raises(download.DownloadError, match=r"one\.invalid.*two\.invalid.*is online"):
        download.ask(["http://one.invalid/a", "http://two.invalid/a"], "GET", {}, bytes,
                     limits=LIMITS)  # fmt: skip


def test_ways_that_reach_into_the_area_are_whole(tmp_path: Path) -> None:
    with serving(Server()) as server:
        layers = overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
    assert not layers.roads.within(TOWN).all()
    assert layers.roads.intersects(TOWN).all()


def test_a_second_fetch_makes_no_request_and_gives_the_same(tmp_path: Path) -> None:
    with serving(Server()) as server:
        first = overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
        requests = len(server.requests)
        events: list[str] = []
        second = overpass.fetch(TOWN, urls=["http://127.0.0.1:1"], cache=tmp_path,
                                progress=events.append, limits=LIMITS)  # fmt: skip
        assert len(server.requests) == requests
    assert events == []
    assert second.source.id == first.source.id
    assert same_lines(first.roads, second.roads)


def test_refresh_asks_again(tmp_path: Path) -> None:
    with serving(Server()) as server:
        overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
        requests = len(server.requests)
        overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, refresh=True, limits=LIMITS)
        assert len(server.requests) == 2 * requests


def test_an_interrupted_fetch_goes_on_from_what_it_has(tmp_path: Path) -> None:
    area = areas.area_of("corridor").geometry.iloc[0]
    fine_at_first = itertools.chain([None] * 3, itertools.repeat(busy))
    with serving(Server(fine_at_first)) as server:
        with pytest.raises(download.DownloadError, match=r"query 4 of \d+ was not answered"):
            overpass.fetch(area, urls=[server.url], cache=tmp_path, limits=LIMITS)
        assert len(server.requests) == 3 + 2
        server.faults = iter(())
        server.requests.clear()
        layers = overpass.fetch(area, urls=[server.url], cache=tmp_path, limits=LIMITS)
        assert len(server.requests) == int(layers.source.provenance["queries"]) - 3


def test_the_next_server_takes_over_and_then_comes_first(tmp_path: Path) -> None:
    area = areas.area_of("corridor").geometry.iloc[0]
    events: list[str] = []
    with serving(Server(itertools.repeat(busy))) as down, serving(Server()) as up:
        layers = overpass.fetch(area, urls=[down.url, up.url], cache=tmp_path,
                                progress=events.append, limits=LIMITS)  # fmt: skip
        assert len(down.requests) == 2
        assert len(up.requests) == int(layers.source.provenance["queries"])
    assert ["HTTP 504" in event for event in events[:3]] == [False, True, False]
    assert "too busy" in events[1]
    assert not any("given up" in event for event in events[3:])


def test_an_area_without_anything_is_an_error(tmp_path: Path) -> None:
    with (
        serving(Server()) as server,
        pytest.raises(download.DownloadError, match="no road, path or railway in the area"),
    ):
        overpass.fetch(shapely.box(10, 50, 10.1, 50.1), urls=[server.url], cache=tmp_path,
                       limits=LIMITS)  # fmt: skip


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    with serving(Server()) as server:
        overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
        (kept,) = tmp_path.iterdir()
        kept.write_bytes(kept.read_bytes()[:-20])
        server.requests.clear()
        overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
        assert len(server.requests) == 1


def assert_same(ours: Layers, theirs: Layers) -> None:
    """Check that two readers found the same features, whatever their order."""
    for name in ("roads", "paths", "railways", "waterways", "facilities"):
        one, two = (getattr(found, name).sort_values("id", ignore_index=True)
                    for found in (ours, theirs))  # fmt: skip
        assert_geodataframe_equal(one, two, check_less_precise=True)


def test_overpass_and_an_extract_of_the_same_data_agree(tmp_path: Path) -> None:
    with serving(Server()) as server:
        fetched = overpass.fetch(TOWN, urls=[server.url], cache=tmp_path, limits=LIMITS)
    nodes, ways = elements()
    with osmium.SimpleWriter(tmp_path / "same.osm.pbf") as out:
        for id_, node in sorted(nodes.items()):
            out.add_node(osmium.osm.mutable.Node(id=id_, location=(node["lon"], node["lat"]),
                                                 tags=node.get("tags", {})))  # fmt: skip
        for _, way in ways:
            out.add_way(osmium.osm.mutable.Way(id=way["id"], nodes=way["nodes"], tags=way["tags"]))
    assert_same(fetched, extract.read(tmp_path / "same.osm.pbf", TOWN))


@pytest.mark.proof
def test_they_agree_on_the_core_extract(tmp_path: Path, shared: Path) -> None:
    """The answer that Overpass would give for the core extract."""
    core = shared / "data/osm/mitrovica_core.osm.pbf"
    answer = []
    for item in osmium.FileProcessor(core):
        common = {"id": item.id, "tags": dict(item.tags)}
        if item.is_node():
            answer.append({"type": "node", "lat": item.lat, "lon": item.lon, **common})
        elif item.is_way():
            answer.append({"type": "way", "nodes": [node.ref for node in item.nodes], **common})
    content = to_xml({"elements": answer})

    def whole(handler: Handler) -> bool:
        handler.reply(content)
        return True

    area = shapely.box(20.6, 42.8, 20.95, 43.1)
    with serving(Server(itertools.repeat(whole))) as server:
        fetched = overpass.fetch(area, urls=[server.url], cache=tmp_path)
    assert_same(fetched, extract.read(core, area))
