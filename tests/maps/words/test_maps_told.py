"""What readers of files say: each text of theirs is known in every language of the page."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT

from geo.params.descriptions import described
from maps.words.catalogue import LANGUAGES, of_desk, word
from maps.words.told import each_told, told
from mitrovica.masks.tiers import PURPOSES

READERS = [ROOT / "layers" / "readers" / "tabular", ROOT / "mitrovica" / "intake"]
LOG = [
    ROOT / "mitrovica" / "log" / name
    for name in ("visit_forms.py", "imports.py", "tracks.py")
]
"""What reads pages and tracks."""
ASKED_NOWHERE = {"mapping.py"}
"""What no desk reads: mappings written by hand."""
AT_DESK = [
    "mitrovica/desk",
    *(
        f"mitrovica/story/{name}.py"
        for name in (
            "disruption",
            "log_entries",
            "disclosure",
            "study_form",
            "submission",
            "visit_page",
        )
    ),
    "geo/params",
    "geo/patrols",
    "geo/routing",
    "layers/complaints.py",
    "layers/files",
    "layers/readers/areas.py",
    "layers/readers/osm/queries.py",
    "layers/readers/osm/extract.py",
    "layers/readers/osm/snapshots.py",
    "layers/readers/study",
    *(f"mitrovica/releases/{name}.py" for name in ("gate", "partners", "register")),
    "layers/writers/run_folder.py",
    "maps/cards",
    "mitrovica/brief",
    "mitrovica/dispatch",
    "mitrovica/intake",
    "mitrovica/log",
    "mitrovica/terminal",
]
"""What a page or a job of the desk comes through."""
ELSEWHERE = {"server.py", "edits.py"}
"""What says why no desk opens, and what checks a plan that was edited in a file."""
MADE_OF_OTHERS = {
    "7 has a geometry that 7. Fix: export it in EPSG:4326, valid",
    "7 (7) has no way inside the boundary of the study. Fix: 7, or name another one with "
    "--snapshot",
    "7 has no boundary. Fix: 7, or draw one and name it in study.toml: "
    'boundary = "boundary.geojson"',
    "7: 7. Fix: cut the extract with `osmium extract --strategy complete_ways`",
    "7: the tier 7 may know of a 7. Fix: --7 7",
    "a public release is for everybody, enforcement too: 7 is never granted. Fix: leave it out",
    "lower than the thresholds of the tier 7: 7. Fix: leave it out, or say why with --override "
    '"REASON", which every file will show',
    "no snapshot 7 in 7. Fix: say with --store where it is, or name another one with "
    "--snapshot. 7",
}
"""Texts whose parts are texts again, or that options alone bring which the desk does not have."""
FIRST = {
    "Check": 2,
    "Fault": 3,
    "faults_of": 2,
    "UnreadableError": 0,
    "RefusedError": 0,
}
"""Calls that say what is wrong and what to do, and the place of the first of the two."""
NAMES = {
    "problem",
    "fix",
    "note",
    "AS_WRITTEN",
    "CLOCK_FIX",
    "EXPORT_FIX",
    "FIX",
    "REPEAT",
    "REPEAT_FIX",
    "CUT_FIX",
    "remark",
}
SAMPLE = "7"


def text_of(node: ast.AST) -> str | None:
    """Return a text as it may be made, with a sample for what differs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (
            part.value if isinstance(part, ast.Constant) else SAMPLE
            for part in node.values
        )
        return "".join(map(str, parts))
    return None


def said(path: Path) -> Iterator[str]:
    """Yield what a module may say of rows and cells."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            values = node.args[FIRST.get(node.func.id, len(node.args)) :]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = {one.id for one in targets if isinstance(one, ast.Name)}
            values = [node.value] if named & NAMES and node.value else []
        else:
            continue
        for text in filter(None, map(text_of, values)):
            if " " in text:
                yield text


def test_each_fault_of_a_row_is_said_in_every_language() -> None:
    texts = {
        text
        for path in [*(path for room in READERS for path in room.glob("*.py")), *LOG]
        if path.name not in ASKED_NOWHERE
        for text in said(path)
    }
    assert len(texts) > 80
    assert sorted(text for text in texts if isinstance(told(text), str)) == []


def mended(path: Path) -> Iterator[str]:
    """Yield what a module says of what is to be mended, whole."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = None if id(node) in parts else text_of(node)
        if text and "Fix: " in text and not text.endswith(f"Fix: {SAMPLE}"):
            yield text


