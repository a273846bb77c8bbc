"""What a crew's phone and paper carry: nothing of sightings, hotspots and need."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pytest
from playwright.sync_api import BrowserContext, expect
from pypdfium2 import PdfDocument
from studies import small_study
from tools.browser import PHONE, WIDE, executable, opened
from tools.command_line import passed

from geo.breaches import Breach
from geo.results import Findings
from geo.schema import FOLLOWED, METRIC, NEED_PARTS, STOP_NEED, TRADE_OFF
from maps import planning
from maps.overlays import need_layers
from maps.view import put_together
from maps.words.catalogue import LANGUAGES, word

HELD: Final = re.compile(r"data:[a-z./+-]+;base64,([A-Za-z0-9+/=]+)")
"""A file that a page holds."""


def crew(findings: Findings) -> str:
    shown = put_together(findings, small_study.data(), small_study.MADE)
    page: str = planning.crew_page(shown.for_crew()).get_root().render()
    return page


def twin() -> Findings:
    """Return findings with the same plan, and all else that sightings or need enter otherwise."""
    found, other = small_study.findings(), small_study.findings(3, "elsewhere")
    moved = other.sightings.assign(coarse_place="South")
    moved = moved.set_geometry(moved.translate(7_000, 3_000))
    even = found.need.assign(**dict.fromkeys(NEED_PARTS, 0.1))
    plan = replace(
        found.patrols,
        stop_need=found.patrols.stop_need.assign(
            need=0.7, observed=0.6, little_known=True
        ),
        left_out=other.patrols.left_out,
        measures=found.patrols.measures.assign(need_share=0.87),
        trade_off=TRADE_OFF.frame(),
        followed=FOLLOWED.frame(
            found.patrols.stops[["stop", "name"]].assign(
                visits=9, probability=0.3, why="opened", groups=7, accepted=3
            )
        ),
        within_nights=5,
        not_kept=[Breach("in_reach", {"stop": "what was expected"})],
    )
    return replace(
        found, sightings=moved, excluded=other.excluded, proximity=other.proximity,
        hotspots=other.hotspots, need=even, patrols=plan,
    )  # fmt: skip


def test_other_sightings_hotspots_and_need_give_the_same_map_byte_for_byte() -> None:
    found, other = small_study.findings(), twin()
    data, made = small_study.data(), small_study.MADE
    office = [
        planning.planner(one, data, made=made).get_root().render()
        for one in (found, other)
    ]
    assert office[0] != office[1]
    assert crew(found) == crew(other)
    sheets = [put_together(each, data, made).plan.sheets for each in (found, other)]
    assert sheets[0] == sheets[1]


def read(path: Path) -> str:
    """Return a file and all files that it holds, as text with plain spaces."""
    content = path.read_text("utf-8")
    held = (
        base64.b64decode(found).decode("utf-8", "replace")
        for found in HELD.findall(content)
    )
    return "\n".join([content, *held]).replace("\u00a0", " ")


def beside(content: str, number: str, other: str) -> bool:
    """Tell whether two numbers stand side by side, in any order and with any more digits."""
    at = (found.start() for found in re.finditer(re.escape(number), content))
    return any(other in content[max(0, k - 40) : k + 40] for k in at)


def cut_off(degrees: float) -> float:
    """Return degrees without what lies behind five decimals, about a metre."""
    return math.floor(degrees * 1e5) / 1e5


@cache
def traces(run: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what must not be found: the numbers of each sighting's place, and texts.

    The texts are ids of sightings, names of hotspots and figures of need.
    """
    sightings = gpd.read_file(run / "layers/sightings.geojson", engine="pyogrio")
    figures = json.loads((run / "findings.json").read_text("utf-8"))
    in_metres = (
        sightings.to_crs(METRIC).get_coordinates().round().astype(int).astype(str)
    )
    degrees = sightings.get_coordinates()
    rounded, cut = (
        degrees.map(at).astype(str) for at in (lambda n: round(n, 5), cut_off)
    )
    places = [
        tuple(one) for table in (rounded, cut, in_metres) for one in table.to_numpy()
    ]
    ids = [f'"{one}"' for one in sightings["id"]]
    ranks = [one["rank"] for one in figures["hotspots"]]
    hotspots = [
        word("hotspot.number", g, rank=rank) for g in LANGUAGES for rank in ranks
    ]
    stop_need = STOP_NEED.frame(figures["stop_need"])
    needy = stop_need.loc[stop_need["need"] > 0, "stop"]
    reasons = [need_layers.why(stop_need, stop) for stop in needy]
    sentences = [
        text for one in reasons if one is not None for text in one.forms.values()
    ]
    shares = [f"{row['need_share']:.4f}" for row in figures["patrol_measures"]]
    return places, [*ids, *hotspots, *sentences, *shares]


