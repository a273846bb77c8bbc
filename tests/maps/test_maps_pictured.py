"""The report as a page: its words, and the pictures that show what they say."""

from __future__ import annotations

import re

import pytest
from lxml import etree, html
from studies import small_study

from maps import report_page
from maps.outputs import report
from maps.view import put_together
from maps.words.catalogue import LANGUAGES, word
from mitrovica.markdown import as_html


@pytest.fixture(scope="module")
def text() -> str:
    found, data = small_study.findings(), small_study.data()
    shown = put_together(found, data, small_study.MADE)
    return report_page.page(report(shown), shown, as_html)


@pytest.fixture(scope="module")
def page(text: str) -> etree._Element:
    return html.fromstring(text).find(".//article[@lang='en']")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_what_to_do_whom_to_call_and_what_was_found(
    text: str, language: str
) -> None:
    found, data = small_study.findings(), small_study.data()
    shown = put_together(found, data, small_study.MADE)
    form = html.fromstring(text).find(f".//article[@lang='{language}']")
    said = form.text_content()
    if language != "en":
        lines = [*shown.evidence.summary.lines, *shown.helpers]
        assert all(line(language) in said for line in lines)
    for patrol in shown.plan.patrols:
        assert patrol.title(language) in said
        assert patrol.served[0].name(language) in said
    if language != "en":
        # Every stop in its row, what is left out and why, and each answer.
        for patrol in shown.plan.patrols:
            for stop in patrol.served:
                row = f"{stop.arrival}{stop.departure}{stop.name(language)}"
                assert row in said
        for stop in shown.plan.quality.left_out:
            assert stop.why(language) in said
        for answer in shown.evidence.answers:
            assert answer.sentence(language) in said
        assert word("left.why", language) in said
        assert word("left.why", "en") not in said
    english = html.fromstring(text).find(".//article[@lang='en']")
    shapes = [len(each.findall(".//rect")) for each in (form, english)]
    assert shapes[0] == shapes[1] > 0


def test_it_holds_every_word_of_the_report_and_no_script(
    text: str, page: etree._Element
) -> None:
    assert "<script" not in text
    assert re.search("https?://(?!www.w3)", text) is None
    shown = page.text_content()
    for heading in ("What to do", "Behind it", "Files"):
        assert heading in shown
    assert "<i>" not in shown or "&lt;i&gt;" in text


def test_pictures_are_folded_and_each_has_a_text_beside_it(
    page: etree._Element,
) -> None:
    folds = page.findall(".//details")
    assert folds
    assert all("open" not in fold.attrib for fold in folds)
    for figure in page.iter("figure"):
        assert figure.find("svg").attrib["role"] == "img"
        assert figure.findtext("figcaption") is not None
        assert len(figure.find("figcaption").text_content()) > 40


def test_the_strip_has_each_stop_once_in_its_order(page: etree._Element) -> None:
    stops = small_study.findings().patrols.stops
    served = stops[~stops["kind"].isin(["depot", "break"])]
    strip = page.find(".//figure[@class='strip']")
    numbers = strip.xpath(".//g/rect/following-sibling::text[1]/text()")
    assert len(numbers) == len(served)
    for patrol in strip.findall(".//g"):
        lefts = [float(rect.attrib["x"]) for rect in patrol.findall("rect")]
        assert lefts == sorted(lefts)
