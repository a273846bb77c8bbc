"""From a plan to the next with what the first found, by the commands alone."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from logs import crew_tracks
from logs.followed import GAP_S, ask_in_vain, drives_of
from studies import partners
from studies.november import DAYS
from tools.command_line import SHORT, call, passed

from geo.crs import to_metric
from geo.network.graph import of_layers
from geo.presence.sight import in_sight
from geo.records import Log
from layers.readers import study
from maps.words.text_tables import Columns
from mitrovica import terminal
from mitrovica.log import retention, store

FIRST, SECOND = DAYS


@pytest.fixture(scope="module")
def home(
    two_nights: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with a study, a run of it and a plan of two nights, entered in `log.gpkg`."""
    home = shutil.copytree(two_nights[0], tmp_path_factory.mktemp("loop") / "home")
    (home / "short.toml").write_text(SHORT)
    return home


def run(home: Path, out: str, *options: object, config: str = "small.toml") -> str:
    result = passed("run", home / "study", "--config", home / config, "--out", home / out,
                  *options)  # fmt: skip
    return result.output


def findings(folder: Path) -> str:
    return (folder / "findings.json").read_text("utf-8")


@pytest.fixture(scope="module")
def filled(followed: tuple[Path, dict[str, str]]) -> Path:
    """Return the export of all pages; a track of the first patrol lies beside it."""
    return followed[0] / "kobo.csv"


@pytest.mark.proof
def test_a_log_of_plans_changes_no_result(home: Path) -> None:
    """Bit for bit."""
    assert "Log:" not in run(home, "planned", "--log", home / "log.gpkg")
    assert findings(home / "planned") == findings(home / "run")


@pytest.mark.proof
def test_an_empty_log_changes_no_result(home: Path) -> None:
    store.write(Log.of(), home / "empty.gpkg")
    run(home, "empty", "--log", home / "empty.gpkg")
    assert findings(home / "empty") == findings(home / "run")


def test_what_crews_write_down_is_kept_once(
    followed: tuple[Path, dict[str, str]],
) -> None:
    """Pages in four exports, and a track of each night with noise and a gap."""
    home, said = followed
    assert "No page yet for" in said["before"]
    assert "Stops never reached:" in said["before"]
    kept = store.read(home / "added_once.gpkg")
    assert len(kept.visits) == len(kept.plans) - 1
    assert said["again"].count("already: it adds nothing") == 1
    assert said["visits"] == said["pages"]
    assert "No page yet for 1 planned stops" in said["status"]
    assert "Groups met in 2026-11:" in said["status"]
    assert "groups an hour" in said["status"]
    assert "mitrovica brief --month" in said["status"]
    minutes_are_true(home)