def told(content: str, run: Path) -> set[str]:
    """Return what of the traces of a run stands in a text."""
    places, texts = traces(run)
    found = {f"{x}, {y}" for x, y in places if beside(content, x, y)}
    # Within 20.7495, a degree, the share 0.7495 is not told.
    there = [text for text in texts if text in content]
    alone = {text: rf"(?<!\d){re.escape(text)}" for text in there}
    return found | {text for text in there if re.search(alone[text], content)}


@pytest.mark.parametrize(
    "plan", ["bundled_run", pytest.param("night", marks=pytest.mark.proof)]
)
def test_no_byte_that_crews_take_along_tells_of_sightings_hotspots_or_need(
    plan: str, request: pytest.FixtureRequest
) -> None:
    """The night has a calendar too; it is planned on the run of the town."""
    found: Any = request.getfixturevalue(plan)
    of: Any = request.getfixturevalue("town_run") if plan == "night" else found
    folder, run = found if plan == "night" else found[0], of[0]
    taken = [folder / "crew.html", *sorted((folder / "patrols").iterdir())]
    assert {path.suffix for path in taken} >= {".html", ".csv", ".gpx", ".kml"}
    for path in taken:
        assert told(read(path), run) == set(), path.name
    # The office's map names hotspots and need, its layer has ids and places.
    assert len(told(read(folder / "map.html"), run)) > 20
    in_layer = told(read(run / "layers/sightings.geojson"), run)
    assert len(in_layer) >= 2 * len(gpd.read_file(run / "layers/sightings.geojson"))


def test_the_crews_map_draws_ground_help_and_routes_alone(
    bundled_run: tuple[Path, str],
) -> None:
    """Shapes are packed: no search of bytes would find a place in them."""
    page = (bundled_run[0] / "crew.html").read_text("utf-8")
    data = json.loads(
        re.findall(r'id="planner-data">(.*?)</script>', page, re.DOTALL)[0]
    )
    assert {layer["group"] for layer in data["layers"]} == {"ground", "help", "patrols"}
    assert data["periods"] == []
    assert not any(
        feature.get("counts") for one in data["layers"] for feature in one["features"]
    )


@pytest.mark.browser
@pytest.mark.parametrize("context", [WIDE, PHONE], ids=["wide", "phone"], indirect=True)
def test_a_crew_opens_its_stops_in_every_language(
    context: BrowserContext, bundled_run: tuple[Path, str]
) -> None:
    page = opened(context, bundled_run[0] / "crew.html")
    for language in LANGUAGES:
        page.locator(f"[data-language={language}]").click()
        expect(page.locator(".marking").first).to_contain_text(
            word("crew.map", language)
        )
        page.locator(".patrol.chosen [data-stop]").nth(1).click()
        expect(page.locator(".position").first).to_be_attached()
        page.keyboard.press("Escape")
    expect(page.locator("#found, #plan, #rests, .why")).to_have_count(0)
    # Where somebody is at risk, the referral card is one touch away, and lies below the map.
    page.set_viewport_size(PHONE)
    page.locator(".concern").click()
    expect(page.locator("#helpers h2")).to_be_in_viewport()
    stage, head = (
        page.locator(part).bounding_box() for part in ("#stage", "#helpers h2")
    )
    assert stage is not None
    assert head is not None
    assert head["y"] >= stage["y"] + stage["height"] - 1
    assert page.messages == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_crews_print_a_page_for_each_patrol_then_who_helps_and_nothing_else(
    bundled_run: tuple[Path, str], tmp_path: Path
) -> None:
    executable()
    pdf = tmp_path / "crew.pdf"
    passed("map", "--from", bundled_run[0], "--crew", "--pdf", pdf)
    page = (bundled_run[0] / "crew.html").read_text("utf-8")
    sheets = [*PdfDocument(pdf)]
    assert len(sheets) == page.count('role="tab"') + 1
    last = sheets[-1].get_textpage().get_text_range()
    for organisation in ("DCAM", "UNHCR", "KRCT", "JRS", "CRPK", "IOM"):
        assert organisation in last
