"""The report as a Markdown reader shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from studies import small_study

from geo.records import About, StudyData
from geo.results import Findings
from geo.schema import LEFT_OUT
from maps.outputs import report
from maps.view import put_together


def reported(findings: Findings, data: StudyData) -> str:
    return report(put_together(findings, data, small_study.MADE))


def text_of(findings: Findings) -> str:
    return reported(findings, small_study.data())


@pytest.fixture(scope="module")
def text() -> str:
    return text_of(small_study.findings())


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def test_names_from_files_are_shown_as_text(text: str) -> None:
    """Names of the fixture hold tags, links and marks of Markdown."""
    found = list(tokens(text))
    kinds = {token.type for token in found}
    assert {"table_open", "heading_open"} <= kinds
    assert kinds.isdisjoint(
        {"image", "html_block", "html_inline", "link_open", "em_open", "code_inline"}
    )


def test_every_sentence_of_the_summary_is_in_the_report(text: str) -> None:
    shown = " ".join(token.content for token in tokens(text) if token.type == "text")
    for line in small_study.summary_lines(
        small_study.findings(), data=small_study.data()
    )[:-1]:
        for words in re.split(r"[\[\]<>*_`#!|~\\\n]+", line):
            assert " ".join(words.split()) in " ".join(shown.split())


def test_every_table_has_as_many_cells_in_each_row(text: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", text, re.M)
    assert len(tables) > 5
    for table in tables:
        assert (
            len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
        )


def test_how_to_set_the_number_to_call_is_said_where_none_is_set(text: str) -> None:
    bare = replace(small_study.data(), about=About())
    assert "Fix: `phone = " in reported(small_study.findings(), bare)
    assert "Fix: `phone = " not in text


def test_a_report_without_patrols_says_so() -> None:
    found = small_study.findings()
    none = replace(
        found.patrols, stops=found.patrols.stops.iloc[:0], legs=found.patrols.legs.iloc[:0],
        left_out=LEFT_OUT.frame(),
    )  # fmt: skip
    text = text_of(replace(found, patrols=none))
    assert "- No patrol is proposed: no candidate stop" in text
