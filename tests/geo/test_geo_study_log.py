"""A study with a log: two streams, each on its own effort, and none where the log is empty."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies.made_season import Season, paths_of, season
from studies.quick import quick
from studies.season import with_tracks

from geo import study
from geo.crs import to_metric
from geo.records import Log, StudyData
from geo.results import Findings
from geo.schema import NEED_PARTS
from geo.sections.cutting import corridor_sections
from layers.readers import bundled
from mitrovica.log import tracks

EVENING = {"name": "evening", "start": "18:00", "end": "22:00"}
QUICK = quick(date=datetime.date(2026, 12, 1), shifts=[EVENING])


@pytest.fixture(scope="module")
def data(town: None) -> StudyData:
    return bundled.study_data()


@pytest.fixture(scope="module")
def before(data: StudyData) -> Findings:
    return study.run(data, QUICK)


@pytest.fixture(scope="module")
def made(data: StudyData, before: Findings) -> Season:
    region = to_metric(data)
    ways = region.layers
    sections = corridor_sections(
        ways.roads, ways.railways, region.places, QUICK.corridors
    ).table
    # So that groups are met within a few nights.
    drawn = season(paths_of(sections), before.patrols, 4, 400, seed=2)
    return with_tracks(drawn, before.patrols, fix_s=30.0)


@pytest.fixture(scope="module")
def after(data: StudyData, made: Season) -> Findings:
    return study.run(replace(data, log=made.log), QUICK)


@pytest.mark.proof
def test_an_empty_log_changes_nothing(data: StudyData, before: Findings) -> None:
    again = study.run(replace(data, log=Log.of()), QUICK)
    assert again.patrolled is None
    pd.testing.assert_frame_equal(before.need, again.need, check_exact=True)
    pd.testing.assert_frame_equal(
        before.patrols.stops, again.patrols.stops, check_exact=True
    )
    pd.testing.assert_frame_equal(
        before.hotspots.lixels, again.hotspots.lixels, check_exact=True
    )


def test_reports_from_elsewhere_stay_on_assumed_effort(
    before: Findings, after: Findings
) -> None:
    assert after.n_sightings == before.n_sightings == 5
    pd.testing.assert_frame_equal(
        before.proximity.totals, after.proximity.totals, check_exact=True
    )
    pd.testing.assert_frame_equal(
        before.hotspots.lixels, after.hotspots.lixels, check_exact=True
    )


def test_what_crews_met_rests_on_measured_effort_only(
    made: Season, after: Findings
) -> None:
    met = after.patrolled
    assert met is not None
    visits = made.log.visits
    assert met.met == len(made.log.groups) > 5
    assert met.visits == (visits["outcome"] == "done").sum()
    took = (visits["left_at"] - visits["arrived_at"]).dt.total_seconds().sum() / 3600
    assert met.hours == pytest.approx(took)
    assert met.tests is not None
    assert set(met.tests.bands["null"]) == {"measured"}
    assert "effort was measured" in met.tests.assumed[0]
    assert "effort was measured" in met.hotspots.assumed[0]
    assert not any("observers stood" in text for text in met.tests.assumed)
    assert str(met) in repr(after)


def found(findings: Findings) -> pd.DataFrame:
    """Return the need of each place, by its point, and the share of it that was found."""
    need = findings.need
    parts = need[list(NEED_PARTS)]
    whole = (parts * [1.0, 1.0, 2.0]).sum(axis=1)
    table = need.get_coordinates().assign(need=whole, found=parts["observed"])
    return table.set_index(["x", "y"])


def test_what_patrols_met_takes_the_place_of_what_was_assumed(
    made: Season, before: Findings, after: Findings
) -> None:
    """Visits are sure of their stops: more is found, and busier stops have more need."""
    assumed, learnt = found(before), found(after)
    assert assumed["need"].sum() == pytest.approx(1)
    assert learnt["need"].sum() == pytest.approx(1)
    log = made.log
    stops = log.plans.drop_duplicates("stop").set_index("stop")
    at = stops.to_crs(after.need.crs).get_coordinates()
    groups = log.groups["stop"].value_counts().reindex(at.index, fill_value=0)
    hours = log.visits["stop"].value_counts().reindex(at.index, fill_value=0)
    there = pd.MultiIndex.from_frame(at)
    known = there.isin(learnt.index) & (hours > 0).to_numpy()
    share_before, share_after = (
        (table["found"] / table["need"]).reindex(there[known])
        for table in (assumed, learnt)
    )
    assert (share_after > share_before).all()
    assert share_after.mean() > 2 * share_before.mean()
    rate = (groups / hours)[known]
    moved = (learnt["need"] / assumed["need"]).reindex(there[known])
    rank = rate.rank().corr(pd.Series(moved.to_numpy(), rate.index).rank())
    assert rank > 0.5


def test_a_plan_renews_the_need_from_the_log_without_a_new_run(
    data: StudyData, made: Season, before: Findings, after: Findings
) -> None:
    renewed = study.with_log(before, replace(data, log=made.log), QUICK)
    pd.testing.assert_frame_equal(renewed.need, after.need)
    assert str(renewed.patrolled) == str(after.patrolled)
    assert before.patrolled is None
    assert study.with_log(before, data, QUICK) is before
    assert study.with_log(before, replace(data, log=Log.of()), QUICK) is before


def test_of_tracks_only_minutes_by_section_and_month_come_out(after: Findings) -> None:
    assert after.patrolled is not None
    minutes = after.patrolled.minutes
    assert {"track_id", "date", "shift", "vehicle", "edge"}.isdisjoint(minutes.columns)
    assert (minutes.length >= 1000).all()
    assert set(minutes["month"]) == {"2026-12"}
    assert (minutes["minutes"] >= 0).all()
    assert minutes["minutes"].sum() > 60
    assert np.array_equal(minutes["minutes"], minutes["minutes"].round())


def test_a_stop_made_as_its_page_says_where_no_track_stood_is_named(
    data: StudyData, made: Season, before: Findings, tmp_path: Path
) -> None:
    log = with_tracks(made, before.patrols, silent=0.0, fix_s=30.0).log
    first = log.tracks["date"].iloc[0]
    log = replace(log, tracks=log.tracks[log.tracks["date"] == first])
    done = (log.visits["outcome"] == "done") & (log.visits["date"] == first)
    away = log.visits.loc[done, "stop"].iloc[0]
    moved = log.plans["stop"] == away
    plans = log.plans.set_geometry(
        log.plans.geometry.mask(moved, log.plans.translate(0.05))
    )

    def named(log: Log) -> list[str]:
        found = tracks.with_minutes(
            tmp_path / "log.gpkg", replace(data, log=log), "UTC"
        )
        return [note for note in found[1] if "not for 5 minutes" in note]

    assert named(log) == []
    notes = named(replace(log, plans=plans))
    assert notes
    names = log.plans.loc[moved, "name"].iloc[0]
    assert all(f"within 300 m of {names}, where pages say" in note for note in notes)