def test_what_is_to_be_mended_is_said_in_every_language() -> None:
    """A fix that is made elsewhere, such as a command, is known by itself."""
    texts = {
        text
        for room in AT_DESK
        for path in [ROOT / room, *(ROOT / room).rglob("*.py")]
        if path.suffix and path.name not in ELSEWHERE
        for text in mended(path)
    }
    assert len(texts) > 100
    assert texts > MADE_OF_OTHERS
    found = sorted(text for text in texts if isinstance(told(text), str))
    assert set(found) <= MADE_OF_OTHERS
    for command in ("mitrovica fetch", "mitrovica fetch --study valley"):
        assert not isinstance(told(f"no network for this study. Fix: {command}"), str)


def test_each_parameter_is_explained_in_every_language() -> None:
    tables = described()
    texts = [one.about for table in tables for one in (table, *table.keys)]
    assert len(texts) > 80
    assert [text for text in texts if isinstance(told(text), str)] == []


def test_what_differs_stays_and_what_is_not_known_is_english() -> None:
    text = "the row has 3 cells, the header Цена. Fix: check the year."
    found = told(text)
    assert not isinstance(found, str)
    assert set(found) == set(LANGUAGES)
    assert found["en"] == text
    assert found["sr-Latn"] == "red ima 3 ćelija, zaglavlje Цена. Proverite godinu."
    values = told("use one of: sighting, interview, visit")
    assert not isinstance(values, str)
    assert values["sq"].endswith(word("desk.value.visit", "sq"))
    for other in ("", "nobody says this", "this is not a date. Fix: nor this"):
        assert told(other) == other


def test_a_translation_puts_in_no_more_than_there_is() -> None:
    file = ROOT / "maps" / "assets" / "told.toml"
    for entry in tomllib.loads(file.read_text("utf-8"))["told"]:
        names = [set(re.findall(r"\{(\w+)\}", entry[of])) for of in ("en", "sq", "sr")]
        assert names[1] <= names[0], entry
        assert names[2] <= names[0], entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_purposes_and_states_have_words(language: str) -> None:
    words = of_desk(language)
    states = ("holds", "out of date", "recalled")
    keys = [f"purpose.{one}" for one in PURPOSES] + [f"state.{one}" for one in states]
    assert all(words[key] for key in keys)


@pytest.mark.parametrize("sign", [": ", ". Fix: ", "1, ", "7 are remarks, "])
def test_what_stood_in_a_file_is_neither_translated_nor_slow(sign: str) -> None:
    """A cell may hold anything, as often as it likes."""
    for times in (300, 20_000):
        text = f"visits.csv: {sign * times}"
        assert told(text) == text


def test_a_key_stays_as_it_is_written_where_a_fix_begins_with_it() -> None:
    fix = 'depot = "ID OF A PLACE" under [parameters.patrols] in study.toml'
    problem = "no depot is named, so no patrol can start"
    said = told(f"{problem}. Fix: {fix}; then `mitrovica run`")
    assert isinstance(said, dict)
    assert f". {fix}; pastaj" in said["sq"]
    assert f". {fix}; затим" in said["sr-Cyrl"]


def test_a_key_or_a_column_is_no_word_and_half_a_text_is_not_known() -> None:
    said = told("missing columns vehicle, stop; the file has shift, who")
    missing = {"vehicle", "stop", "shift", "who"}
    if isinstance(said, dict):
        assert all(missing <= set(re.findall(r"\w+", of)) for of in said.values())
    behind_key = told('kind: it is missing. Fix: kind = "…"')
    if isinstance(behind_key, dict):
        assert all(of.count("kind") == 2 for of in behind_key.values())
    for other in (
        "Wholly English words: none",
        "found 'x'. Something nobody translated, kind",
    ):
        assert told(other) == other


def test_heads_and_cells_of_tables_may_be_words() -> None:
    (table,) = each_told([{"title": "", "head": ["kind"], "rows": [["none"]]}])
    assert table["head"][0]["sq"] == "lloji"
    assert table["rows"][0][0]["sq"] == "asnjë"
