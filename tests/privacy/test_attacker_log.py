"""What a run or a plan made with a log tells of the log: no more than the README says.

It may tell groups and minutes by stop in all, visits made of planned by stop, groups by shift and
month from ten on, crews' minutes by section and month, and what ten groups or more of a month asked
for in vain.  Twins of a log agree in these and differ in all else: when in the month and night a
crew stood where and met whom, sizes, answers to help, kinds of ways, languages, directions, needs
of fewer than ten, the time and direction of drives, ids.  Their folders must be equal, byte for
byte.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from attack.folder import Folder
from attack.twins import differing
from logs.visit_pages import Form, kobo_rows, write_csv
from pyxform.xls2xform import convert
from studies import example
from tools.command_line import SHORT, call, passed

from geo.records import Log
from geo.schema import (
    CAME_BY,
    HELP_ANSWERS,
    LOG_TABLES,
    LOG_TRACKS,
    NEEDS,
    SIZE_CLASSES,
)
from mitrovica.log import store

pytestmark = pytest.mark.proof

QUICK = SHORT + "fortnight = {iterations = 20, advised_visits = 0}\n"

Run = Callable[[str, str], Folder]
Change = Callable[[Log], Log]


def changed(log: Log, **tables: pd.DataFrame) -> Log:
    return Log.of(
        **{table.name: getattr(log, table.name) for table in LOG_TABLES} | tables
    )


def drive(study: Path) -> gpd.GeoDataFrame:
    """Return the track of a crew along the longest road of a study."""
    ways = gpd.read_file(study / "network.geojson")
    roads = ways[ways["layer"] == "road"]
    line = roads.geometry.iloc[roads.to_crs(3857).length.argmax()]
    xy = shapely.get_coordinates(line.segmentize(0.0005))
    at = pd.Timestamp("2026-11-02 18:00", tz="UTC").timestamp() + 20.0 * np.arange(
        len(xy)
    )
    first, last = pd.to_datetime(at[[0, -1]], unit="s", utc=True)
    row = {
        "track_id": "zqtrack", "date": "2026-11-02", "shift": "evening", "vehicle": 1,
        "started_at": first, "ended_at": last, "import_id": "zqimport",
        "geometry": shapely.LineString(np.column_stack([xy, at])),
    }  # fmt: skip
    return LOG_TRACKS.geoframe([row])


def twin(log: Log, seed: int = 3) -> Log:
    """Return another log that agrees in all that a folder may tell, and in nothing else."""
    rng = np.random.default_rng(seed)
    visits, groups, contacts = (
        log.visits.copy(),
        log.groups.copy(),
        log.contacts.copy(),
    )
    # Visits to a stop in another order of nights, and hours earlier or later.
    columns = ["arrived_at", "left_at", "outcome", "skip_reason"]
    for rows in visits.groupby("stop").groups.values():
        order = rng.permutation(rows)
        nights = pd.to_datetime(visits.loc[rows, "date"]).to_numpy()
        moved = visits.loc[order, columns].set_axis(rows)
        days = nights - pd.to_datetime(visits.loc[order, "date"]).to_numpy()
        late = pd.to_timedelta(rng.integers(-150, 150, len(rows)), unit="min")
        for name in ("arrived_at", "left_at"):
            moved[name] += days + late
        visits.loc[rows, columns] = moved
    visits[["visit_id", "page"]] = [
        [f"zv{k}", f"zp{k}"] for k in rng.permutation(len(visits))
    ]
    groups["size_class"] = rng.choice(SIZE_CLASSES, len(groups))
    groups["help"] = rng.choice(HELP_ANSWERS, len(groups))
    groups["came_by"] = rng.choice(CAME_BY, len(groups))
    groups["group_id"] = groups["slot"] = [
        f"zg{k:05d}" for k in rng.permutation(len(groups))
    ]
    contacts = contacts[contacts["kind"].isin(["need", "need_met"])]
    contacts = contacts.assign(value=rng.choice(NEEDS, len(contacts))).head(5)
    line = log.tracks.geometry.iloc[0]
    xyz = shapely.get_coordinates(line, include_z=True)
    back = shapely.LineString(np.column_stack([xyz[::-1, :2], xyz[:, 2] + 7200.0]))
    tracks = log.tracks.assign(geometry=[back], track_id="zother").set_crs(
        4326, allow_override=True
    )
    shuffled = groups.iloc[rng.permutation(len(groups))].reset_index(drop=True)
    return changed(
        log, visits=visits, groups=shuffled, contacts=contacts, tracks=tracks
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study, a run, and a log of two nights in which groups were met."""
    home = tmp_path_factory.mktemp("loop")
    example.copy(home / "study")
    (home / "quick.toml").write_text(QUICK)
    ends = ("--config", home / "quick.toml")
    assert call("run", home / "study", "--out", home / "run", *ends).exit_code == 0
    log = ("--log", home / "log.gpkg")
    passed("plan", "--from", home / "run", "--study", home / "study", "--date", "2026-11-02",
                "--nights", 2, *ends, *log)  # fmt: skip
    forms = home / "run" / "plan" / "forms"
    form, draw = (Form(convert(str(forms / "visit.xlsx")).xform), random.Random(1))
    stops = pd.read_csv(forms / "stops.csv", dtype=str)
    pages = [form.fill(stop, draw) for stop in stops.to_dict("records")]
    file = write_csv(kobo_rows(pages, form), home / "kobo.csv", kobo=True)
    assert call("log", "add", file, *log).exit_code == 0
    log_ = store.read(home / "log.gpkg")
    assert len(log_.groups) >= 3
    # Fewer than ten of any need.
    of_few = ["language", "direction", "women", "minors"]
    few = log_.contacts[log_.contacts["kind"].isin(of_few)]
    whole = changed(log_, contacts=few, tracks=drive(home / "study"))
    store.write(whole, home / "planted.gpkg")
    store.write(twin(whole), home / "twin.gpkg")
    return home


