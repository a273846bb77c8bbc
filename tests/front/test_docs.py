"""The pages of the documentation name all that the program has, and what they link to is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference_parts as parts
from folders import ROOT

PAGES = {
    path.name: path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.md")
}


def test_every_command_is_in_the_reference() -> None:
    commands = parts.commands()
    names = [name for name, _ in parts.named_commands()]
    assert {"mitrovica run", "mitrovica plan", "mitrovica run check"} <= set(names)
    for name, command in parts.named_commands():
        assert f"## `{name}`" in commands
        assert command.help
        for one in command.params:
            assert all(
                option in commands for option in one.opts if option.startswith("-")
            )


def test_every_command_that_a_page_shows_is_one() -> None:
    names = {name for name, _ in parts.named_commands()}
    shown = re.findall(
        r"^(mitrovica [a-z-]+(?: [a-z]+)?)", "\n".join(PAGES.values()), re.M
    )
    assert len(shown) > 25
    for line in shown:
        assert line in names or line.rsplit(" ", 1)[0] in names, line


def test_every_public_function_is_in_the_reference() -> None:
    text = "".join(parts.functions(name) for name in ("geo", "layers", "maps"))
    names = parts.public_names()
    assert "geo.corridors.proximity" in names
    assert "maps.plot.hotspots" in names
    for name in names:
        assert f"(functions/{name}.md)" in text
    for page in ("functions_geo.md", "functions_layers_maps.md"):
        assert 'functions("' in PAGES[page]


def test_every_parameter_has_a_sentence() -> None:
    without = [
        f"{of.__name__}.{name}"
        for of in parts.parameter_classes()
        for name, sentence in parts.sentences(of).items()
        if not sentence
    ]
    assert without == []


def test_every_table_is_in_the_reference() -> None:
    tables = parts.tables()
    assert len(parts.schema_tables()) > 40
    for table in parts.schema_tables():
        assert f"## {table.name}\n" in tables
        assert all(f"`{column.name}`" in tables for column in table.columns)


def test_every_function_that_the_explanation_names_is_there() -> None:
    known = set(parts.public_names()) | {"geo.sightings", "geo.chance"}
    named = set(re.findall(r"`(geo\.[a-z_.]+)`", PAGES["explanation.md"]))
    assert len(named) > 12
    assert named <= known


def test_every_measure_says_when_not_to_use_it() -> None:
    measures = PAGES["explanation.md"].split("\n## ")[1:]
    last = next(
        n for n, text in enumerate(measures) if text.startswith("What five sightings")
    )
    assert last >= 15
    for text in measures[:last]:
        assert "**Do not use" in text, text.splitlines()[0]


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_a_file_that_is_linked_is_there(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8")):
        assert (ROOT / target).exists(), target


def test_a_file_that_contributing_names_is_there() -> None:
    """With its folder, or as the one of this name."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"`([\w/.-]+\.(?:py|toml|md|js|txt|csv|R))`", text))
    assert len(named) > 60
    tops = ("geo", "layers", "maps", "mitrovica", "tests", "notebooks")
    for name in named:
        there = (ROOT / name).is_file()
        assert there or any([*(ROOT / top).rglob(name)] for top in tops), name


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore")
def test_recipes_of_other_packages_run_and_agree() -> None:
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGES["coming_from.md"], re.S)
    assert len(blocks) > 8
    for block in blocks:
        exec(block, names)
    ours, theirs = names["distances_m"], names["their_distances_m"]
    assert (np.isfinite(ours) == np.isfinite(theirs)).all()
    # spaghetti rounds coordinates to a millimetre or so.
    reached = np.isfinite(ours)
    assert abs(ours - theirs)[reached].max() < 0.01
    of_network, of_pandana = (
        names["network"].distances([0])[0],
        np.array(names["to_first_m"]),
    )
    there = np.isfinite(of_network)
    assert abs(of_network - of_pandana)[there].max() < 0.1
    assert repr(names["network_of_graph"]) == repr(names["network"])
    assert names["simple_network"].n_edges < names["network"].n_edges / 2
    assert names["driven"][0].path["duration_s"].sum() == 40
    assert len(names["hotspots"]) and len(names["hot_lixels"])
    assert names["cafes"]["group"].max() > 1