def test_what_patrols_found_comes_back(
    followed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """To the next run, and the next plan."""
    home, said = followed
    assert (
        f"Log: {home / 'log.gpkg'} (nights planned: 2, nights made: 2," in said["ran"]
    )
    left_aside = retention.of_study(home / "log.gpkg", "Mitrovica region", no_log=True)
    assert left_aside.visits.empty
    assert terminal.log.used(left_aside, home / "log.gpkg") == []
    log = Path(shutil.copy(home / "log.gpkg", tmp_path))
    planned = passed("plan", "--from", home / "next", "--study", home / "study", "--date", SECOND,
                   "--nights", 1, "--log", log, "--out", tmp_path / "plan")  # fmt: skip
    assert f"Log: {log} (nights planned: 2, nights made: 2," in planned.output
    weight = re.search(
        r"What was found rests on \d+ reports; groups met: (\d+)", planned.output
    )
    assert weight
    assert int(weight[1]) > 0
    assert weight[0] in (tmp_path / "plan" / "report.md").read_text("utf-8")
    drawn = (tmp_path / "plan" / "map.html").read_text("utf-8")
    assert re.search(r"\d of 2 planned", drawn)
    assert "#### What patrols met" in (home / "next" / "report.md").read_text("utf-8")
    assert "they are on the roads of" not in planned.output
    assert {*asked_for(tmp_path / "plan")} == {True}
    text = terminal.log.used(left_aside, home / "log.gpkg", in_run=True)
    assert IN_RUN in " ".join(map(str, text))


IN_RUN = "The need is that of the run, which used the log"


@pytest.mark.proof
def test_a_plan_without_the_log_says_that_its_run_used_it(
    home: Path, met: Path
) -> None:
    aside = call("plan", "--from", met, "--study", home / "study", "--date", SECOND,
                 "--out", home / "aside", "--no-log", "--log", home / "met.gpkg")  # fmt: skip
    text = " ".join(aside.output.split())
    assert IN_RUN in text
    assert "Fix: mitrovica run --no-log" in text
    assert "groups met:" not in text


def minutes_are_true(home: Path) -> None:
    """Check the minutes of a log against those of where its crews truly were."""
    drives = drives_of(home)
    region = to_metric(study.read(home / "study").data()[0])
    ways = of_layers(region.layers)
    found = store.read(home / "log.gpkg").presence
    assert set(found["date"]) == {date for date, *_ in drives}
    for (day, *_), whole_drive in drives.items():
        drive = whole_drive[crew_tracks.outside_gap(whole_drive, GAP_S)]
        crew = drive.get_coordinates().assign(
            at_s=drive["at_s"], minutes=crew_tracks.FIX_S / 60
        )
        true = in_sight(ways, crew, "Europe/Belgrade")
        true = true.set_index(["edge", "time_class"])["minutes"]
        own = found[found["date"] == day].assign(
            edge=lambda rows: rows["edge"].astype(int)
        )
        both = pd.concat(
            [true, own.set_index(["edge", "time_class"])["minutes"]], axis=1
        ).fillna(0)
        metres = ways.length_m[both.index.get_level_values("edge")]
        right, whole, said = (
            float((some * metres).sum())
            for some in (both.min(axis=1), both.iloc[:, 0], both.iloc[:, 1])
        )
        assert right > 0.98 * whole
        assert said < 1.02 * whole


def test_nights_to_come_miss_no_page(followed: tuple[Path, dict[str, str]]) -> None:
    log = followed[0] / "added_once.gpkg"
    held = store.read(log)
    studies = retention.by_study(held)
    nights, unreached = (
        retention.of_each(studies, table)
        for table in (retention.nights, retention.never_reached)
    )
    of = partial(terminal.log.status, held, log, studies, nights, unreached)
    assert "No page yet" not in str(of(date.fromisoformat(FIRST)))
    assert "No page yet" in str(of(date(2027, 1, 1)))


def test_two_pages_of_one_stop_are_one_stop_made_and_are_named(
    home: Path, filled: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.gpkg"
    pages = pd.read_csv(filled, sep=";", dtype=str, encoding="utf-8-sig")
    done = pages[pages["page/outcome"] == "done"].head(2)
    own = [name for name in done if name.endswith(("uuid", "instanceID", "rootUuid"))]
    again = done.head(1).assign(**dict.fromkeys(own, "another-page"))
    pd.concat([done, again]).to_csv(twice := tmp_path / "twice.csv", index=False)
    stops = home / "plan" / "forms" / "stops.csv"
    passed("log", "add", stops, twice, "--log", log)
    output = call("log", "--log", log).output
    assert f"stops made: {len(done)}," in output
    listed = pd.read_csv(stops, dtype=str).set_index("name")
    stop = done["page/stop"].fillna(done["page/stop_new"]).iloc[0]
    assert (
        f"Stops with two pages: {listed['night'][stop]} {listed['stop_name'][stop]}."
        in output
    )


def test_what_was_found_is_listed_with_those_who_were_met_first() -> None:
    rows = [
        {"name": name, "time_class": "evening", "visits": 1, "minutes": 20.0, "groups": groups,
         "groups_per_h": 3.0 * groups, "low": 0.0, "high": 9.0, "p_empty": 0.8}
        for name, groups in (("Station", 0), ("Bus", 0), ("Mosque", 2))
    ]  # fmt: skip
    grid = terminal.log.at_stops(pd.DataFrame(rows))[-1]
    assert isinstance(grid, Columns)
    assert [(row[0], row[-1]) for row in grid.rows] == [
        ("Mosque", ""), ("Bus", "80 in 100"), ("Station", "80 in 100"),
    ]  # fmt: skip


def test_a_day_in_another_form_is_named_with_the_form(home: Path) -> None:
    said = call("log", "purge", "--before", "24.11.2026", "--log", home / "log.gpkg")
    assert said.exit_code == 2
    assert "24.11.2026: a day is written YYYY-MM-DD. Fix: such as" in " ".join(
        said.output.split()
    )


def asked_for(plan: Path) -> list[bool]:
    """Return whether the map of a plan and each packing list name what was asked for in vain."""
    text = "more of what was asked for in vain (November 2026): power banks"
    asked = "uzalud traženo (novembar 2026.): eksterne baterije"
    sheets = [path.read_text("utf-8") for path in (plan / "patrols").glob("*.csv")]
    assert sheets
    return [
        text in (plan / "map.html").read_text("utf-8"),
        *(asked in sheet for sheet in sheets),
    ]


@pytest.mark.proof
@pytest.mark.parametrize(("groups", "named"), [(9, False), (10, True)])
def test_what_was_asked_for_in_vain_is_on_the_packing_list(
    home: Path, tmp_path: Path, groups: int, named: bool
) -> None:
    """From ten groups of a month on, without a number, a stop or an hour."""
    ask_in_vain(home, tmp_path / "log.gpkg", groups)
    out = tmp_path / "plan"
    passed("plan", "--from", home / "run", "--study", home / "study", "--date", "2026-11-05",
                "--out", out, "--log", tmp_path / "log.gpkg")  # fmt: skip
    assert {*asked_for(out)} == {named}


@pytest.mark.proof
def test_a_run_without_its_log_is_as_if_there_were_none(
    home: Path, filled: Path
) -> None:
    log = ("--log", home / "other.gpkg")
    stops = home / "plan" / "forms" / "stops.csv"
    assert call("log", "add", stops, filled, *log).exit_code == 0
    assert "Log:" not in run(home, "without", *log, "--no-log")
    assert findings(home / "without") == findings(home / "run")


@pytest.fixture(scope="module")
def met(home: Path, filled: Path) -> Path:
    """Return the folder of a run with a log of pages and a track, which lies beside it."""
    log = ("--log", home / "met.gpkg")
    stops = home / "plan" / "forms" / "stops.csv"
    assert (
        call("log", "add", stops, filled, filled.with_name("track.gpx"), *log).exit_code
        == 0
    )
    assert "Log:" in run(home, "met", *log)
    return home / "met"


@pytest.mark.proof
def test_minutes_on_the_roads_of_another_network_are_left_out_and_named(
    home: Path, met: Path
) -> None:
    kept = store.read(home / "met.gpkg")
    older = kept.presence.assign(network="older")
    store.write(
        replace(kept, presence=older, tracks=kept.tracks.head(0)), home / "older.gpkg"
    )
    planned = call("plan", "--from", met, "--study", home / "study", "--date", SECOND,
                   "--nights", 1, "--log", home / "older.gpkg")  # fmt: skip
    assert f"left out for {FIRST}: they are on the roads of older" in planned.output


@pytest.mark.proof
def test_nothing_of_a_log_is_in_a_release(
    home: Path, met: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(met) != findings(home / "run")
    folders = [home / "of-met" / "release", home / "of-run" / "release"]
    for name, folder in zip(("met", "run"), folders, strict=True):
        folder.parent.mkdir()
        monkeypatch.setenv("XDG_DATA_HOME", str(folder.with_name("home")))
        partners.write(folder.with_name("partners.toml"), partners.DOCTORS)
        passed(
            "release", "--tier", "partner", "--to", "Doctors without Borders", "--purpose",
            "health", "--until", partners.UNTIL, "--from", home / name, "--study", home / "study",
            "--out", folder, "--register", folder.with_name("register.jsonl"),
            "--least-groups", 2, "--delay-days", 0, "--override", "few sightings",
        )  # fmt: skip
    names = sorted(path.relative_to(folders[0]) for path in folders[0].rglob("*.*"))
    timed = {Path("study.gpkg"), Path("manifest.json")}
    assert len(names) > 10
    for name in set(names) - timed:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), (
            name
        )
    for name in timed:
        text = (folders[0] / name).read_bytes().decode("utf-8", "replace")
        assert not [word for word in (FIRST, "visits", "presence") if word in text], (
            name
        )


def test_a_log_is_copied_merged_and_purged(
    followed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    log = ("--log", shutil.copy(followed[0] / "log.gpkg", tmp_path / "desk.gpkg"))
    copy, new = tmp_path / "copy.gpkg", tmp_path / "new.gpkg"
    assert "INTERNAL" in call("log", "export", copy, *log).output
    assert "nothing is added" in call("log", "merge", copy, *log).output
    assert "pages" in call("log", "merge", copy, "--log", new).output
    today = datetime.now(UTC).date()
    assert "Purged: 2 tracks" in call("log", "purge", "--before", today, *log).output


def test_a_wrong_track_is_withdrawn(home: Path, filled: Path, tmp_path: Path) -> None:
    log, track = ("--log", tmp_path / "log.gpkg"), filled.with_name("track.gpx")
    stops = home / "plan" / "forms" / "stops.csv"
    assert call("log", "add", stops, track, *log).exit_code == 0
    assert "tracks withdrawn: 1." in call("log", "withdraw", track, *log).output
    assert store.read(log[1]).tracks.empty
    pages = call("log", "withdraw", filled, *log)
    assert pages.exit_code == 2
    assert "holds no tracks. Fix: correct a page on the server" in " ".join(
        pages.output.split()
    )
    early = track.read_text().replace("2026-11-0", "2025-11-0")
    (tmp_path / "early.gpx").write_text(early)
    refused = call("log", "add", tmp_path / "early.gpx", *log)
    assert refused.exit_code == 1
    assert "early.gpx, row 1: it begins in the night of 2025-11-0" in refused.output


def test_a_file_that_cannot_be_used_is_named_and_the_command_says_so(
    home: Path,
) -> None:
    (home / "notes.csv").write_text("place,remark\nA,B\n")
    result = call("log", "add", home / "notes.csv", "--log", home / "log.gpkg")
    assert result.exit_code == 1
    assert "notes.csv" in result.output
    assert "this is not an export of the visit form" in result.output
    missing = call("log", "add", home / "none.csv", "--log", home / "log.gpkg")
    assert missing.exit_code == 2


def test_no_log_is_said_plainly(tmp_path: Path) -> None:
    result = passed("log", "--log", tmp_path / "none.gpkg")
    assert result.output.startswith(f"No log at {tmp_path / 'none.gpkg'}.")
    before = call("log", "--log", tmp_path / "none.gpkg", "add", tmp_path / "none.csv")
    assert before.exit_code == 2
    assert "--log goes behind the command" in before.output
