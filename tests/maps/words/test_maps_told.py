"""What readers of files say: each text of theirs is known in every language of the page."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT

from geo.params.release import PURPOSES
from maps.words.catalogue import LANGUAGES, of_desk, word
from maps.words.told import told

READERS = ROOT / "layers" / "readers" / "sightings"
LOG = [
    ROOT / "layers" / "log" / name
    for name in ("pages.py", "adding.py", "tracks.py")
]
"""What reads pages and tracks."""
ASKED_NOWHERE = {"databases.py", "mapping.py"}
"""Readers of what is dropped on no desk: databases, and mappings written by hand."""
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
            targets = (
                node.targets if isinstance(node, ast.Assign) else [node.target]
            )
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
        for path in [*READERS.glob("*.py"), *LOG]
        if path.name not in ASKED_NOWHERE
        for text in said(path)
    }
    assert len(texts) > 80
    assert sorted(text for text in texts if isinstance(told(text), str)) == []


def test_what_differs_stays_and_what_is_not_known_is_english() -> None:
    text = "the row has 3 cells, the header Цена. Fix: check the year."
    found = told(text)
    assert not isinstance(found, str)
    assert set(found) == set(LANGUAGES)
    assert found["en"] == text
    assert (
        found["sr-Latn"]
        == "red ima 3 ćelija, zaglavlje Цена. Proverite godinu."
    )
    values = told("use one of: sighting, interview, visit")
    assert not isinstance(values, str)
    assert values["sq"].endswith(word("desk.value.visit", "sq"))
    for other in ("", "nobody says this", "this is not a date. Fix: nor this"):
        assert told(other) == other


def test_a_translation_puts_in_no_more_than_there_is() -> None:
    file = ROOT / "maps" / "assets" / "told.toml"
    for entry in tomllib.loads(file.read_text("utf-8"))["told"]:
        names = [
            set(re.findall(r"\{(\w+)\}", entry[of]))
            for of in ("en", "sq", "sr")
        ]
        assert names[1] <= names[0], entry
        assert names[2] <= names[0], entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_purposes_and_states_have_words(language: str) -> None:
    words = of_desk(language)
    states = ("holds", "out of date", "recalled")
    keys = [f"purpose.{one}" for one in PURPOSES] + [
        f"state.{one}" for one in states
    ]
    assert all(words[key] for key in keys)


@pytest.mark.parametrize("sign", [": ", ". Fix: ", "1, ", "7 are remarks, "])
def test_what_stood_in_a_file_is_neither_translated_nor_slow(sign: str) -> None:
    """A cell may hold anything, as often as it likes."""
    for times in (300, 20_000):
        text = f"visits.csv: {sign * times}"
        assert told(text) == text
