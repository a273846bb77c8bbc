"""The multimodal network: what is joined, what is not, what a minute costs."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from shapely import LineString, Point

from geo.movement import multimodal
from geo.movement.multimodal import (
    ALIGHT,
    BOARD,
    CONNECTOR,
    RIDE,
    MovementError,
    Multimodal,
    arcs_of,
)
from geo.params import MovementParams, SpeedParams
from geo.records import Layers, Source
from geo.schema import FACILITIES, PLACES, WAYS

METRIC = "EPSG:9141"


def ways(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Return ways; each row is ``line`` (coordinates) and tags."""
    full = [
        {
            "id": f"w{k}-{row['layer']}",
            "bridge": False,
            "tunnel": False,
            "oneway": 0,
            **row,
        }
        for k, row in enumerate(rows)
    ]
    for row in full:
        row["geometry"] = LineString(row.pop("line"))
    return WAYS.geoframe(full, crs=METRIC)


def road(
    *line: tuple[float, float], highway: str = "secondary", **tags: object
) -> dict:
    return {"layer": "road", "highway": highway, "line": line, **tags}


def rail(*line: tuple[float, float], **tags: object) -> dict:
    return {"layer": "railway", "railway": "rail", "line": line, **tags}


def place(name: str, kind: str, x: float, y: float, **more: object) -> dict:
    return {
        "id": name,
        "kind": kind,
        "name_en": name,
        "geometry": Point(x, y),
        **more,
    }


def build(
    roads: list[dict],
    railways: list[dict],
    places: list[dict],
    terminals: list[str],
    paths: list[dict] = [],  # noqa: B006
    **params: object,
) -> Multimodal:
    waterways, facilities = ways(), FACILITIES.geoframe(crs=METRIC)
    source = Source("snapshot", "test", "a test", "none")
    layers = Layers(
        ways(*roads),
        ways(*paths),
        ways(*railways),
        waterways,
        facilities,
        source,
    )
    frame = PLACES.geoframe(places, crs=METRIC)
    return multimodal.build(layers, frame, terminals, MovementParams(**params))


ENDS = [place("west", "crossing", -500, 0), place("east", "crossing", 500, 0)]

#        |
#   -----+-----   a road over a railway: no common vertex
#        |
CROSS = [road((-500, 0), (500, 0))], [rail((0, -500), (0, 500))]


def reasons(network: Multimodal) -> list[str]:
    return network.connectors["reason"].tolist()


def test_a_level_crossing_joins_road_and_railway() -> None:
    network = build(*CROSS, ENDS, ["west", "east"])
    assert reasons(network) == ["level_crossing"]
    assert network.connectors["length_m"].max() == pytest.approx(0, abs=1e-6)
    at = network.walk.node_xy[
        network.connectors[["from_node", "to_node"]].to_numpy(int)
    ]
    assert at == pytest.approx(np.zeros((1, 2, 2)), abs=1e-3)


@pytest.mark.parametrize("tag", ["bridge", "tunnel"])
def test_a_bridge_or_tunnel_is_not_joined(tag: str) -> None:
    network = build(
        [road((-500, 0), (500, 0), **{tag: True})],
        CROSS[1],
        ENDS,
        ["west", "east"],
    )
    assert reasons(network) == []


def test_a_station_joins_its_railway_to_a_road_within_the_limit() -> None:
    roads, track = [road((-500, 0), (500, 0))], [rail((-500, 60), (500, 60))]
    places = [*ENDS, place("halt", "station", 10, 100)]
    network = build(roads, track, places, ["west", "east"])
    assert "station" in reasons(network)
    assert network.connectors["length_m"].tolist()[0] == pytest.approx(60)
    network = build(
        roads, [rail((-500, 80), (500, 80))], places, ["west", "east"]
    )
    assert reasons(network) == []


#   ----.  .----    a gap of 50 m between two parts
def test_a_loose_end_is_joined_to_another_part_only() -> None:
    roads = [road((-500, 0), (0, 0)), road((50, 0), (500, 0))]
    network = build(roads, [], ENDS, ["west", "east"])
    assert set(reasons(network)) == {"loose_end"}
    assert network.connectors["length_m"].max() == pytest.approx(50)
    # A cul-de-sac beside a street of the same part stays one.
    roads = [road((-500, 0), (500, 0)), road((-500, 0), (-500, 50), (0, 50))]
    assert reasons(build(roads, [], ENDS, ["west", "east"])) == []


