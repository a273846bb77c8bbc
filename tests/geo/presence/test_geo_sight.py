"""Minutes in sight, what visits without a group say, and the effort that patrols rest on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from problems.networks import lines
from scipy.stats import poisson

from geo.chance.nulls import effort_per_metre
from geo.patterns import estimate_density
from geo.presence import in_sight, measured_effort, minutes_by_section, stop_table
from geo.presence.sight import time_classes
from geo.presence.visits import garwood
from geo.schema import LOG_GROUPS, LOG_VISITS, METRIC

ZONE = "Europe/Belgrade"
HERE = (20.87, 42.89)
EVENING = pd.Timestamp("2026-12-01 18:00", tz=ZONE)


def stood(*places: tuple[float, float, float]) -> pd.DataFrame:
    """Return crews that stood at x, y for some minutes in the evening."""
    rows = pd.DataFrame(list(places), columns=["x", "y", "minutes"])
    return rows.assign(at_s=EVENING.timestamp())


def visited(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Return visits: stop, local time of arrival, minutes."""
    at = [pd.Timestamp(when, tz=ZONE).tz_convert("UTC") for _, when, _ in rows]
    return LOG_VISITS.frame(
        pd.DataFrame(
            {
                "visit_id": [f"v{k}" for k in range(len(rows))],
                "date": [f"{when[:10]}" for _, when, _ in rows],
                "shift": "evening",
                "stop": [stop for stop, _, _ in rows],
                "arrived_at": at,
                "left_at": [
                    a + pd.Timedelta(minutes=m)
                    for a, (_, _, m) in zip(at, rows, strict=True)
                ],
                "outcome": "done",
            }
        )
    )


def met(*stops: str, month: str = "2026-12") -> pd.DataFrame:
    rows = [
        {"stop": stop, "shift": "evening", "month": month, "size_class": "1-4"}
        for stop in stops
    ]
    return LOG_GROUPS.frame(rows)


def stops_at(**places: tuple[float, float]) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(*np.array(list(places.values())).T)
    return gpd.GeoDataFrame({"stop": list(places)}, geometry=points, crs=METRIC)


def test_hours_are_classed_by_sun_and_clock() -> None:
    # Sunrise on 21 June 2026 at 42.89 N 20.87 E: 5:02; on 1 December 7:04, sunset 16:06 (NOAA).
    summer = [("2026-06-21 04:30", "early_morning"), ("2026-06-21 05:30", "day"),
              ("2026-06-21 20:00", "day"), ("2026-06-21 21:30", "evening")]  # fmt: skip
    winter = [("2026-12-01 06:30", "early_morning"), ("2026-12-01 07:30", "day"),
              ("2026-12-01 17:00", "evening"), ("2026-12-01 22:30", "night"),
              ("2026-12-02 03:59", "night"), ("2026-12-02 04:01", "early_morning")]  # fmt: skip
    for when, expected in summer + winter:
        at = np.array([pd.Timestamp(when, tz=ZONE).timestamp()])
        assert time_classes(at, ZONE, *HERE).tolist() == [expected], when


def test_what_lies_beside_a_crew_is_seen_best_and_nothing_beyond_sight() -> None:
    streets = lines(*([(0, y), (20, y)] for y in (0, 200, 590, 620)))
    seen = in_sight(streets, stood((10, 0, 60)), ZONE).set_index("edge")["minutes"]
    assert seen[0] == pytest.approx(60, rel=1e-3)
    assert seen[1] == pytest.approx(60 * np.exp(-0.5), rel=1e-3)
    assert seen.index.tolist() == [0, 1, 2]


def test_minutes_leave_by_section_of_a_kilometre_and_month_only() -> None:
    network = lines(
        [(0, 0), (1000, 0)], [(1000, 0), (2000, 0)], [(0, 5000), (300, 5000)]
    )
    presence = pd.DataFrame(
        {
            "edge": [0, 1, 1, 2],
            "minutes": [10.0, 20, 4, 9],
            "month": ["a", "a", "b", "a"],
        }
    )
    one = gpd.GeoDataFrame(
        {"section": ["s"]},
        geometry=[shapely.LineString([(0, 0), (2000, 0)])],
        crs=METRIC,
    )
    found = minutes_by_section(presence, network, one)
    assert found.to_numpy().tolist() == [["s", "a", 15.0], ["s", "b", 2.0]]
    short = one.set_geometry([shapely.LineString([(0, 5000), (300, 5000)])], crs=METRIC)
    with pytest.raises(ValueError, match="shorter than 1000 m"):
        minutes_by_section(presence, network, short)


def test_a_visit_without_a_group_is_evidence() -> None:
    visits = visited(
        ("a", "2026-12-01 18:00", 30),
        ("a", "2026-12-02 18:00", 30),
        ("b", "2026-12-01 23:00", 60),
    )
    table = stop_table(visits, met("a"), ZONE, *HERE).set_index(["stop", "time_class"])
    a, b = table.loc["a", "evening"], table.loc["b", "night"]
    assert a[["visits", "minutes", "groups", "groups_per_h"]].tolist() == [2, 60, 1, 1]
    assert b[["visits", "minutes", "groups", "groups_per_h", "low"]].tolist() == [
        1,
        60,
        0,
        0,
        0,
    ]
    # R: poisson.test(0)$conf.int[2] = 3.688879; poisson.test(1)$conf.int = 0.02531781 5.57164339
    assert b["high"] == pytest.approx(3.688879, abs=1e-6)
    assert a[["low", "high"]].tolist() == pytest.approx(
        [0.02531781, 5.57164339], abs=1e-6
    )
    assert b["p_empty"] == pytest.approx(np.exp(-0.5))


