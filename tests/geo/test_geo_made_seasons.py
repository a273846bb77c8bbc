"""Simulated seasons: drawn as documented, the same with the same seed, and read back by the log."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from problems.networks import frame
from scipy.stats import spearmanr
from studies import made_season as practice
from studies.made_season import Season, paths_of, reports_of, season
from studies.season import SECTIONS, SEVEN_PM, plan, with_tracks

from geo.intensity import fit
from geo.presence import stop_table, where_crew_was
from geo.results import Patrols
from geo.schema import LEGS, METRIC

TOWN = frame([(0, 0), (6000, 0)], [(0, 0), (0, 3000)], [(6000, 0), (6000, 3000)])


@pytest.fixture(scope="module")
def many() -> Season:
    return season(SECTIONS, plan(), 200, 40, seed=3)


def test_the_same_seed_gives_the_same_season() -> None:
    one, two, other = (season(SECTIONS, plan(), 9, seed=seed) for seed in (1, 1, 2))
    for name in ("visits", "groups"):
        pd.testing.assert_frame_equal(getattr(one.log, name), getattr(two.log, name))
    pd.testing.assert_frame_equal(one.walks, two.walks)
    assert not one.use.equals(other.use)


def test_every_planned_visit_is_made_or_skipped_every_night(many: Season) -> None:
    assert len(many.log.visits) == 2 * 200
    assert many.log.visits["date"].nunique() == 200
    skipped = many.log.visits["outcome"] == "skipped"
    assert 0.02 < skipped.mean() < 0.1
    assert many.log.visits["arrived_at"].isna().tolist() == skipped.tolist()
    took = (many.log.visits["left_at"] - many.log.visits["arrived_at"]).dropna()
    assert took.dt.total_seconds().round().unique().tolist() == [1800]


@pytest.mark.parametrize(("day", "offset_h"), [("2026-10-25", 1), ("2027-03-28", 2)])
def test_a_night_in_which_the_clocks_change_keeps_its_hours_and_its_length(
    monkeypatch: pytest.MonkeyPatch, day: str, offset_h: int
) -> None:
    """A shift after the change goes by the new clock, one across it is as long as any other."""
    eve = pd.Timestamp(day) - pd.Timedelta("1D")
    monkeypatch.setattr(practice, "FIRST", eve)
    early, across = 27.5 * 3600, 25 * 3600
    for begin_s in (early, across):
        later = {
            name: plan().stops[name] + begin_s - SEVEN_PM
            for name in ("arrival_s", "departure_s")
        }
        moved = replace(plan(), stops=plan().stops.assign(**later))
        visits = season(SECTIONS, moved, 1, 60, seed=2).log.visits
        made = visits[visits["outcome"] == "done"]
        stays = (made["left_at"] - made["arrived_at"]).dt.total_seconds()
        assert stays.tolist() == [1800, 1800]
        begin = made["arrived_at"].dt.tz_convert(practice.ZONE).iloc[0]
        # The first stop is reached ten minutes after the departure, and crews run late.
        by_the_clock = begin.tz_localize(None) - eve
        late_s = by_the_clock.total_seconds() - begin_s - 600
        assert abs(late_s) < 4 * practice.LATE_S
        if begin_s == early:
            assert begin.utcoffset() == pd.Timedelta(hours=offset_h)


def test_groups_carry_a_stop_a_shift_a_month_and_a_size_only(many: Season) -> None:
    groups = many.log.groups
    assert set(groups["stop"]) <= {"a", "b"}
    assert groups["month"].isin(many.log.visits["date"].str[:7]).all()
    assert not {"date", "visit_id", "arrived_at"} & set(groups.columns)


def test_more_groups_are_met_where_more_pass(many: Season) -> None:
    met = many.log.groups["stop"].value_counts()
    ratio = many.use["rail"] / many.use["road"]
    assert met["a"] / met["b"] == pytest.approx(ratio, rel=0.35)


def test_reports_are_ten_times_likelier_along_main_roads(many: Season) -> None:
    reports = reports_of(many, SECTIONS, 3, {"main_road": 0.1, "railway": 0.01})
    on_road = reports.geometry.x > 3000
    per_group = [
        on.mean() * len(reports) / use
        for on, use in ((on_road, many.use["road"]), (~on_road, many.use["rail"]))
    ]
    # Of 10 km: 1 - exp(-1) against 1 - exp(-0.1).
    assert per_group[0] / per_group[1] == pytest.approx(0.632 / 0.095, rel=0.3)


def test_where_nobody_walks_nobody_is_met() -> None:
    empty = season(SECTIONS, plan(), 20, 0, seed=1)
    assert empty.log.groups.empty
    assert empty.walks.empty
    assert len(empty.log.visits) == 40


def test_tracks_tell_the_visits_that_were_made() -> None:
    made = with_tracks(season(SECTIONS, plan(), 3, seed=4), plan(), silent=0.0)
    assert made.log.visits["outcome"].eq("done").all()
    crews = where_crew_was(TOWN, made.log.tracks.to_crs(METRIC))
    nights = made.log.visits.groupby("date")
    for crew, (_, own) in zip(crews, nights, strict=True):
        for x, arrived_at in zip((0, 6000), own["arrived_at"], strict=True):
            there = np.hypot(crew.points["x"] - x, crew.points["y"]) < 50
            own_s = crew.points["at_s"][there] - arrived_at.timestamp()
            during = own_s.between(-60, 1860)
            minutes = crew.points["minutes"][there][during].sum()
            assert minutes == pytest.approx(30, abs=2)


def test_a_silent_phone_leaves_ten_minutes_out() -> None:
    made = with_tracks(season(SECTIONS, plan(), 3, seed=5), plan(), silent=1.0)
    for line in made.log.tracks.geometry:
        steps = np.diff(shapely.get_coordinates(line, include_z=True)[:, 2])
        assert np.delete(steps, steps.argmax()).max() == 10
        assert steps.max() <= 620


def test_a_path_has_no_branches_and_no_second_lane() -> None:
    shape = shapely.MultiLineString(
        [[(0, 0), (0, 5000)], [(0, 2000), (800, 2000)], [(9, 0), (9, 100)]]
    )
    section = gpd.GeoDataFrame({"section": ["s"]}, geometry=[shape], crs=METRIC)
    path = paths_of(section).geometry[0]
    assert path.length == pytest.approx(5000)
    assert path.coords[0][1] < path.coords[-1][1]


def test_only_sections_within_sight_of_a_stop_are_walked() -> None:
    assert paths_of(SECTIONS, plan().stops.iloc[[1]])["section"].tolist() == ["rail"]


def test_visits_recover_the_use_that_biased_reports_hide() -> None:
    """Eight ways, each with a stop; every other is a railway, reported ten times less likely."""
    many = range(8)
    ways = gpd.GeoDataFrame(
        {"section": [str(k) for k in many], "corridor": ["railway", "main_road"] * 4},
        geometry=[
            shapely.LineString([(4000 * k, -2000), (4000 * k, 8000)]) for k in many
        ],
        crs=METRIC,
    )
    one = plan().stops.iloc[[1]]
    stops = pd.concat(
        [one.assign(stop=str(k), vehicle=k) for k in many], ignore_index=True
    )
    stops = stops.set_geometry(
        gpd.points_from_xy([4000 * k for k in many], [0] * 8), crs=METRIC
    )
    night = Patrols(stops, LEGS.geoframe(crs=METRIC), pd.DataFrame())
    ranks = []
    for seed in range(4):
        made = season(ways, night, 120, 160, seed=seed)
        table = stop_table(
            made.log.visits, made.log.groups, "Europe/Belgrade", 20.87, 42.89
        )
        at = stops.rename(columns={"stop": "id"})
        measured = fit(ways, at, table).table["relative"]
        # Effort alike along all: the ways are equally long.
        reported = (
            (reports_of(made, ways, seed).geometry.x / 4000)
            .round()
            .astype(int)
            .value_counts()
        )
        reported = reported.reindex(range(8)).fillna(0)
        ranks.append([spearmanr(use, made.use)[0] for use in (reported, measured)])
    by_reports, by_visits = np.mean(ranks, axis=0)
    assert by_visits > by_reports + 0.1
