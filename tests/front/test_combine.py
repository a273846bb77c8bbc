"""Releases put together: who may, on which terms, what is written, and how it looks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import Browser, expect
from studies import offices
from studies.offices import AREAS, Asked
from studies.partners import DOCTORS, UNTIL
from tools.clients import module
from tools.command_line import call

from layers.complaints import UserError
from layers.files.listing import fingerprint
from mitrovica import story
from mitrovica.releases import ReleaseError, register
from mitrovica.releases import release_folder as released
from mitrovica.releases.register import GROUPS, Entry

pytestmark = pytest.mark.usefixtures("own_register")
TODAY = datetime.now(UTC).date()
ME = DOCTORS["organisation"]

Counted = Mapping[tuple[str, str], offices.Counted]


@pytest.fixture(scope="module")
def counted() -> Counted:
    """Return what three offices release of one season, by office and tier."""
    made = offices.walks_of(900, 5)
    known = {
        office: offices.seen_by(office, made, number)
        for number, office in enumerate(AREAS)
    }
    return {
        (office, tier): offices.released(office, rows, tier)
        for office, rows in known.items()
        for tier in ("partner", "public")
    }


@pytest.fixture(scope="module")
def folders(
    counted: Counted, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Path]:
    """Return the folders of these releases."""
    home = tmp_path_factory.mktemp("offices")
    return {
        (office, tier): offices.folder(home / f"{office}-{tier}", one, Asked(tier=tier))
        for (office, tier), one in counted.items()
    }


@pytest.fixture(scope="module")
def picture(
    folders: dict[tuple[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the folder of a picture of three partner releases."""
    out = tmp_path_factory.mktemp("picture") / "combined"
    inputs = [folders[office, "partner"] for office in AREAS]
    asked = story.Combine(
        releases=inputs, to=ME, out=out, register=out.parent / "none.jsonl"
    )
    said = story.combine(asked).shown
    assert f"for {DOCTORS['purpose']}" in said[0]
    return out


def test_libhxl_reads_squares_and_totals_by_their_tags(picture: Path) -> None:
    hxl = module("hxl", "libhxl")
    squares = gpd.read_file(picture / "squares.geojson")
    for name in ("squares", "totals"):
        text = (picture / f"{name}.csv").read_text("utf-8")
        rows = [*csv.reader(io.StringIO(text))]
        source = hxl.data(rows, hxl.InputOptions(allow_local=True))
        read = [
            [row.get(f"#affected+groups+{tag}") for tag in ("min", "max")]
            for row in source
        ]
        assert all(int(low) <= int(high) for low, high in read if high)
        if name == "squares":
            assert [int(low) for low, _ in read] == squares["groups_low"].tolist()
            assert {"admin", "nationality", "sex"}.isdisjoint(source.headers)
    handling = pd.read_csv(picture / "totals.csv")["handling"].iloc[1]
    assert f"to {ME}, for health." in handling
    assert f"Holds until {UNTIL}" in handling


