"""What may leave: releases of a season in a small town, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from attack.folder import Folder
from attack.marks import Marks, found
from logs.followed import WORD, season
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from studies import partners
from studies.november import DAYS
from studies.partners import UNTIL
from tools.clients import module
from tools.command_line import SHORT, call, passed

import geo
from geo.params import Params
from geo.schema import METRIC, RECORDS, WGS84
from layers import package_data, readers
from layers.files.handling import Release
from maps import outputs
from mitrovica import releases
from mitrovica.brief import report_tables
from mitrovica.log import store
from mitrovica.markdown import filled
from mitrovica.masks import twin
from mitrovica.masks.differences import squares
from mitrovica.masks.tiers import TIERS
from mitrovica.releases import gate
from mitrovica.releases.folder import fill
from mitrovica.releases.release_map import draw_release

pytestmark = pytest.mark.usefixtures("town", "own_register")

OFFICE = "DCAM regional coordinator"
"""The desk that the study names as its own."""
NOTED = "kumanovska17"
"""Stands in every note of the office on a place."""
TO = ("--to", "Doctors without Borders", "--purpose", "health", "--until", str(UNTIL))


def run_of(home: Path, rows: pd.DataFrame, *log: object) -> Path:
    """Return the folder of a run on these sightings."""
    rows.to_csv(home / "season.csv", index=False)
    (home / "short.toml").write_text(SHORT, "utf-8")
    passed(
        "run", "--sightings", home / "season.csv", "--config", home / "short.toml",
        "--out", home / "out", "-q", *log,
    )  # fmt: skip
    return home / "out"


@pytest.fixture(scope="module")
def out(town: None, followed: tuple[Path, dict[str, str]]) -> Path:
    """Return the folder of a run on eighty sightings and a log, whose groups have `WORD` as ids."""
    return followed[0] / "next"


@pytest.fixture(scope="module")
def without_log(town: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run on the same sightings, without a log."""
    return run_of(tmp_path_factory.mktemp("without_log"), season(80), "--no-log")


@pytest.fixture(scope="module")
def hung_out(out: Path) -> str:
    """Return a stop of the run whose card hangs, as the study records it; others do not yet."""
    with (out / "patrol_plan.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["kind"] not in ("depot", "break")
        ]
    first, *_, last = [*dict.fromkeys(row["stop"] for row in rows)]
    later = UNTIL + timedelta(days=1)
    with (package_data.STUDY / "study.toml").open("a", encoding="utf-8") as file:
        file.write(
            f"[hung_out]\n{first} = 2026-11-20\n{last} = {later}\nno_stop = 2026-11-20\n"
        )
    return first


@pytest.fixture(scope="module")
def noted(town: None) -> None:
    """Put `NOTED` in what the office notes of each place of the study, for itself."""
    path = package_data.STUDY / "places.csv"
    places = pd.read_csv(path, dtype=str)
    marked = dict.fromkeys(("note", "source"), f"{NOTED} " + places["id"])
    places.assign(**marked).to_csv(path, index=False)


