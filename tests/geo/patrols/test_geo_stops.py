"""Which places may be stops, and what a visit is worth."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from problems.roads import EVERYWHERE, box, roads_of

from geo.params import PatrolParams, SpeedParams
from geo.patrols import stops
from geo.routing.driving import drivable
from geo.schema import FACILITIES, METRIC, PLACES

NO_RIVER = gpd.GeoDataFrame(geometry=[], crs=METRIC)
PARAMS = PatrolParams(depot="dcam_coordinator")


def places_at(*rows: tuple[str, str, float, float]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {
            "id": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "name_en": [row[0].title() for row in rows],
            "status": [
                "closed 2021-01" if "closed" in row[0] else "open" for row in rows
            ],
            "geometry": [shapely.Point(row[2:]) for row in rows],
        }
    )
    return PLACES.geoframe(frame, crs=METRIC)


def facilities_at(*rows: tuple[str, str, float, float]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {
            "id": [row[0] for row in rows],
            "kind": [row[1] for row in rows],
            "geometry": [shapely.Point(row[2:]) for row in rows],
        }
    )
    return FACILITIES.geoframe(frame, crs=METRIC)


def hotspot(peak: float, *xy: tuple[float, float]) -> dict[str, object]:
    return {
        "rank": 1,
        "peak_per_km": peak,
        "geometry": shapely.MultiLineString([shapely.LineString(xy)]),
    }


def test_candidates_are_open_places_and_facilities_of_the_kinds_named() -> None:
    places = places_at(
        ("bus", "monitoring_point", 0, 0),
        ("gate", "crossing", 0, 999),
        ("other_gate", "crossing", 0, 1001),
        ("closed_stop", "public_stop", 5000, 0),
        ("town", "town", 6000, 0),
    )
    facilities = facilities_at(
        ("same_as_bus", "bus_station", 0, 199),
        ("rank", "taxi", 9000, 0),
        ("same_rank", "taxi", 9100, 0),
        ("pharmacy", "pharmacy", 7000, 0),
    )
    found = stops.candidates(places, facilities, PARAMS)
    assert found["stop"].tolist() == ["bus", "other_gate", "rank"]
    assert found["name"].tolist() == ["Bus", "Other_Gate", "Taxi stand"]
    assert found["service_s"].tolist() == [1800, 1200, 1200]


def test_a_stop_is_served_from_its_own_bank() -> None:
    """Of two roads, the nearer lies beyond a river."""
    rows = [("primary", None, None, 0, [(0, y), (1000, y)]) for y in (0, 300)]
    rows.append(("primary", None, None, 0, [(0, 0), (0, 300)]))
    drive = drivable(roads_of(rows), EVERYWHERE, SpeedParams())
    river = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(200, 50), (900, 50)])], crs=METRIC
    )
    stop = stops.candidates(
        places_at(("a", "public_stop", 500, 100)), facilities_at(), PARAMS
    )
    for rivers, snap_m in ((NO_RIVER, 100), (river, 200)):
        found = stops.on_roads(
            stop, drive, drive, EVERYWHERE, rivers, PARAMS, generalised=True
        )
        assert found["snap_m"].tolist() == [snap_m]


def test_stops_are_added_and_dropped_by_id() -> None:
    places = places_at(("bus", "monitoring_point", 0, 0), ("town", "town", 6000, 0))
    facilities = facilities_at(("ward", "clinic", 9000, 0), ("rank", "taxi", 5000, 0))
    params = PatrolParams(add_stops=("ward",), drop_stops=("rank",))
    assert stops.candidates(places, facilities, params)["stop"].tolist() == [
        "bus",
        "ward",
    ]
    near = facilities_at(("beside", "clinic", 0, 100))
    params = PatrolParams(add_stops=("beside",))
    assert stops.candidates(places, near, params)["stop"].tolist() == ["bus", "beside"]
    with pytest.raises(
        stops.StopError, match=r"add_stops names S1, town, no public or service"
    ):
        stops.candidates(places, facilities, PatrolParams(add_stops=("town", "S1")))
    with pytest.raises(stops.StopError, match="drop_stops names nowhere"):
        stops.candidates(places, facilities, PatrolParams(drop_stops=("nowhere",)))


def test_access_names_why_a_stop_cannot_be_used() -> None:
    roads = roads_of(
        [
            ("primary", None, None, 0, [(0, 0), (1000, 0)]),
            ("residential", None, None, 1, [(1000, 0), (2000, 0)]),
        ]
    )
    boundary = box(-500, -5000, 3000, 5000)
    drive = drivable(roads, boundary, SpeedParams())
    two_way = drive.two_way_from(gpd.GeoSeries([shapely.Point(0, 0)], crs=METRIC), 10)
    places = places_at(
        ("fine", "public_stop", 500, 150),
        ("far", "public_stop", 500, 151),
        ("trap", "public_stop", 1900, 0),
        ("outside", "public_stop", -501, 0),
        ("gate", "crossing", -501, 0),
    )
    found = stops.on_roads(
        stops.candidates(places, facilities_at(), PARAMS),
        drive, two_way, boundary, NO_RIVER, PARAMS, generalised=False,
    )  # fmt: skip
    assert found["reason"].fillna("").tolist() == [
        "", "far_from_road", "no_two_way_road", "outside_boundary", "",
    ]  # fmt: skip
    assert found["snap_m"].tolist() == [150, 151, 900, 501, 501]
    assert found.geometry.iloc[-1] == shapely.Point(0, 0), (
        "a crossing stops at its approach"
    )
    assert stops.access_m(PARAMS, generalised=True) > stops.access_m(
        PARAMS, generalised=False
    )


def test_the_depot_is_a_place_inside_the_boundary() -> None:
    places = places_at(("dcam_coordinator", "institution", 0, 0))
    home = stops.depot(places, box(-1, -1, 1, 1), PARAMS)
    assert home["stop"].tolist() == ["dcam_coordinator"]
    with pytest.raises(stops.StopError, match="lies 5 m outside the boundary"):
        stops.depot(places, box(5, -1, 9, 1), PARAMS)
    with pytest.raises(stops.StopError, match="institutions are: dcam_coordinator"):
        stops.depot(places, box(-1, -1, 1, 1), PatrolParams(depot="nowhere"))