def test_the_page_shows_the_totals_the_map_and_for_whom(
    picture: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto((picture / "combined.html").as_uri())
    expect(page.locator("body")).to_have_attribute("data-ready", "")
    expect(page.locator("header")).to_contain_text(f"to {ME}, for health.")
    expect(page.locator("tr.all").first).to_contain_text("all together")
    assert page.locator("path.leaflet-interactive").count() > 10
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def refused(paths: list[Path], to: str = ME, path: Path | None = None) -> str:
    """Return why releases are not put together."""
    here = paths[0].parent / "none.jsonl"
    out = paths[0].parent / "refused"
    asked = story.Combine(releases=paths, to=to, register=path or here, out=out)
    with pytest.raises((ReleaseError, UserError)) as error:
        story.combine(asked)
    assert not asked.out.exists()
    assert "Fix: " in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("Another Aid", "is for Doctors without Borders, not for Another Aid"),
        ("Ministry of Health", "reads like an authority"),
        ("Kosovo Police", "reads like an authority"),
        ("DCAM regional coordinator", "is for Doctors without Borders, not"),
    ],
)
def test_who_is_not_on_every_list_puts_public_releases_together_only(
    folders: dict[tuple[str, str], Path], to: str, says: str, tmp_path: Path
) -> None:
    partner = [folders[office, "partner"] for office in AREAS]
    text = refused(partner, to)
    assert text.count(says) == 3
    assert "which everybody may put together" in text
    mixed = [folders["North", "partner"], folders["South", "public"]]
    assert refused(mixed, to).count(says) == 1
    public = [folders[office, "public"] for office in AREAS]
    out = tmp_path / "out"
    asked = story.Combine(
        releases=public, to=to, out=out, register=tmp_path / "none.jsonl"
    )
    assert "tier public" in str(story.combine(asked).shown[0])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until": TODAY - timedelta(days=1)}, "it is out of date"),
        ({"kind": "research"}, "what Doctors without Borders does is research"),
        ({"kind": ""}, "not told, as in a release of an older program"),
        ({"purpose": "food"}, "Partner releases are for one purpose each"),
        ({"tier": "internal"}, "which stays in its office"),
    ],
)
def test_a_release_on_other_terms_is_refused(
    folders: dict[tuple[str, str], Path],
    counted: Counted,
    changes: dict[str, object],
    says: str,
    tmp_path: Path,
) -> None:
    asked = Asked(**changes)  # type: ignore[arg-type]
    other = offices.folder(tmp_path / "other", counted["South", "partner"], asked)
    assert says in refused([folders["North", "partner"], other])


def test_what_is_no_release_twice_one_office_or_changed_is_refused(
    folders: dict[tuple[str, str], Path], counted: Counted, tmp_path: Path
) -> None:
    north = folders["North", "partner"]
    assert "Fix: name two or more" in refused([north])
    assert "would count twice" in refused([north, folders["North", "public"]])
    assert "is no release" in refused([north, tmp_path])
    changed = offices.folder(tmp_path / "changed", counted["South", "partner"])
    cells = changed / "layers" / "released_cells.geojson"
    text = cells.read_text("utf-8")
    cells.write_text(re.sub(r'"groups":\d+', '"groups":3', text), "utf-8")
    assert "was changed since" in refused([north, changed])
    outputs = [
        {"file": f"layers/{file.name}", **fingerprint(file)}
        for file in sorted(cells.parent.iterdir())
    ]
    offices.change(changed, outputs=outputs)
    assert "its own manifest does not allow" in refused([north, changed])
    later = offices.folder(tmp_path / "later", counted["South", "partner"])
    soon = datetime.now(UTC) + timedelta(days=3)
    offices.change(later, written=soon.isoformat())
    assert "which is still to come" in refused([north, later])


def test_what_the_office_recalled_is_refused(
    folders: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    north, south = folders["North", "partner"], folders["South", "partner"]
    path = tmp_path / "releases.jsonl"
    terms = released.read(north).terms
    entry = Entry.of(terms, "North", 10, {GROUPS: pd.DataFrame()}, "", 0)
    register.enter(path, entry, register.known(path), {})
    register.recall(path, terms.id, tmp_path / "note.md")
    assert "was recalled. Fix: delete it" in refused([north, south], path=path)


def test_the_strictest_terms_are_those_of_the_picture(
    folders: dict[tuple[str, str], Path], counted: Counted, tmp_path: Path
) -> None:
    soon = TODAY + timedelta(days=2)
    public = offices.folder(
        tmp_path / "public",
        counted["South", "public"],
        Asked(tier="public", until=soon, purpose="information", to="everybody"),
    )
    inputs = [folders["North", "partner"], public]
    done = call("release", "combine", *inputs, "--to", ME, "--out", tmp_path / "both")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert f"tier partner, to {ME}, for health." in said
    assert f"Holds until {soon}" in said
    assert "do not forward" in said
    totals = pd.read_csv(tmp_path / "both" / "totals.csv")
    assert set(totals["period"][1:]) == {"2025-H2", "2026-H1"}
