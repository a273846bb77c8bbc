"""The page as a file: one, the same each time, with nothing remote and nothing that runs."""

import html
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import small_study
from studies.long_patrols import crews

import maps
from geo import sightings
from geo.schema import RECORDS
from maps.page.escaping import script_json
from maps.page.figure import TILES
from maps.words.catalogue import LANGUAGES, WordError


@cache
def page(**options: object) -> str:
    found, data = small_study.findings(), small_study.data()
    return str(maps.planner(found, data, **options).get_root().render())  # type: ignore[arg-type]


OTHERS = tuple(one for one in LANGUAGES if one not in ("en", "sr-Latn"))


class Tags(HTMLParser):
    """Collects what an HTML parser reads as elements."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_on_the_page_is_fetched() -> None:
    for tag, attributes in Tags(page()).found:
        assert tag not in (
            "link",
            "iframe",
            "img",
            "object",
            "embed",
            "base",
            "form",
        ), tag
        assert "src" not in attributes, tag
        address = attributes.get("href") or ""
        assert re.match(
            r"(#|geo:|data:(application/|text/csv;)|https://www\.openstreetmap\.org/(copyright|directions\?to=))|$",
            address,
        )
    style = re.search(r"<style>(.*?)</style>", page(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_policy_names_the_scripts_by_hash_and_no_host() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page())
    assert policy is not None
    rules = html.unescape(policy[1])
    assert rules.startswith("default-src 'none'; script-src 'sha256-")
    assert rules.count("sha256-") == 3
    assert "unsafe-inline" not in rules.split("style-src")[0]
    assert "http" not in rules


def test_tiles_are_named_only_where_they_are_switched_on() -> None:
    assert TILES not in page()
    assert f"img-src data: {TILES}" in html.unescape(
        page(language="sr-Latn", tiles=True)
    )


def test_a_notebook_shows_the_same_page() -> None:
    """Also of a study without a sighting."""
    shown = maps.planner(small_study.findings(0), small_study.data())._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert html.unescape(shown).count("planner(map_planner)") == 1


@pytest.mark.parametrize(
    "language",
    ["sr-Latn", *(pytest.param(one, marks=pytest.mark.proof) for one in OTHERS)],
)
def test_opens_in_each_language(language: str) -> None:
    assert f'<html lang="{language}">' in page(language=language, tiles=True)


def test_the_same_study_gives_the_same_file_and_serbian_is_in_latin_letters_first() -> (
    None
):
    assert page(language="sr", tiles=True) == page(language="sr-Latn", tiles=True)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(WordError, match="no language 'fr'"):
        page(language="fr")


@pytest.mark.parametrize(
    ("n", "patrols"),
    [
        pytest.param(0, False, marks=pytest.mark.proof),
        (1, False),
        pytest.param(100, True, marks=pytest.mark.proof),
    ],
)
def test_draws_any_number_of_sightings(n: int, patrols: bool) -> None:
    found = small_study.findings(n, patrols=patrols)
    assert (
        "planner(map_planner)"
        in maps.planner(found, small_study.data()).get_root().render()
    )


def test_nothing_sensitive_is_on_the_page() -> None:
    text = page()
    payload = json.loads(re.search(r'id="planner-data">(.*?)</script>', text)[1])  # type: ignore[index]
    words = {
        note["word"]
        for layer in payload["layers"]
        for f in layer["features"]
        for note in f.get("notes", [])
    }
    sensitive = {column.name for column in RECORDS.columns if column.sensitive}
    assert not words & sensitive


def test_only_the_doors_table_is_drawn() -> None:
    found, data = small_study.findings(), small_study.data()
    noted = found.sightings.assign(note="secret-note")
    moved = found.sightings.set_geometry(found.sightings.geometry.translate(10))
    for rows, fault in ((noted, "columns note"), (moved, "the middle of its cell")):
        with pytest.raises(sightings.CoarseningError, match=fault):
            maps.planner(replace(found, sightings=rows), data)


def test_hostile_names_stay_text() -> None:
    found, data = (
        small_study.findings(name=small_study.HOSTILE),
        small_study.data(small_study.HOSTILE),
    )
    text = str(maps.planner(found, data).get_root().render())
    tags = Tags(text).found
    assert sum(tag == "script" for tag, _ in tags) == 4
    assert not [tag for tag, _ in tags if tag == "img"]
    assert not [
        name for _, attributes in tags for name in attributes if name.startswith("on")
    ]
    assert "49" not in re.findall(r">([^<]*7\*7[^<]*)<", text)[0]


@given(st.text())
def test_json_in_a_script_comes_back_and_holds_no_markup(text: str) -> None:
    written = script_json({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not re.search("[<>&']", written)


def test_a_study_without_a_town_has_a_map(tmp_path: Path) -> None:
    data = small_study.data()
    kind = data.places["kind"].mask(data.places["kind"] == "town", "landmark")
    path = tmp_path / "map.html"
    found = crews(12)
    rows = found.sightings.assign(coarse_place=pd.NA)
    without = replace(data, places=data.places.assign(kind=kind))
    maps.planner(replace(found, sightings=rows), without).save(path)
    # What is enlarged around the depot is called the start.
    assert '<span data-w="start">Start</span>' in path.read_text("utf-8")
