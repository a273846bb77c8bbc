"""The report as a Markdown reader shows it, and its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

import maps_fixture
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from geo.results import Findings
from layers.handling import Handling
from layers.schema import LEFT_OUT
from maps import planning
from maps.summary import ten_lines
from maps.terminal.report import report

HANDLING = Handling(maps_fixture.MADE, internal=False)


def files_of(findings: Findings) -> dict[str, str]:
    data, made = maps_fixture.data(), maps_fixture.MADE
    return report(findings, data, planning.timetables(findings, data, made), HANDLING, made=made)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return files_of(maps_fixture.findings())


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def test_names_from_files_are_shown_as_text(files: dict[str, str]) -> None:
    """Names of the fixture hold tags, links and marks of Markdown."""
    found = list(tokens(files["report.md"]))
    kinds = {token.type for token in found}
    assert {"table_open", "heading_open", "image"} <= kinds
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "em_open", "code_inline"})
    shown = {str(token.attrs["src"]) for token in found if token.type == "image"}
    assert shown == files.keys() - {"report.md"}
    assert {PurePosixPath(name).parent.name for name in shown} == {"pictures"}


def test_every_sentence_of_the_summary_is_in_the_report(files: dict[str, str]) -> None:
    text = " ".join(token.content for token in tokens(files["report.md"]) if token.type == "text")
    for line in ten_lines(maps_fixture.findings(), data=maps_fixture.data())[:-1]:
        for words in re.split(r"[\[\]<>*_`#!|~\\\n]+", line):
            assert " ".join(words.split()) in " ".join(text.split())


def test_every_table_has_as_many_cells_in_each_row(files: dict[str, str]) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", files["report.md"], re.M)
    assert len(tables) > 5
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_a_picture_needs_no_other_file(files: dict[str, str]) -> None:
    for name, svg in files.items():
        if name == "report.md":
            continue
        root = ET.fromstring(svg)
        assert root.findtext("{*}desc") == HANDLING.line()
        names = {tag.attrib[key] for tag in root.iter() for key in tag.attrib if "href" in key}
        ids = {f"#{tag.get('id')}" for tag in root.iter() if tag.get("id")}
        assert names <= ids
        assert "url(" not in svg
        assert "".join(root.itertext()).rstrip().endswith(" · Whoever drew it")
        assert {tag.tag.partition("}")[2] for tag in root.iter()}.isdisjoint({"script", "image"})


def test_a_report_without_patrols_says_so() -> None:
    found = maps_fixture.findings()
    none = replace(
        found.patrols, stops=found.patrols.stops.iloc[:0], legs=found.patrols.legs.iloc[:0],
        left_out=LEFT_OUT.frame(),
    )  # fmt: skip
    files = files_of(replace(found, patrols=none))
    assert files.keys() == {"report.md"}
    assert "- No patrol is proposed: no candidate stop" in files["report.md"]
