"""Need at public places: assumed, then found; of no night, no hour, no place near the edge."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.chance.nulls import reporting_effort
from geo.intensity.need import (
    LEAST_ANSWERS,
    MOST,
    Reported,
    _asked,
    need_at_places,
    places_of,
)
from geo.params import Params
from geo.patrols.reach import all_need
from geo.records import Layers, Log, Source, StudyData
from geo.results import Access
from geo.schema import (
    ACCESS_SECTIONS,
    BOUNDARY,
    FACILITIES,
    LOG_GROUPS,
    LOG_PLANS,
    LOG_VISITS,
    METRIC,
    NEED,
    NEED_PARTS,
    PLACES,
    SETTLEMENTS,
    SIGHTINGS,
    WAYS,
)
from geo.sections import corridor_sections

PARAMS = Params()
STOPS = range(5000, 30_000, 3000)
"""Metres along the road at which public stops lie; the third is advised."""


def region(log: Log | None = None, *villages: tuple[float, float]) -> StudyData:
    """Return a road of 34 km with public stops, and villages beside it."""
    stops = [
        {
            "id": f"stop {k}",
            "kind": "public_stop",
            "status": "advised" if k == 2 else None,
            "geometry": shapely.Point(x, 0),
        }
        for k, x in enumerate(STOPS)
    ]
    beside = [
        {"id": f"village {k}", "kind": "health", "geometry": shapely.Point(xy)}
        for k, xy in enumerate(villages)
    ]
    road = {
        "id": "road",
        "highway": "primary",
        "geometry": shapely.LineString([(0, 0), (34_000, 0)]),
    }
    outline = {"geometry": shapely.box(0, -8000, 34_000, 8000)}
    none = WAYS.geoframe(crs=METRIC)
    layers = Layers(
        roads=WAYS.geoframe([road], crs=METRIC),
        paths=none,
        railways=none,
        waterways=none,
        facilities=FACILITIES.geoframe(crs=METRIC),
        source=Source("own", "made", "A road", "none"),
        settlements=SETTLEMENTS.geoframe(crs=METRIC),
    )
    return StudyData(
        layers=layers,
        places=PLACES.geoframe([*stops, *beside], crs=METRIC),
        boundary=BOUNDARY.geoframe([outline], crs=METRIC),
        sightings=SIGHTINGS.geoframe(crs=METRIC),
        log=Log.of() if log is None else log,
    )


def log_of(groups: list[int], hour: int = 18, came_by: str | None = None) -> Log:
    """Return a log of ten visits to each stop at an hour, and groups met at each in all."""
    names = [f"stop {k}" for k in range(len(STOPS))]
    plans = LOG_PLANS.geoframe(
        [
            {"stop": name, "plan_id": "p", "geometry": shapely.Point(x, 0)}
            for name, x in zip(names, STOPS, strict=True)
        ],
        crs=METRIC,
    )
    arrived = pd.Timestamp("2026-12-01", tz="UTC") + pd.Timedelta(hours=hour)
    visits = [
        {
            "stop": name,
            "outcome": "done",
            "arrived_at": arrived + pd.Timedelta(days=night),
            "left_at": arrived + pd.Timedelta(days=night, hours=1),
        }
        for name in names
        for night in range(10)
    ]
    met = [
        {"stop": name, "group_id": f"{name} {k}", "came_by": came_by}
        for name, number in zip(names, groups, strict=True)
        for k in range(number)
    ]
    return Log.of(
        plans=plans, visits=LOG_VISITS.frame(visits), groups=LOG_GROUPS.frame(met)
    )


def access() -> Access:
    """Return walking times: help is twice as far in the east."""
    halves = [
        {
            "section": name,
            "far_min": far,
            "geometry": shapely.MultiLineString([[(a, 0), (b, 0)]]),
        }
        for name, far, a, b in (
            ("west", 20.0, 0, 15_500),
            ("east", 40.0, 15_500, 34_000),
        )
    ]
    return Access(
        minutes={},
        transform=(1, 0, 0, 0, 1, 0),
        crs=METRIC,
        sections=ACCESS_SECTIONS.geoframe(halves, crs=METRIC),
        places=PLACES.geoframe(crs=METRIC),
        assumptions=pd.DataFrame(),
        note="",
        level_share=0.0,
    )


def need_of(data: StudyData, walk: Access | None = None) -> pd.DataFrame:
    roads = data.layers.roads
    effort = reporting_effort(roads, None, n=1000)
    reported = Reported(data.sightings, effort, data.places.iloc[:0])
    sections = corridor_sections(
        roads, data.layers.railways, data.places, PARAMS.corridors
    )
    return need_at_places(data, reported, sections, PARAMS, walk=walk)


def test_without_report_and_visit_need_is_what_is_assumed() -> None:
    found = need_of(region(), access())
    whole = all_need(found, PARAMS.need)
    assert found["observed"].eq(0).all()
    assert found[["low", "high"]].isna().all(axis=None)
    # The advised place comes first; it is in the west, with two groups more.
    assert whole[0] / whole[1] == pytest.approx(
        (found["far_from_help"][1] + 2 * found["advised"][0])
        / found["far_from_help"][1]
    )
    assert whole[-1] / whole[1] == pytest.approx(2)
    assert whole.sum() == pytest.approx(1)
    # With nothing assumed and nothing found there is no need.
    silent = region()
    quiet = PLACES.geoframe(silent.places.assign(status=None))
    nothing = need_of(StudyData(**{**vars(silent), "places": quiet}))
    assert nothing.empty
    assert list(nothing.columns) == [*NEED_PARTS, "low", "high", "geometry"]


def test_what_is_found_takes_the_place_of_what_is_assumed() -> None:
    """Five, fifty, five hundred groups, most of them at one stop that is not advised."""
    shares = []
    found = []
    widths = []
    for total in (5, 50, 500):
        at_others = total // 10
        groups = [0] * len(STOPS)
        groups[7] = total - at_others
        groups[0] = at_others
        table = need_of(region(log_of(groups)), access())
        whole = all_need(table, PARAMS.need)
        seventh = table.geometry.x == STOPS[7]
        shares.append(whole[seventh.to_numpy()][0])
        found.append(table["observed"].sum() / whole.sum())
        (row,) = table[seventh.to_numpy()].to_dict("records")
        assert row["low"] < shares[-1] < row["high"]
        widths.append(row["high"] / row["low"])
    assert widths[0] > widths[1] > widths[2]
    assert shares[0] < shares[1] < shares[2]
    assert shares[2] > 0.6
    assert found[0] < found[1] < found[2]


def test_need_tells_of_no_night_no_hour_and_no_answer_of_few() -> None:
    groups = [3, 0, 1, 0, 0, 0, 0, 6, 0]
    early = need_of(region(log_of(groups, 4)), access())
    late = need_of(region(log_of(groups, 22, "river")), access())
    pd.testing.assert_frame_equal(early, late, check_exact=True)
    assert max(groups) < LEAST_ANSWERS


def test_of_many_places_few_are_asked_for_and_the_known_are_always() -> None:
    stops = [f"stop {k}" for k in range(500)]
    at = gpd.points_from_xy(np.linspace(0, 99_000, 500), np.zeros(500))
    places = gpd.GeoDataFrame(
        {"stop": stops, "advised": [True] * 5 + [False] * 495}, geometry=at, crs=METRIC
    )
    asked = _asked(places, places.tail(100))
    assert asked[:5].all()
    assert asked[-100:].all()
    assert 0 < asked[5:-100].sum() <= MOST
    assert _asked(places.tail(MOST), places.head(0)).all()


def test_places_are_public_apart_and_not_near_the_boundary() -> None:
    data = region(
        None,
        (11_000.0, 300.0),  # in the square of a stop
        (14_200.0, 300.0),  # within reach of a stop
        (12_500.0, 4100.0),
        (13_500.0, 4900.0),  # of the same square
        (12_500.0, -6000.0),  # near the boundary
    )
    places = places_of(data, PARAMS)
    told = set(places["stop"])
    assert {f"stop {k}" for k in range(len(STOPS))} <= told
    assert told - {f"stop {k}" for k in range(len(STOPS))} == {"village 2"}
    assert places["advised"].sum() == 1
    assert NEED.geoframe(need_of(data, access())).shape[0] == len(places)
    assert np.isfinite(need_of(data, access())["far_from_help"]).all()
