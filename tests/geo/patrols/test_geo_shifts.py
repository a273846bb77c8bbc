"""The plan of a night on the bundled data, and what must hold for any plan."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from studies.bundled_region import (
    bundled_inputs,
    bundled_night,
    bundled_plan,
    bundled_timetable,
)

from geo.params import NeedParams, Params, PatrolParams, Shift
from geo.params.patrols import StopWindow
from geo.patrols.night import plan_night
from geo.patrols.reach import NeedError
from geo.patrols.stops import StopError
from geo.results import Patrols
from geo.routing.driving import RoutingError
from geo.routing.problem import ProblemError
from geo.schema import HOTSPOTS, LEFT_OUT, METRIC, NEED_PARTS
from layers.readers import bundled

pytestmark = pytest.mark.usefixtures("generalised")

EVENING = Shift("evening", "18:00", "23:00")
ONE = {"vehicles": 1, "shifts": (EVENING,)}
FAST = Params(patrols=PatrolParams(iterations=60))
ADVISED = {
    "bus_station_mitrovica", "taxi_mitrovica_south", "taxi_mitrovica_north",
    "rail_link_mitrovica", "bosniak_mahalla", "gate1_jarinje",
}  # fmt: skip


def night(params: Params = FAST, hotspots: gpd.GeoDataFrame | None = None) -> Patrols:
    return bundled_night(params, hotspots)


@pytest.fixture(scope="module")
def default() -> Patrols:
    return bundled_plan(FAST)


def test_every_advised_place_is_visited_in_the_evening(default: Patrols) -> None:
    evening = default.stops[default.stops["shift"] == "evening"]
    assert set(evening["stop"]) >= ADVISED


def test_the_timetable_adds_up_to_the_second(default: Patrols) -> None:
    for (shift, _), tour in default.stops.groupby(["shift", "vehicle"]):
        start, end = {"evening": (64800, 82800), "early_morning": (99000, 115200)}[
            shift
        ]
        assert tour["order"].tolist() == list(range(len(tour)))
        assert tour["departure_s"].iloc[0] == start
        assert tour["arrival_s"].iloc[-1] <= end
        before = tour["departure_s"].shift(1).iloc[1:]
        assert (tour["arrival_s"].iloc[1:] == before + tour["drive_s"].iloc[1:]).all()
        at_stop_s = tour["service_s"] + tour["walk_s"]
        waits = tour["departure_s"] > tour["arrival_s"] + at_stop_s
        assert (tour["departure_s"] >= tour["arrival_s"] + at_stop_s).all()
        # Only where service may not begin yet.
        opening = {window.stop for window in bundled_inputs(Params()).windows}
        assert set(tour.loc[waits, "stop"]) <= opening
        assert (tour["stop"].iloc[[0, -1]] == "dcam_coordinator").all()
        assert not tour["stop"].iloc[1:-1].duplicated().any()


def test_legs_join_the_stops_by_roads_of_their_own_length(default: Patrols) -> None:
    tours = default.stops[default.stops["order"] > 0].reset_index(drop=True)
    legs = default.legs
    assert (legs["to_stop"] == tours["stop"]).all()
    assert (legs["duration_s"] == tours["drive_s"]).all()
    assert (legs["distance_m"] == tours["drive_m"]).all()
    np.testing.assert_allclose(legs.length, legs["distance_m"].astype(float), atol=1e-3)
    for _, tour in legs.groupby(["shift", "vehicle"]):
        ends = shapely.get_point(np.asarray(tour.geometry.values), -1)[:-1]
        begins = shapely.get_point(np.asarray(tour.geometry.values), 0)[1:]
        assert (shapely.distance(ends, begins) < 1e-6).all()


def test_legs_stay_inside_the_boundary_and_off_the_pedestrian_bridge(
    default: Patrols,
) -> None:
    outline = bundled.boundary().to_crs(METRIC).union_all().buffer(0.01)
    assert default.legs.within(outline).all()
    paths = bundled.network().paths.to_crs(METRIC)
    bridge = paths[paths["name"].fillna("").str.contains("Most na Ibru")]
    assert len(bridge) == 1
    shared = default.legs.intersection(bridge.union_all()).length
    assert (shared == 0).all()


def test_one_seed_gives_one_plan() -> None:
    first, second = bundled_timetable(quick()), bundled_timetable(quick())
    pd.testing.assert_frame_equal(first.stops, second.stops)
    pd.testing.assert_frame_equal(first.legs, second.legs)


def test_need_served_earlier_in_the_night_keeps_its_share() -> None:
    """Worths of the visits of a shift add up to the need served; the same again counts half."""
    inputs = bundled_inputs(replace(FAST, patrols=replace(FAST.patrols, new_place=0.0)))
    early, late = plan_night(inputs)
    cover = inputs.reach.cover()
    worths = [shift.problem.cover.marginal(shift.routes) for shift in (early, late)]
    assert worths[0][early.visited].sum() == pytest.approx(cover.served(early.routes))
    remaining = np.ones(len(cover.need))
    remaining[cover.times(early.routes) > 0] = 0.5
    again = inputs.reach.cover(remaining=remaining)
    assert worths[1][late.visited].sum() == pytest.approx(again.served(late.routes))


@pytest.mark.parametrize(
    ("weight", "share", "least"), [(0.3, 0, 0), (0.3, 0.25, 0.25), (0, 0.25, 0)]
)
def test_exploration_gets_its_share_of_the_stop_time_where_there_is_need(
    weight: float, share: float, least: float
) -> None:
    need = NeedParams(far_from_help=weight)
    inputs = bundled_inputs(replace(quick(vehicles=1, exploration=share), need=need))
    evening = plan_night(inputs)[0]
    time_s = inputs.stops["service_s"].to_numpy(float)[evening.visited]
    explored = time_s[inputs.reach.little_known[evening.visited]].sum() / time_s.sum()
    assert explored >= least
    assert weight or not explored


def test_every_part_of_the_need_works_alone() -> None:
    for part in ("far_from_help", "advised"):
        none = dict.fromkeys(NEED_PARTS[1:], 0.0)
        plan = night(replace(quick(**ONE), need=NeedParams(**{**none, part: 0.3})))
        served = plan.stop_need.set_index("stop")["need"]
        assert served.sum() > 0
        assert (plan.stop_need[part] == plan.stop_need["need"]).all()


def test_advice_without_weight_is_still_counted_and_named() -> None:
    """With advice only, and then with everything but advice, all advised places count."""
    none = dict.fromkeys(NEED_PARTS[1:], 0.0)
    plans = [
        bundled_plan(replace(quick(**ONE), need=weights))
        for weights in (NeedParams(**{**none, "advised": 1.0}), NeedParams(advised=0.0))
    ]
    for plan in plans:
        advised = plan.stop_need[plan.stop_need["at_advised"]]
        assert set(advised["stop"]) == ADVISED
        of_shift = plan.stops.groupby("shift")["stop"].apply(
            lambda s: len(set(s) & ADVISED)
        )
        made = plan.measures[plan.measures["plan"] == "proposed"].dropna(
            subset=["shift"]
        )
        shares = made.set_index("shift")["advised_share"]
        assert (shares * len(ADVISED)).round().to_dict() == of_shift.to_dict()
    unweighted = plans[0].left_out
    lost = unweighted[unweighted["reason"] == "need_has_no_weight"]
    assert len(lost)
    assert (lost["admits"] == "nothing").all()


def test_a_stop_whose_people_are_served_elsewhere_says_where(default: Patrols) -> None:
    nearby = default.left_out[default.left_out["reason"] == "served_nearby"]
    assert len(nearby)
    assert set(nearby["served_at"]) <= set(default.stops["stop"])
    others = default.left_out[
        ~default.left_out["reason"].isin(["served_nearby", "beside_another"])
    ]
    assert others["served_at"].isna().all()


def test_every_candidate_is_visited_or_left_out_with_a_reason(default: Patrols) -> None:
    reasons = LEFT_OUT["reason"].values
    assert default.left_out["reason"].isin(reasons).all()
    assert not set(default.left_out["stop"]) & set(default.stops["stop"])
    detour = default.left_out["reason"] == "not_worth_detour"
    assert default.left_out.loc[detour, "round_trip_s"].notna().all()


def test_hotspots_move_prizes_but_never_add_a_stop(default: Patrols) -> None:
    """Sightings reach the plan only as hotspots: no stop may come from them."""
    rng = np.random.default_rng(3)
    known = set(default.stops["stop"]) | set(default.left_out["stop"])
    known_positions = set(default.stops.geometry.to_wkt())
    places = bundled.places().to_crs(METRIC)
    allowed = known_positions | set(places.geometry.to_wkt())
    at = np.array([7_490_000, 4_740_000]) + rng.uniform(-20_000, 20_000, (6, 2))
    lines = [shapely.MultiLineString([[p, p + 100]]) for p in at]
    hotspots = HOTSPOTS.geoframe(
        pd.DataFrame(
            {
                "rank": range(1, 7),
                "share": 0.1,
                "score": rng.uniform(1, 9, 6),
                "geometry": lines,
            }
        ),
        crs=METRIC,
    )
    moved = night(quick(**ONE), hotspots)
    assert set(moved.stops["stop"]) | set(moved.left_out["stop"]) == known
    assert set(moved.stops.geometry.to_wkt()) <= allowed


def test_a_short_shift_leaves_out_what_is_too_far() -> None:
    plan = night(quick(vehicles=1, shifts=(Shift("short", "23:30", "00:30"),)))
    missed = plan.left_out.set_index("stop")
    assert missed.loc["gate1_jarinje", "reason"] == "too_far_for_shift"
    assert missed.loc["gate1_jarinje", "round_trip_s"] > 3600
    assert plan.stops["departure_s"].iloc[0] == 84_600
    assert plan.stops["arrival_s"].iloc[-1] <= 84_600 + 3600
    assert plan.stops["arrival"].iloc[-1].startswith("00:")


def test_a_stop_that_only_the_break_shuts_out_is_too_far() -> None:
    """The shift holds the drive and the service at the gate, not the break as well."""
    at_night = Shift("night", "20:00", "22:30", break_min=20.0)
    missed = night(quick(vehicles=1, shifts=(at_night,))).left_out.set_index("stop")
    assert missed.loc["gate1_jarinje", "reason"] == "too_far_for_shift"
    without_break_s = 150 * 60 - missed.loc["gate1_jarinje", "round_trip_s"] - 30 * 60
    assert 0 <= without_break_s - 5 * 60 < 20 * 60


def quick(**params: object) -> Params:
    return Params(patrols=PatrolParams(iterations=20, **params))


def test_a_closed_road_is_not_driven(default: Patrols) -> None:
    roads = bundled.network().roads.to_crs(METRIC)
    legs = default.legs.union_all().buffer(0.01)
    used = roads[roads.within(legs) & (roads["ref"] == "M-2")]
    assert len(used)
    closed = used["id"].iloc[0]
    around = bundled_timetable(quick(**ONE, closed_roads=(closed,)))
    line = used.geometry.iloc[0]
    assert around.legs.intersection(line).length.max() < 1e-6
    whole = bundled_timetable(quick(**ONE, closed_roads=("M-2",)))
    on_it = bundled.network().roads.to_crs(METRIC).query("ref == 'M-2'").union_all()
    assert whole.legs.intersection(on_it).length.max() < 1e-6
    with pytest.raises(
        RoutingError, match=r"patrols\.closed_roads names road-x, no road of this"
    ):
        night(quick(closed_roads=("road-x",)))


def test_parameters_that_no_plan_can_meet_are_named_with_the_smallest_change() -> None:
    message = r"all prizes are 0.*Smallest change.*far_from_help, advised"
    with pytest.raises(NeedError, match=message):
        night(replace(quick(), need=NeedParams(**dict.fromkeys(NEED_PARTS[1:], 0.0))))
    before_the_shift = StopWindow("gate1_jarinje", "12:00", "13:00")
    with pytest.raises(ProblemError, match=r"no window of gate1_jarinje .* by \d+ min"):
        night(quick(windows=(before_the_shift,), shifts=(EVENING,)))
    with pytest.raises(
        StopError, match=r"patrols\.windows names nowhere, no candidate stop"
    ):
        night(quick(windows=(StopWindow("nowhere", "18:00", "19:00"),)))
    with pytest.raises(StopError, match="no place has the id 'nowhere' of the depot"):
        night(quick(depot="nowhere"))


def test_shifts_that_overlap_would_need_a_vehicle_twice() -> None:
    shifts = (EVENING, Shift("late", "20:00", "01:00"))
    with pytest.raises(
        ProblemError, match=r"late begins at 20:00.*180 min later, at 23:00"
    ):
        night(quick(shifts=shifts))


def test_no_prize_is_left_where_repeats_are_worth_nothing() -> None:
    shifts = (Shift("long", "12:00", "04:00"), Shift("again", "04:00", "04:30"))
    plan = bundled_timetable(quick(repeat=0.0, vehicles=3, shifts=shifts))
    visited = plan.stops[plan.stops["service_s"] > 0]
    assert not visited["stop"].duplicated().any()


def test_hours_that_no_crew_works_are_not_offered() -> None:
    shifts = (Shift("long", "12:00", "03:00"),)
    offered = bundled_plan(quick(vehicles=1, shifts=shifts)).trade_off["more_hours"]
    assert offered.tolist() == [0.0, 1.0, 0.0]
    longest = bundled_plan(quick(vehicles=1, shifts=(Shift("long", "12:00", "04:00"),)))
    assert longest.trade_off["more_hours"].tolist() == [0.0, 0.0]
