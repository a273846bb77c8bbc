"""Releases made at the desk that pass: for everybody, and for a partner."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from studies.partners import DOCTORS, UNTIL
from tools import desks
from tools.desks import StartedDesk

from layers.files import listing
from layers.files.filenames import MANIFEST
from maps.words.catalogue import LANGUAGES
from mitrovica.masks.tiers import TIERS


def with_season(followed: Path, folder: Path) -> Path:
    """Make the folder of an office with a run on a season, the log that it used, and its study."""
    shutil.copytree(followed / "study", folder / "study")
    shutil.copytree(followed / "next", folder / "out")
    shutil.copy(followed / "log.gpkg", folder)
    (folder / "register.jsonl").touch()
    return folder


def job(desk: StartedDesk, what: object) -> Any:
    """Do something of what leaves as a job; return its end."""
    answer = desk.ask("api/leaving/do", what)
    assert answer.status == 200, answer.body
    while not (found := desk.ask("api/job").found)["end"]:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    "tiers",
    [("partner",), pytest.param(("public", "partner"), marks=pytest.mark.proof)],
)
def test_releases_for_a_partner_and_for_everybody_pass(
    followed: tuple[Path, dict[str, str]],
    own_register: Path,
    tmp_path: Path,
    tiers: Sequence[str],
) -> None:
    """What each would tell is said first; then its folder, its cells and its line are there."""
    folder = with_season(followed[0], tmp_path / "office")
    with desks.started(folder, log=True) as desk:
        desk.enter()
        partner = {
            **DOCTORS,
            "do": "partner",
            "decided_by": ["coordinator", "data protection officer"],
            "until": f"{UNTIL}",
        }
        assert desk.ask("api/leaving/do", partner).status == 200
        to = {"public": "Everybody", "partner": DOCTORS["organisation"]}
        for tier in tiers:
            release = {
                "do": "release",
                "tier": tier,
                "to": to[tier],
                "purpose": "health",
                "until": f"{UNTIL}",
            }
            judged = job(desk, {**release, "draft": True})
            assert judged["end"] == "done", judged["lines"]
            assert "would tell" in judged["lines"][0]["en"]
            # All that it says is known in each language.
            assert all(set(line) == set(LANGUAGES) for line in judged["lines"])
            assert not [*folder.glob(f"release-*-{tier}-*")]
            made = job(desk, {**release, "draft": False})
            assert made["end"] == "done", made["lines"]
            # What was said before is what was made.
            assert made["lines"][1:] == judged["lines"][1:]
        shown = desk.ask("api/leaving").found["releases"]
    assert [one["row"][1] for one in shown] == [*tiers]
    entries = folder / "register.jsonl"
    for line in entries.read_text("utf-8").splitlines():
        entry = json.loads(line)
        made = folder / f"release-{entry['id']}"
        cells = gpd.read_file(made / "layers" / "released_cells.geojson")
        assert len(cells) > 0
        assert cells["groups"].min() >= TIERS[entry["tier"]].least_groups
        for name, digest in listing.outputs(made / MANIFEST).items():
            assert listing.sha256(made / name) == digest
    assert own_register.exists()
