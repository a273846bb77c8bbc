"""`mitrovica log review`: what plans expected beside what was met, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from studies import small_study
from tools.command_line import call, passed

from geo.records import Log
from geo.review import OURS, RIVALS
from geo.schema import (
    LOG_GROUPS,
    LOG_NIGHTS,
    LOG_PLANS,
    LOG_VISITS,
    METRIC,
    WGS84,
)
from layers.log import expected, store
from mitrovica.story.reviewing import note_expected

STOPS = [f"stop {k}" for k in range(12)]
RATES = np.geomspace(0.2, 6, len(STOPS))
"""Groups an hour: what the plan expects, and what comes."""


def log_of(months: int, seed: int = 1) -> Log:
    """Return a log of a visit of an hour to each stop on 28 nights of each month of 2025."""
    rng = np.random.default_rng(seed)
    visits = pd.DataFrame(
        [
            {"stop": stop, "date": f"2025-{month:02d}-{night:02d}"}
            for month in range(1, months + 1)
            for night in range(1, 29)
            for stop in STOPS
        ]
    )
    arrived = pd.to_datetime(visits["date"], utc=True) + pd.Timedelta("18h")
    names = [f"visit {k}" for k in range(len(visits))]
    visits = visits.assign(
        plan_id="plan", visit_id=names, page=names, outcome="done",
        shift="evening", vehicle=1, import_id="first",
        order=visits.groupby("date").cumcount() + 1,
        arrived_at=arrived, left_at=arrived + pd.Timedelta("1h"),
        arrive=arrived, depart=arrived + pd.Timedelta("1h"),
        name=visits["stop"], area="Town", time_zone="Europe/Belgrade",
    )  # fmt: skip
    nobody = pd.Series(RATES, STOPS)[visits["stop"]].to_numpy()
    met = visits.loc[visits.index.repeat(rng.poisson(nobody))]
    ids = [f"group {k}" for k in range(len(met))]
    met = met.assign(
        group_id=ids, slot=ids, month=met["date"].str[:7], size_class="1-4"
    )
    nights = visits.drop_duplicates("date")
    plans = LOG_PLANS.frame(visits).assign(geometry=None)
    return Log.of(
        nights=LOG_NIGHTS.frame(nights),
        plans=LOG_PLANS.geoframe(plans, crs=WGS84),
        visits=LOG_VISITS.frame(visits),
        groups=LOG_GROUPS.frame(met),
    )


def noted(path: Path, months: int) -> Path:
    """Write a log in which the plan noted beforehand what it expects."""
    store.write(log_of(months), path)
    table = pd.DataFrame(
        {OURS: RATES, **dict.fromkeys(RIVALS, RATES.mean())},
        pd.Index(STOPS, name="stop"),
    ).assign(probability=[0.25] + [None] * (len(STOPS) - 1))
    until, now = date(2025, months, 28), datetime(2024, 12, 31, tzinfo=UTC)
    expected.note(path, "plan", "Town", until, table, now)
    return path


def test_a_log_without_a_note_says_how_one_comes_about(tmp_path: Path) -> None:
    said = passed("log", "review", "--log", tmp_path / "none.gpkg").output
    assert "No plan has noted what it expects" in said


def test_a_plan_notes_what_it_expects_of_its_public_stops(
    tmp_path: Path,
) -> None:
    """One is drawn by lot: its visits stand for all stops, as often as it might not be drawn."""
    names = STOPS[:3]
    rows = pd.DataFrame(
        {"stop": names, "date": "2025-02-01", "service_s": [1800, 1800, 0]}
    )
    points = gpd.points_from_xy([0, 500, 900], [0, 0, 0])
    followed = pd.DataFrame(
        {
            "stop": names, "visits": [7, 0, 0], "by_lot": [0, 1, 0],
            "probability": [np.nan, 0.5, 0.5],
        }
    )  # fmt: skip
    patrols = replace(
        small_study.findings().patrols,
        stops=gpd.GeoDataFrame(rows, geometry=points, crs=METRIC),
        stop_need=pd.DataFrame({"stop": names, "need": [0.6, 0.3, 0.1]}),
        followed=followed,
    )
    log = tmp_path / "log.gpkg"
    data = replace(small_study.data(), log=log_of(1))
    now = datetime(2025, 1, 31, tzinfo=UTC)
    note_expected(log, "plan", "Town", patrols, data, now)
    (one,) = expected.texts(log)
    assert (one.until, one.area) == ("2025-02-01", "Town")
    table = one.table
    assert table.index.tolist() == names[:2]
    assert list(table) == [OURS, *RIVALS, "probability"]
    assert table["probability"].tolist() == pytest.approx(
        [np.nan, 0.5], nan_ok=True
    )
    assert table[OURS].iloc[0] / table[OURS].iloc[1] == pytest.approx(2)


def test_after_a_month_there_is_no_verdict_and_after_five_there_is(
    tmp_path: Path,
) -> None:
    early = passed(
        "log", "review", "--log", noted(tmp_path / "a.gpkg", 1)
    ).output
    assert "Plans that noted what they expect: 1 (1 as noted, 0" in early
    assert "Months 1, nights 28, stops in a month 12," in early
    assert early.count("too early") == len(RIVALS)
    assert "No verdict yet: 92 nights are lacking." in early
    (tmp_path / "b").mkdir()
    late = passed(
        "log", "review", "--log", noted(tmp_path / "b/log.gpkg", 5)
    ).output
    assert late.count("the plan is better") == len(RIVALS)
    assert "lacking" not in late


def test_the_score_stays_and_the_text_is_gone_and_it_is_scored_once(
    tmp_path: Path,
) -> None:
    log = noted(tmp_path / "log.gpkg", 1)
    first = passed("log", "review", "--log", log).output
    assert not log.with_name(expected.TEXTS).exists()
    kept = log.with_name(expected.SCORES).read_text()
    assert "2025-01" in kept
    assert not any(stop in kept for stop in STOPS)
    assert "stop 3" not in first
    again = passed("log", "review", "--log", log).output
    assert log.with_name(expected.SCORES).read_text() == kept
    assert "0 as noted, 1 scored or purged" in again
    assert "nights 28, stops in a month 12," in again


def test_a_purge_leaves_nothing_to_be_scored_and_the_review_says_so(
    tmp_path: Path,
) -> None:
    log = noted(tmp_path / "log.gpkg", 1)
    said = passed("log", "purge", "--before", "2025-06-01", "--log", log)
    assert "Purged: what plans expected, with its salt: 1" in said.output
    text = passed("log", "review", "--log", log).output
    assert "0 as noted, 1 scored or purged" in text
    assert "No month with a noted plan is over and has visits" in text


def test_a_note_that_was_changed_is_not_scored(tmp_path: Path) -> None:
    log = noted(tmp_path / "log.gpkg", 1)
    file = log.with_name(expected.TEXTS)
    file.write_text(file.read_text().replace("0.2", "0.7"))
    text = call("log", "review", "--log", log).output
    assert "Notes that are not those of the log: 1. They were changed" in text
    assert "No month with a noted plan is over and has visits" in text


def test_the_table_of_rivals_fits_a_screen(tmp_path: Path) -> None:
    text = passed(
        "log", "review", "--log", noted(tmp_path / "log.gpkg", 1)
    ).output
    table = [line for line in text.splitlines() if line.endswith("too early")]
    assert len(table) == len(RIVALS)
    assert max(map(len, table)) <= 80