@pytest.fixture(scope="module")
def released(
    out: Path, hung_out: str, noted: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the folder of a partner's release; the register lies beside it."""
    home = tmp_path_factory.mktemp("partner")
    done = release(out, home, "partner", "--out", home / "release")
    assert done.exit_code == 0, done.output
    return home / "release"


def release(out: Path, home: Path, tier: str, *more: object) -> Any:
    """Ask for a release; the office of `home` has one partner on its list."""
    partners.write(home / "partners.toml", partners.DOCTORS)
    more = ("--to", OFFICE, *more) if tier == "internal" else more
    return call(
        "release",
        "--tier",
        tier,
        *TO,
        "--from",
        out,
        "--register",
        home / "register.jsonl",
        *more,
    )


def test_libhxl_reads_the_groups_of_a_release_by_their_tags(released: Path) -> None:
    hxl = module("hxl", "libhxl")
    with (released / "flow_monitoring.csv").open(newline="") as file:
        source = hxl.data(list(csv.reader(file)), hxl.InputOptions(allow_local=True))
    cells = gpd.read_file(released / "layers" / "released_cells.geojson")
    assert len(cells) > 0
    rows = list(source)
    assert [int(row.get("#affected+groups")) for row in rows] == cells[
        "groups"
    ].tolist()
    assert [row.get("#date+reported-year") for row in rows] == cells["period"].tolist()
    at = gpd.points_from_xy(
        *[[float(row.get(f"#geo+{c}")) for row in rows] for c in ("lon", "lat")]
    )
    assert cells.contains(gpd.GeoSeries(at, crs=4326)).all()
    written = [row.get("#geo+lat") for row in rows]
    assert max(len(text.partition(".")[2]) for text in written) <= 4, "11 m, of a cell"
    assert {"admin", "nationality", "sex"}.isdisjoint(source.headers)
    assert all("RELEASE" in row.get("#meta+handling") for row in rows)


def test_a_partner_gets_cells_and_no_sighting_no_plan_and_no_depot(
    released: Path, hung_out: str
) -> None:
    cells = gpd.read_file(released / "layers" / "released_cells.geojson")
    assert cells["groups"].min() >= 10
    assert set(cells["period"]) == {"2026-Q1"}
    names = {path.stem for path in (released / "layers").iterdir()}
    assert not names & {"sightings", "chance_points", "patrol_stops", "patrol_legs"}
    assert {path.name for path in released.iterdir()} == {
        "layers", "study.gpkg", "map.html", "data_dictionary.md", "manifest.json", "model_card.md",
        "data_sharing_note.md", "ethical_matrix.md", "flow_monitoring.csv", "stop_cards.pdf",
        "report_tables", "report_tables.html",
    }  # fmt: skip
    places = gpd.read_file(released / "layers" / "places.geojson")
    opened = readers.study.read()
    named = opened.places.set_index("id")
    assert opened.params.patrols.depot in named.index
    assert opened.params.patrols.depot not in set(places["id"])
    # Places that are there since patrols may stop at them: only those whose cards hang.
    stops = named[named["kind"].isin(["public_stop", "monitoring_point"])].index
    assert len(stops) > 2
    assert set(places["id"]) & set(stops) <= {hung_out}
    assert {"note", "source", "card_kind"}.isdisjoint(places.columns)
    assert set(named.index) - set(places["id"]) <= {*stops, opened.params.patrols.depot}


def test_a_partner_gets_the_stops_and_hours_of_cards_that_hang_and_of_no_other(
    released: Path, hung_out: str
) -> None:
    stops = gpd.read_file(released / "layers" / "announced_stops.geojson")
    places = readers.study.read().places.set_index("id")
    assert stops["name"].tolist() == [places.loc[hung_out, "name_en"]]
    assert set(stops.columns) == {"id", "name", "kind", "geometry"}
    card = PdfReader(released / "stop_cards.pdf")
    assert card.metadata is not None
    assert "tier partner, to Doctors without Borders" in str(card.metadata.subject)
    text = "".join(page.extract_text() for page in card.pages)
    with (released.parents[0] / "register.jsonl").open() as file:
        assert json.loads(file.readline())["groups"] > 0
    assert places.loc[hung_out, "name_sq"] in text


def test_every_file_says_for_whom_for_what_and_until_when(released: Path) -> None:
    words = "to Doctors without Borders, for health."
    for path in released.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            assert words in text, path
            assert f"Holds until {UNTIL}" in text, path
    with closing(sqlite3.connect(released / "study.gpkg")) as gpkg:
        about = gpkg.execute(
            "SELECT table_name, description FROM gpkg_contents"
        ).fetchall()
    assert all(words in text for name, text in about if name != "layer_styles")


@pytest.mark.parametrize(
    ("tier", "log"),
    [
        ("partner", True),
        *(
            pytest.param(tier, True, marks=pytest.mark.proof)
            for tier in ("internal", "public")
        ),
        *(pytest.param(tier, False, marks=pytest.mark.proof) for tier in TIERS),
    ],
)
def test_no_planted_mark_leaves(
    tier: str, log: bool, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = request.getfixturevalue("out" if log else "without_log")
    if (tier, log) == ("partner", True):
        folder = request.getfixturevalue("released")
    else:
        folder = tmp_path / tier
        done = release(run, tmp_path, tier, "--out", folder)
        assert done.exit_code == 0, done.output
    log_file = run.with_name("log.gpkg") if log else None
    planted = marks(None if tier == "internal" else run, log_file)
    assert found(Folder(folder), planted) == []


def test_no_planted_mark_is_in_what_the_office_gets(
    order: releases.Order, out: Path, tmp_path: Path
) -> None:
    """A release without patrols, which take long."""
    params = replace(order.params, patrols=replace(order.params.patrols, depot=""))
    own = replace(order, terms=replace(order.terms, tier="internal"), params=params)
    folder, path = tmp_path / "office", tmp_path / "register.jsonl"
    releases.folder.fill_for_office(folder, own, path, outputs.draw)
    assert len(gpd.read_file(folder / "layers" / "sightings.geojson")) == 80
    assert [entry.groups for entry in releases.register.read(path)] == [80]
    assert all(
        each.stat().st_mode & 0o077 == 0 for each in (folder, *folder.rglob("*"))
    )
    planted = marks(None, out.with_name("log.gpkg"))
    assert found(Folder(folder), planted) == []


def marks(run: Path | None, log: Path | None) -> Marks:
    """Return the marks in the records of a season, in a log, and in what only the office gets.

    That is what a run tells of sightings, and what is noted of places.
    """
    rows = season(80)
    words, days = {WORD}, {date.fromisoformat(day) for day in rows["date_from"]}
    lonlat = [rows[["lon", "lat"]].to_numpy()]
    if log is not None:
        held = store.read(log)
        days |= set(map(date.fromisoformat, DAYS))
        words |= {
            word
            for table in (held.visits, held.groups, held.contacts, held.tracks)
            for name in table
            if name.endswith("_id") or name in ("page", "slot")
            for word in table[name].dropna()
        }
        # A fix on a road may be a point of the road.
        fixes = held.tracks.get_coordinates()
        points = gpd.GeoSeries.from_xy(fixes["x"], fixes["y"], crs=WGS84)
        roads = readers.study.read().network().roads.to_crs(METRIC).union_all()
        off_roads = points.to_crs(METRIC).distance(roads) > 3
        assert off_roads.sum() > 100
        lonlat.append(fixes[off_roads].to_numpy())
    if run is not None:
        sightings = gpd.read_file(run / "layers" / "sightings.geojson")
        words |= {
            NOTED,
            *sightings["period"].dropna(),
            *rows[["lat", "lon"]].astype(str).to_numpy().ravel(),
        }
        lonlat.append(sightings.get_coordinates().to_numpy())
    return Marks(words, days, np.concatenate(lonlat))


def with_sightings(
    out: Path, folder: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
) -> Path:
    """Copy the folder of a run, with other sightings.

    A release takes them from the GeoPackage, and analyses them anew.
    """
    shutil.copytree(out, folder)
    path = folder / "study.gpkg"
    change(gpd.read_file(path, layer="sightings")).to_file(path, layer="sightings")
    return folder


def test_of_five_sightings_ways_and_services_are_left(
    order: releases.Order, tmp_path: Path
) -> None:
    masked, _ = fill(tmp_path / "few", order.run.sightings.head(5), order, draw_release)
    assert masked.withheld == 5
    only_ways_and_services(tmp_path / "few")


def only_ways_and_services(release: Path) -> None:
    folder = release / "layers"
    assert (
        json.loads((folder / "released_cells.geojson").read_text("utf-8"))["features"]
        == []
    )
    assert len(gpd.read_file(folder / "roads.geojson")) > 0
    assert not {"sightings.geojson", "patrol_stops.geojson"} & {
        p.name for p in folder.iterdir()
    }


def test_a_release_of_no_group_is_refused(
    order: releases.Order, tmp_path: Path
) -> None:
    few = replace(order, run=replace(order.run, sightings=order.run.sightings.head(5)))
    with pytest.raises(
        releases.ReleaseError, match="refused: no sighting would be released"
    ):
        releases.gate.release(
            few, tmp_path / "few", tmp_path / "register.jsonl", draw_release
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proof
@pytest.mark.parametrize("tier", ["partner", "public"])
def test_five_sightings_are_no_release(out: Path, tmp_path: Path, tier: str) -> None:
    few = with_sightings(out, tmp_path / "few", lambda rows: rows.head(5))
    done = release(few, tmp_path, tier, "--out", tmp_path / tier)
    assert done.exit_code == 2
    least = TIERS[tier].least_groups
    assert f"since no cell has at least {least} groups. Fix: wait" in " ".join(
        done.output.split()
    )
    assert not (tmp_path / tier).exists()
    assert not (tmp_path / "register.jsonl").exists()


def one_more(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the same sightings and one of them again."""
    again = rows.iloc[[-1]].assign(id=f"S{len(rows) + 1}")
    return gpd.GeoDataFrame(pd.concat([rows, again]))


def cells_of(release: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(release / "layers" / "released_cells.geojson")


def test_one_sighting_more_changes_no_cell_of_a_second_release(
    order: releases.Order, released: Path, tmp_path: Path
) -> None:
    later = replace(
        order, earlier=releases.register.read(released.parent / "register.jsonl")
    )
    masked, _ = fill(
        tmp_path / "second", one_more(order.run.sightings), later, draw_release
    )
    assert masked.unchanged == ["2026-Q1"]
    assert cells_of(released).equals(cells_of(tmp_path / "second"))


@pytest.fixture(scope="module")
def more(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run on the same sightings and one of them again."""
    return with_sightings(out, tmp_path_factory.mktemp("more") / "out", one_more)


@pytest.mark.proof
def test_one_sighting_more_changes_nothing_of_a_second_release(
    more: Path, released: Path, tmp_path: Path
) -> None:
    done = release(more, released.parent, "partner", "--out", tmp_path / "second")
    assert done.exit_code == 0, done.output
    assert "As released before, too few reports are new: 2026-Q1." in done.output
    assert cells_of(released).equals(cells_of(tmp_path / "second"))


@pytest.mark.proof
def test_what_everybody_knows_and_a_partner_may_not_differ_by_one_sighting(
    out: Path, more: Path, tmp_path: Path
) -> None:
    assert release(out, tmp_path, "public", "--out", tmp_path / "public").exit_code == 0
    done = release(more, tmp_path, "partner", "--out", tmp_path / "partner")
    assert done.exit_code == 2
    assert "fewer than 10 groups" in done.output
    assert not (tmp_path / "partner").exists()


@pytest.mark.proof
@pytest.mark.parametrize("first", ["own", "second"])
def test_registers_are_compared_both_ways_for_one_sighting_more(
    out: Path, more: Path, tmp_path: Path, own_register: Path, first: str
) -> None:
    """Who enters a release in one register cannot get its twin past another."""
    second = tmp_path / "second" / "register.jsonl"
    for folder in (own_register.parent, second.parent):
        folder.mkdir(parents=True)
        partners.write(folder / "partners.toml", partners.DOCTORS)
    named = {"own": (), "second": ("--register", second)}
    other = "own" if first == "second" else "second"
    ids = []
    for run, name, tier, passes in (
        (out, first, "public", True), (more, other, "partner", False),
        (more, other, "public", True), (more, first, "public", True),
    ):  # fmt: skip
        folder = tmp_path / f"{len(ids)}-{tier}"
        done = call(
            "release", "--tier", tier, *TO, "--from", run, "--out", folder, *named[name]
        )
        assert (done.exit_code == 0) == passes, done.output
        assert folder.exists() == passes
        if passes:
            ids.append(
                json.loads((folder / "manifest.json").read_text("utf-8"))["release"][
                    "id"
                ]
            )
        else:
            assert "fewer than 10 groups" in done.output
    assert [one[-1] for one in ids] == ["1", "2", "3"]
    assert [one.id for one in releases.register.read(own_register)] == ids
    same = [cells_of(tmp_path / f"{k}-public").drop(columns="handling", errors="ignore")
            for k in range(3)]  # fmt: skip
    assert all(one.equals(same[0]) for one in same[1:])


def test_a_study_of_another_name_is_compared_with_all_releases(
    released: Path, tmp_path: Path
) -> None:
    """Cells are compared by where and when they count: a title is easily another one."""
    path = tmp_path / "register.jsonl"
    text = (released.parent / "register.jsonl").read_text("utf-8").splitlines()[0]
    path.write_text(f"{text}\n", "utf-8")
    (first,) = earlier = releases.register.read(path)
    cells = first.counted(releases.register.GROUPS)
    one_more = cells.assign(groups=cells["groups"] + [1, *[0] * (len(cells) - 1)])
    terms = Release("new", "partner", "UNHCR", "health", date(2027, 3, 31))
    for counts, crs, says in (
        (one_more, first.crs, "fewer than 10 groups"),
        (cells, "EPSG:32634", "in another grid"),
    ):
        moved = counts
        if crs != first.crs:
            at = squares(cells, first.crs).to_crs(crs).geometry.bounds // 2000 * 2000
            moved = cells.assign(west_m=at["minx"], south_m=at["miny"])
        entry = releases.register.Entry.of(
            terms, "Another name", 10, {releases.register.GROUPS: moved}, crs
        )
        with pytest.raises(releases.ReleaseError, match=says):
            releases.register.enter(path, entry, earlier, {})
    same = {releases.register.GROUPS: cells}
    again = releases.register.Entry.of(terms, "Another name", 10, same, first.crs)
    releases.register.enter(path, again, earlier, {})
    assert [each.study for each in releases.register.read(path)][1:] == ["Another name"]


POLICE = ("Kosovo Police", "Frontex", "Kоsovo Pоlice", "Innenministerium", "A friend")


def hours_in(folder: Path) -> list[str]:
    """Return the files of a folder that tell an hour or a weekday of a stop."""
    clock = re.compile(r"\b(?:[01]\d|2[0-3])[:.][0-5]\d\b(?![:\d.])")
    named = [
        path for path in folder.rglob("*") if path.suffix in (".csv", ".md", ".geojson")
    ]
    return [str(path) for path in named if clock.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("name", POLICE)
def test_who_is_not_on_the_list_gets_no_stop_card_and_who_enforces_no_stop(
    order: releases.Order, hung_out: str, tmp_path: Path, name: str
) -> None:
    path, day = tmp_path / "register.jsonl", order.now.date()
    partners.write(tmp_path / "partners.toml", partners.DOCTORS)
    for tier in ("partner", "public"):
        terms = releases.register.terms(path, tier, name, "protection", UNTIL, day)
        asked = replace(order, terms=terms)
        assert terms.tier == "public"
        stops = asked.stops()["name"].tolist()
        assert len(stops) == (1 if name == "A friend" else 0)


@pytest.mark.proof
@pytest.mark.parametrize("name", POLICE[:3])
@pytest.mark.parametrize("tier", ["partner", "public", "internal"])
def test_who_enforces_gets_the_public_tier_whatever_is_typed(
    out: Path, hung_out: str, tmp_path: Path, name: str, tier: str
) -> None:
    def ask(*more: object) -> Any:
        return call(
            "release", "--tier", tier, "--to", name, "--purpose", "protection",
            "--until", UNTIL, "--from", out, "--register", tmp_path / "r.jsonl",
            "--out", tmp_path / "release", *more,
        )  # fmt: skip

    assert ask("--announced").exit_code == 2
    lower = ask("--least-groups", 2, "--override", "he is a friend")
    assert "a public release is for everybody, enforcement too" in lower.output
    done = ask("--override", "he is a friend")
    assert done.exit_code == 0, done.output
    assert "friend" not in (tmp_path / "r.jsonl").read_text("utf-8")
    if tier != "public":
        assert (
            f"{name} reads like an authority that stops or returns people"
            in done.output
        )
    manifest = json.loads((tmp_path / "release" / "manifest.json").read_text("utf-8"))
    assert manifest["release"]["tier"] == "public"
    assert (
        len(gpd.read_file(tmp_path / "release" / "layers" / "announced_stops.geojson"))
        == 0
    )
    assert not list((tmp_path / "release").rglob("stop_cards*"))
    assert hours_in(tmp_path / "release") == []


@pytest.mark.proof
def test_everybody_gets_stops_that_hang_and_no_hour(
    out: Path, hung_out: str, tmp_path: Path
) -> None:
    done = release(
        out, tmp_path, "public", "--to", "everybody", "--out", tmp_path / "all"
    )
    assert done.exit_code == 0, done.output
    assert (
        len(gpd.read_file(tmp_path / "all" / "layers" / "announced_stops.geojson")) == 1
    )
    assert not list((tmp_path / "all").rglob("stop_cards*"))
    assert hours_in(tmp_path / "all") == []


def test_a_name_makes_no_link_no_table_and_no_heading_in_the_notes(
    order: releases.Order,
) -> None:
    name = "![Doctors](https://example.org/x) | <b>of</b> *Borders* `x`"
    asked = replace(order, terms=replace(order.terms, to=name, override="# a | b"))
    found = order.run
    texts = releases.folder.notes(asked, found, found.sightings[:0], [])
    for text in (*texts.values(), filled("release_recall.md", entry=asked.terms)):
        assert name not in text
        assert "\\!\\[Doctors\\](https" in text
        assert "\\| \\<b\\>of" in text
    assert "\\# a \\| b" in texts["data_sharing_note.md"]
    assert releases.partners.RULE in texts["data_sharing_note.md"]


def test_an_outsider_gets_nothing_internal(out: Path, tmp_path: Path) -> None:
    done = release(out, tmp_path, "internal", "--to", "A journalist of the tabloid")
    assert done.exit_code == 2
    assert "the tier internal is for the own office alone" in " ".join(
        done.output.split()
    )
    assert not (tmp_path / "register.jsonl").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--purpose", "pursuit"], "a release is for one of health, food"),
        (["--to", " "], "--to has no name of one line"),
        (["--until", "2020-01-01"], "not within 365 days"),
        (["--tier", "partners"], "there is no such tier. Did you mean partner?"),
        (
            ["--least-groups", "5"],
            "least_groups 5 in place of 10. Fix: leave it out, or say why",
        ),
    ],
)
def test_what_is_refused_says_why_and_what_would_pass(
    out: Path, tmp_path: Path, more: list[str], message: str
) -> None:
    done = release(out, tmp_path, "partner", *more)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


@pytest.mark.proof
def test_a_lower_threshold_needs_a_reason_that_every_file_shows(
    out: Path, tmp_path: Path
) -> None:
    reason = "agreed with the data protection officer"
    done = release(
        out, tmp_path, "partner", "--least-groups", 8, "--override", reason,
        "--out", tmp_path / "release",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    for path in (tmp_path / "release").rglob("*"):
        if path.is_file():
            assert reason in path.read_bytes().decode("utf-8", "replace"), path
    assert reason in (tmp_path / "register.jsonl").read_text("utf-8")


def test_a_folder_that_holds_something_is_never_replaced(
    out: Path, tmp_path: Path
) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("mine")
    done = release(out, tmp_path, "partner", "--out", tmp_path / "letters")
    assert done.exit_code == 2
    assert "letters is not empty. Fix: name a new folder with --out" in done.output
    assert (tmp_path / "letters" / "mine.txt").read_text() == "mine"


def test_after_its_day_the_map_and_the_command_say_so(
    released: Path, tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = shutil.copytree(released, tmp_path / "old")
    manifest = old / "manifest.json"
    manifest.write_text(
        manifest.read_text("utf-8").replace(str(UNTIL), "2020-03-31"), "utf-8"
    )
    monkeypatch.setenv("PATH", "")  # nothing prints
    done = call("map", "--from", old)
    assert "is out of date: it held until 2020-03-31" in done.output
    page = browser.new_page()
    page.clock.set_fixed_time(f"{UNTIL}T12:00:00")
    page.goto(f"{(released / 'map.html').as_uri()}#lang=sq")
    expect(page.locator(".expired:visible")).to_have_count(0)
    expect(page.locator("h1:visible")).to_have_count(1)
    expect(page.locator("header")).to_contain_text("Mos e përcillni më tej")
    page.clock.set_fixed_time(f"{UNTIL + timedelta(days=1)}T12:00:00")
    page.reload()
    expect(page.locator(".expired:visible")).to_contain_text("E vjetruar")
    page.get_by_role("button", name="Српски").click()
    expect(page.locator(".expired:visible")).to_contain_text("Застарело")
    expect(page.locator("footer")).to_contain_text("Пријављене групе")
    page.close()


@pytest.mark.proof
def test_the_office_gets_the_run_with_the_three_notes(
    out: Path, tmp_path: Path
) -> None:
    done = release(out, tmp_path, "internal", "--out", tmp_path / "office")
    assert done.exit_code == 0, done.output
    for name in ("model_card.md", "data_sharing_note.md", "ethical_matrix.md"):
        text = (tmp_path / "office" / name).read_text("utf-8")
        assert f"tier internal, to {OFFICE}, for health" in text
        assert "None are released" not in text
    assert (
        len(gpd.read_file(tmp_path / "office" / "layers" / "sightings.geojson")) == 80
    )


def test_without_recipient_purpose_and_day_there_is_no_release(out: Path) -> None:
    done = call("release", "--tier", "public", "--from", out)
    assert done.exit_code == 2
    assert "Missing option '--to'" in done.output


def test_the_register_lists_releases_and_recalls_one(released: Path) -> None:
    register = released.parent / "register.jsonl"
    listed = call("release", "list", "--register", register)
    assert "Doctors without Borders  health" in listed.output
    name = json.loads(register.read_text("utf-8").splitlines()[0])["id"]
    note = register.with_name("note.md")
    done = call("release", "recall", name, "--register", register, "--out", note)
    assert f"Wrote {note}" in done.output
    assert "To: Doctors without Borders" in note.read_text("utf-8")
    unknown = call("release", "recall", "x", "--register", register).output
    assert f"no release 'x' in {register}" in unknown.replace("\n", "")
    assert "recalled" in call("release", "list", "--register", register).output
    assert register.stat().st_mode & 0o077 == 0
    # What masking costs stays with the register.
    inside = register.parent / "releases" / name
    assert set(pd.read_csv(inside / "utility.csv")) == {"all", "released"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in inside.iterdir())
    register.with_name("bad.jsonl").write_text("{", "utf-8")
    damaged = call("release", "list", "--register", register.with_name("bad.jsonl"))
    assert damaged.exit_code == 2
    assert "line 1 is damaged" in damaged.output


# Folders that leak


@pytest.fixture(scope="module")
def order(out: Path, released: Path) -> releases.Order:
    """Return what was asked for when the release was made."""
    run, study = readers.earlier_run.read(out), readers.study.read()
    record = json.loads((released / "manifest.json").read_text("utf-8"))
    terms = record["release"] | {
        "until": date.fromisoformat(record["release"]["until"])
    }
    params = Params(**run.parameters)
    data, _ = study.data(RECORDS.geoframe(), (study.network(), None), params.privacy)
    return releases.Order(
        terms=Release(**terms), limits=TIERS["partner"], run=run.findings, data=data,
        params=params, hung_out=study.settings.hung_out, earlier=[],
        contradictions=report_tables.contradictions(report_tables.read(study)),
        tables=report_tables.by_name(report_tables.read(study), study.table("others")),
        now=datetime.fromisoformat(record["written"]),
        cards=(released / "stop_cards.pdf").read_bytes(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pair(
    released: Path, order: releases.Order, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Return the release and the same made of a twin, of whose run it has the patrols only."""
    other = twin(order.run.sightings, order.limits, order.now.date(), 5)
    data = replace(order.data, sightings=other.to_crs(WGS84))
    patrols = replace(order.params.patrols, depot="")
    run = geo.study.run(data, replace(order.params, patrols=patrols))
    told = replace(order, run=replace(run, patrols=order.run.patrols))
    path = tmp_path_factory.mktemp("pair") / "twin"
    fill(path, other, told, draw_release)
    return released, path


def test_a_release_and_that_of_a_twin_are_equal_byte_for_byte(
    pair: tuple[Path, Path],
) -> None:
    assert gate.unequal(*pair) == []


def test_what_differs_from_the_release_of_a_twin_is_refused(
    order: releases.Order, tmp_path: Path
) -> None:
    pages = iter(("of the groups", "of the twin"))
    with pytest.raises(
        releases.ReleaseError,
        match=r"in the same cells differs in leak\.html, manifest\.json\. Fix: this is a fault",
    ):
        gate.release(
            order,
            tmp_path / "release",
            tmp_path / "register.jsonl",
            lambda *told: draw_release(*told) | {"leak.html": next(pages)},
        )
    assert list(tmp_path.iterdir()) == []


def exact(order: releases.Order) -> gpd.GeoDataFrame:
    return order.run.sightings[["geometry"]].to_crs(WGS84)


def points(folder: Path, order: releases.Order) -> None:
    exact(order).to_file(folder / "layers" / "places_of_interest.geojson")


def weights(folder: Path, order: releases.Order) -> None:
    draw = np.random.default_rng(1)
    noise = draw.uniform([20.7, 42.8], [21.0, 43.0], (2000, 2))
    dull = gpd.GeoDataFrame(
        {"need": 0.1},
        index=range(2000),
        geometry=gpd.points_from_xy(*noise.T),
        crs=WGS84,
    )
    pd.concat([dull, exact(order).assign(need=0.9)]).to_file(
        folder / "need.gpkg", layer="need"
    )


def raster(folder: Path, order: releases.Order) -> None:
    at = exact(order).geometry
    grid, _, _ = np.histogram2d(
        -at.y, at.x, bins=(200, 200), range=((-42.98, -42.78), (20.76, 20.96))
    )
    with rasterio.open(
        folder / "density.tif", "w", driver="GTiff", width=200, height=200, count=1,
        dtype="float32", crs=WGS84, transform=rasterio.Affine(0.001, 0, 20.76, 0, -0.001, 42.98),
    ) as file:  # fmt: skip
        file.write(grid.astype("float32"), 1)


def text(folder: Path, order: releases.Order) -> None:
    rows = (f"{p.y:.5f} {p.x:.5f}" for p in exact(order).geometry)
    (folder / "model_card.md").write_text("\n".join(rows), "utf-8")


def page(folder: Path, order: releases.Order) -> None:
    rows = (f"[{round(p.y * 1e5)},{round(p.x * 1e5)}]" for p in exact(order).geometry)
    (folder / "map.html").write_text(f"<script>[{','.join(rows)}]</script>", "utf-8")


def snapped(folder: Path, order: releases.Order) -> None:
    rows = order.run.sightings[["geometry"]]
    rows.set_geometry(rows.buffer(30).boundary).to_crs(WGS84).to_file(
        folder / "edges.geojson"
    )


def stops(folder: Path, order: releases.Order) -> None:
    path = folder / "layers" / "announced_stops.geojson"
    exact(order).assign(id="stop", name="stop", kind="public_stop").to_file(path)


def month(folder: Path, order: releases.Order) -> None:
    (folder / "periods.csv").write_text("period,groups\n2026-02,12\n", "utf-8")


def digest(folder: Path, order: releases.Order) -> None:
    sha = hashlib.sha256(exact(order).to_wkb().geometry.iloc[0]).hexdigest()
    (folder / "inputs.json").write_text(json.dumps({"sha256": sha}), "utf-8")


def total(folder: Path, order: releases.Order) -> None:
    path = folder / "data_sharing_note.md"
    path.write_text(
        f"{path.read_text('utf-8')}\n{len(order.run.sightings)} groups", "utf-8"
    )


def distances(folder: Path, order: releases.Order) -> None:
    km = order.run.sightings.distance(order.data.places.to_crs(METRIC).geometry.iloc[0])
    km.round(1).to_csv(folder / "distances.csv")


def total_of_band(folder: Path, order: releases.Order) -> None:
    with closing(sqlite3.connect(folder / "study.gpkg")) as gpkg, gpkg:
        gpkg.execute(
            "UPDATE proximity_totals SET expected_within = expected_within * 0.9"
        )


def measured(folder: Path, order: releases.Order) -> None:
    towns = (
        order.data.places.to_crs(METRIC)
        .drop_duplicates("name_en")
        .set_index("name_en")[:4]
    )
    rows = {
        name: order.run.sightings.distance(at) for name, at in towns.geometry.items()
    }
    pd.DataFrame(rows).round(1).to_csv(folder / "distances_to_places.csv", index=False)


def curve(folder: Path, order: releases.Order) -> None:
    """Count the groups about each feature of a public layer, by distance."""
    places = gpd.read_file(folder / "layers" / "reported_density.geojson").to_crs(
        METRIC
    )
    middle, known = places.representative_point(), order.run.sightings.geometry
    rows = [
        (name, metres, int((known.distance(at) < metres).sum()))
        for name, at in zip(places["id"], middle, strict=True)
        if known.distance(at).min() < 20_000
        for metres in (150, 1000, 5000)
    ]
    pd.DataFrame(rows, columns=["place", "distance_m", "groups"]).to_csv(
        folder / "curves.csv"
    )


def p_by_place(folder: Path, order: releases.Order) -> None:
    lixels = gpd.read_file(folder / "layers" / "reported_density.geojson").to_crs(
        METRIC
    )
    near = lixels.sjoin_nearest(
        order.run.sightings[["geometry"]], distance_col="apart_m"
    )
    p = 1 - np.exp(-near["apart_m"] / 200)
    near.assign(p=p)[["id", "p"]].to_csv(folder / "p_values.csv", index=False)


def press(folder: Path, order: releases.Order) -> None:
    """Tell month and size of each group at its square, among false months everywhere."""
    rows = order.run.sightings[["period", "size_class", "geometry"]]
    false = rows.set_geometry(rows.translate(9000, 9000)).assign(period="2025-01")
    pd.concat([false, rows]).to_crs(WGS84).to_file(
        folder / "groups.gpkg", layer="groups"
    )


LEAKS = {
    points: "layers/places_of_interest.geojson", weights: "need.gpkg", raster: "density.tif",
    text: "model_card.md", page: "map.html", snapped: "edges.geojson",
    stops: "layers/announced_stops.geojson", measured: "distances_to_places.csv",
    curve: "curves.csv", p_by_place: "p_values.csv", press: "groups.gpkg", month: "periods.csv",
    digest: "inputs.json", total: "data_sharing_note.md", distances: "distances.csv",
    total_of_band: "study.gpkg",
}  # fmt: skip
"""Leaks and their files."""


def test_the_gate_sees_every_leak_by_its_file(
    pair: tuple[Path, Path], order: releases.Order, tmp_path: Path
) -> None:
    leaking = tmp_path / "leak"
    shutil.copytree(pair[0], leaking)
    for leak in LEAKS:
        leak(leaking, order)
    assert set(gate.unequal(leaking, pair[1])) >= set(LEAKS.values())