def test_connectors_of_more_than_75_m_are_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 75"):
        MovementParams(connector_m=76)


def test_nobody_walks_on_a_motorway_and_rides_obey_one_way_streets() -> None:
    roads = [
        road((-500, 0), (500, 0), oneway=1),
        road((-500, 0), (-500, 900), (500, 900), (500, 0), highway="motorway"),
    ]
    network = build(roads, [], ENDS, ["west", "east"])
    assert network.walk.length_m.sum() == pytest.approx(1000)
    assert network.ride.length_m.sum() == pytest.approx(1000 + 2800)
    ride = arcs_of(network).kind == RIDE
    assert ride.sum() == network.ride.n_edges + 1


def test_rides_begin_at_stations_towns_stands_and_terminals_only() -> None:
    places = [
        *ENDS,
        place("Taxi stand", "monitoring_point", 100, 0),
        place("Mahalla", "monitoring_point", 200, 0),
        place("Town", "town", -100, 30),
        place("far", "town", 0, 600),
    ]
    network = build(*CROSS, places, ["west", "east"])
    assert sorted(network.changes["place"]) == [
        "Taxi stand",
        "Town",
        "east",
        "west",
    ]


def test_what_a_minute_costs() -> None:
    network = build(*CROSS, ENDS, ["west", "east"])
    arcs = arcs_of(network)
    params, kph = (
        MovementParams(railway_weight=0.5, board_min=10),
        SpeedParams().kph,
    )
    minutes = arcs.minutes(params, kph)
    walked = network.ways["layer"].to_numpy()[network.walk.line]
    by_layer = pd.Series(minutes[: network.walk.n_edges]).groupby(walked).sum()
    assert by_layer["road"] == pytest.approx(12)  # 1 km at 5 km/h
    assert by_layer["railway"] == pytest.approx(6)  # a minute counts half
    assert minutes[arcs.kind == RIDE].sum() == pytest.approx(
        2 * 1.2
    )  # 1 km at 50 km/h, twice
    assert minutes[arcs.kind == BOARD] == pytest.approx(10, abs=0.02)
    assert (minutes[(arcs.kind == CONNECTOR) | (arcs.kind == ALIGHT)] > 0).all()
    quick = replace(
        params,
        walk_kph={layer: 2 * kph for layer, kph in params.walk_kph.items()},
    )
    faster = arcs.minutes(
        quick, {road: 2 * speed for road, speed in kph.items()}
    )
    assert faster[arcs.kind <= RIDE] == pytest.approx(
        minutes[arcs.kind <= RIDE] / 2
    )


def test_arcs_know_their_opposite() -> None:
    arcs = arcs_of(build(*CROSS, ENDS, ["west", "east"]))
    paired = np.flatnonzero(arcs.against >= 0)
    other = arcs.against[paired]
    assert (arcs.tail[paired] == arcs.head[other]).all()
    assert (arcs.against[other] == paired).all()
    assert (arcs.kind[arcs.against < 0] >= BOARD).all()


def test_an_entry_off_the_network_is_named() -> None:
    lost = place("lost", "crossing", 0, 5000)
    with pytest.raises(
        MovementError, match="lost lies 4500 m from the nearest way"
    ):
        build(*CROSS, [*ENDS, lost], ["west", "lost"])
    with pytest.raises(MovementError, match="no place has the id nowhere"):
        build(*CROSS, ENDS, ["west", "nowhere"])


def test_a_class_without_speed_is_named() -> None:
    arcs = arcs_of(build(*CROSS, ENDS, ["west", "east"]))
    with pytest.raises(
        MovementError, match=r"no speed is set for secondary.*\[speeds.kph\]"
    ):
        arcs.minutes(MovementParams(), {"primary": 60.0})


def test_nothing_to_walk_on_is_refused() -> None:
    with pytest.raises(MovementError, match="no road to walk or ride on"):
        build([], [], ENDS, ["west"])
