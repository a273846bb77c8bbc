"""A study.toml with other values: what else stands in it stays, whatever a form sends."""

from __future__ import annotations

import tomllib
from string import Template
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import package_data
from layers.complaints import UserError
from mitrovica.intake import study_file

NEW = Template(package_data.text("templates", "new_study.txt")).substitute(
    title='"A"', boundary="# ", kinds="station"
)
SHIPPED = (package_data.STUDY / "study.toml").read_text("utf-8")
PATROLS = ("parameters", "patrols")
KEYS = st.sampled_from(
    [
        (*PATROLS, "vehicles"),
        (*PATROLS, "depot"),
        (*PATROLS, "closed_roads"),
        ("parameters", "access", "walk_kph"),
        ("parameters", "hotspots", "radii_m"),
        ("phone",),
        ("snapshot",),
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**60), 2**60),
    st.booleans(),
    TEXTS,
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=3),
)


@pytest.mark.parametrize("text", [NEW, SHIPPED], ids=["new", "shipped"])
@given(changes=st.lists(st.tuples(KEYS, VALUES), max_size=5))
def test_what_is_set_is_read_back_and_nothing_else_changes(
    text: str, changes: list[tuple[study_file.Path, Any]]
) -> None:
    """No text of a field becomes a key, a table or a comment."""
    wanted = tomllib.loads(text)
    for (*tables, key), value in changes:
        table = wanted
        for name in tables:
            table = table.setdefault(name, {})
        table.pop(key, None)
        if value is not None:
            table[key] = value
    found = text
    for path, value in changes:
        found = study_file.edited(found, {path: value})
    read = tomllib.loads(found)
    assert _filled(read) == _filled(wanted)
    kept = [line for line in text.splitlines() if line.startswith("# A ")]
    assert kept == [line for line in found.splitlines() if line in kept]


def _filled(tables: dict[str, Any]) -> dict[str, Any]:
    """Leave out tables that hold nothing."""
    parts = {
        name: _filled(part) if name in ("parameters", *TABLES) else part
        for name, part in tables.items()
    }
    return {name: part for name, part in parts.items() if part != {}}


TABLES = ("patrols", "access", "hotspots")


def test_a_key_is_written_where_its_comment_shows_it() -> None:
    found = study_file.edited(
        NEW,
        {
            (*PATROLS, "depot"): "a",
            (*PATROLS, "vehicles"): 3,
            ("hung_out", "stop"): "b",
        },
    )
    before, after = NEW.splitlines(), found.splitlines()
    assert len(before) == len(after)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line.partition("  #")[0] for line in changed] == [
        "[hung_out]",
        'stop = "b"',
        'depot = "a"',
        "vehicles = 3",
    ]


@pytest.mark.parametrize(
    "text", ["1\nx = 2", "1 # a\n[t]\nb = 2", "[1", "", "= 1", '"a', "1]\n["]
)
def test_a_field_of_toml_holds_one_value(text: str) -> None:
    with pytest.raises(UserError, match="Fix: "):
        study_file.value_of(text)


@pytest.mark.parametrize("key", ["a\n[b]", "a.b", "", "a = 1\nb", "ж"])
def test_a_key_is_a_bare_name(key: str) -> None:
    with pytest.raises(UserError, match="is no key"):
        study_file.edited(NEW, {(key,): 1})