def test_skipped_stops_are_no_zeros() -> None:
    visits = visited(("a", "2026-12-01 18:00", 30), ("b", "2026-12-01 18:00", 30))
    visits.loc[1, "outcome"] = "skipped"
    assert stop_table(visits, met(), ZONE, *HERE)["stop"].tolist() == ["a"]


@given(st.integers(0, 60))
def test_the_interval_is_that_of_the_poisson_tails(count: int) -> None:
    low, high = (float(bound[0]) for bound in garwood(np.array([count])))
    assert poisson.cdf(count, high) == pytest.approx(0.025)
    assert (
        low == 0 if count == 0 else poisson.sf(count - 1, low) == pytest.approx(0.025)
    )


@given(st.floats(5, 60), st.integers(0, 3))
def test_a_visit_with_no_group_lowers_the_rate_of_its_stop_and_hours_and_no_other(
    minutes: float, groups: int
) -> None:
    before = [("a", "2026-12-01 18:00", 30), ("a", "2026-12-01 23:00", 4),
              ("b", "2026-12-01 18:00", 30)]  # fmt: skip
    tables = [
        stop_table(
            visited(*rows), met(*"a" * groups, *"b"), ZONE, *HERE, rate_per_h=1.0
        )
        for rows in (before, [*before, ("a", "2026-12-02 18:30", minutes)])
    ]
    old, new = (table.set_index(["stop", "time_class"]) for table in tables)
    same = old.index != ("a", "evening")
    pd.testing.assert_frame_equal(old[same], new[same])
    for bound in ("high", "p_empty"):
        assert new.loc[("a", "evening"), bound] < old.loc[("a", "evening"), bound]


@given(st.floats(5, 60), st.floats(3500, 6500))
def test_a_visit_with_no_group_lowers_the_rate_within_reach_of_its_place_and_nowhere_else(
    minutes: float, x: float
) -> None:
    """Groups an hour, both by the kernel that maps hotspots, along a street of ten kilometres."""
    sigma_m, street = 250.0, lines([(0, 0), (10_000, 0)])
    stops = stops_at(a=(1000, 0), b=(x, 0), c=(9000, 0))
    found = [estimate_density(street, stops.iloc[[k]], sigma_m, 50) for k in range(3)]
    kernels = np.array([density for _, density in found])
    # Beyond its reach a kernel is rounding error.
    watched = kernels.max(axis=0) > 1e-6 * kernels.max()
    before = [(stop, "2026-12-01 18:00", 30.0) for stop in "abc"]
    rates = []
    for rows in (before, [*before, ("b", "2026-12-02 18:00", minutes)]):
        table = stop_table(visited(*rows), met(*"abc"), ZONE, *HERE)
        _, count = np.unique(measured_effort(table, stops).xy[:, 0], return_counts=True)
        hours = table["minutes"].sum() / 60 * count / count.sum() @ kernels
        rates.append(
            np.where(watched, kernels.sum(axis=0) / np.where(watched, hours, 1), np.nan)
        )
    old, new = rates
    away = np.abs(found[0][0].middle_m - x)
    assert (new[away < 4 * sigma_m] < old[away < 4 * sigma_m]).all()
    far = away > 6 * sigma_m + 50
    # Effort is held as whole positions, some 50,000 of them.
    np.testing.assert_allclose(new[far], old[far], rtol=5e-4)
    assert np.isfinite(new[far]).sum() > 50


def test_effort_of_patrols_lies_where_crews_waited_minute_by_minute() -> None:
    stops = stops_at(a=(0, 0), b=(1000, 0), never=(2000, 0))
    visits = visited(("a", "2026-12-01 18:00", 30), ("b", "2026-12-01 19:00", 90))
    null = measured_effort(stop_table(visits, met("a"), ZONE, *HERE), stops)
    assert null.name == "measured"
    assert null.assumed == ("effort was measured: 2 hours of crews at 2 stops",)
    at, count = np.unique(null.xy[:, 0], return_counts=True)
    assert at.tolist() == [0, 1000]
    assert count[1] / count.sum() == pytest.approx(0.75)
    drawn = null.draw(4000, np.random.default_rng(1))[:, 0]
    assert (drawn == 1000).mean() == pytest.approx(0.75, abs=0.03)
    # The same seam as assumed effort.
    network = lines(
        [(-100, 0), (100, 0)], [(900, 0), (1100, 0)], [(1900, 0), (2100, 0)]
    )
    assert effort_per_metre(network, null) * 200 == pytest.approx([0.25, 0.75, 0])


def test_a_stop_that_is_not_known_is_named() -> None:
    table = stop_table(visited(("a", "2026-12-01 18:00", 30)), met(), ZONE, *HERE)
    with pytest.raises(ValueError, match="no stop 'a'"):
        measured_effort(table, stops_at(b=(0, 0)))