@pytest.fixture(scope="module")
def made(home: Path) -> Run:
    """Return a maker of folders of a run, or of a plan, with a log."""

    @cache
    def folder(of: str, log: str) -> Folder:
        out, night = (home / f"{log}-run", datetime.now(UTC).date().replace(year=2027))
        if not out.exists():
            result = passed("run", home / "study", "--config", home / "quick.toml", "--out", out,
                          "--log", home / f"{log}.gpkg")  # fmt: skip
            assert "Log:" in result.output
        if of == "run":
            return Folder(out)
        result = passed("plan", "--from", out, "--study", home / "study", "--date", night, "--out",
                      home / f"{log}-plan", "--log", home / f"{log}.gpkg")  # fmt: skip
        return Folder(home / f"{log}-plan", out)

    return folder


@pytest.mark.parametrize("of", ["run", "plan"])
def test_twins_of_a_log_give_the_same_folder(of: str, home: Path, made: Run) -> None:
    one, other = (store.read(home / f"{name}.gpkg") for name in ("planted", "twin"))
    assert not set(one.visits["arrived_at"].dropna()) & set(
        other.visits["arrived_at"].dropna()
    )
    assert differing(made(of, "planted"), made(of, "twin")) == []


@pytest.mark.parametrize("of", ["run", "plan"])
def test_no_file_holds_an_hour_a_track_or_an_id_of_the_log(
    of: str, home: Path, made: Run
) -> None:
    log, folder = store.read(home / "planted.gpkg"), made(of, "planted")
    secrets = {
        *log.visits["visit_id"],
        *log.groups["group_id"],
        *log.contacts["contact_id"],
    }
    secrets |= {*log.tracks["track_id"], *log.visits["date"]}
    for moment in log.visits[["arrived_at", "left_at"]].stack().dropna():
        local = moment.tz_convert("Europe/Belgrade")
        secrets |= {f"{moment:%Y-%m-%dT%H:%M}", f"{local:%Y-%m-%dT%H:%M}"}
    assert len(secrets) > 50
    for name, content in folder.content.items():
        assert not [secret for secret in secrets if secret.encode() in content], name


def without_one_visit(log: Log) -> Log:
    """Return a log without a visit of its most visited stop, of the same length in all twins."""
    made = log.visits[log.visits["outcome"] == "done"]
    stop = made["stop"].value_counts().sort_index().idxmax()
    there = made[made["stop"] == stop]
    longest = (there["left_at"] - there["arrived_at"]).idxmax()
    return changed(log, visits=log.visits.drop(index=longest))


def test_with_and_without_one_visit_folders_tell_its_stop_and_minutes_only(
    home: Path, made: Run
) -> None:
    """When it was, and whom it met, makes no difference to what one visit changes."""
    for name in ("planted", "twin"):
        log = store.read(home / f"{name}.gpkg")
        store.write(without_one_visit(log), home / f"{name}-less.gpkg")
    one, other = made("run", "planted-less"), made("run", "twin-less")
    assert differing(one, other) == []
    assert differing(made("run", "planted"), one) != []


LEAKS = {
    "groups by stop, night and hour": lambda log: log.visits[["stop", "date"]].assign(
        hour=log.visits["arrived_at"].dt.hour
    ),
    "sizes by stop": lambda log: log.groups[["stop", "size_class"]],
    "ways by stop": lambda log: log.groups[["stop", "came_by"]],
    "refusals by stop": lambda log: log.groups[["stop", "help"]],
    "a language that two groups spoke": lambda log: log.contacts[["month", "value"]],
    "a fix of a track": lambda log: log.tracks.get_coordinates().round(5).head(1),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_twins_tell_what_is_leaked(leak: str, home: Path, tmp_path: Path) -> None:
    for name in ("planted", "twin"):
        log = store.read(home / f"{name}.gpkg")
        (tmp_path / name).mkdir()
        LEAKS[leak](log).to_csv(tmp_path / name / "leak.csv", index=False)
    assert differing(Folder(tmp_path / "planted"), Folder(tmp_path / "twin")) == [
        "leak.csv"
    ]


def test_what_a_folder_may_tell_differs_where_it_does(home: Path, made: Run) -> None:
    """One group more gives another folder: twins do not agree because the log is not used."""
    log = store.read(home / "planted.gpkg")
    more = pd.concat([log.groups, log.groups.head(1).assign(group_id="zq", slot="zq")])
    store.write(changed(log, groups=more.reset_index(drop=True)), home / "more.gpkg")
    assert "report.md" in differing(made("run", "planted"), made("run", "more"))
