"""The map on paper: printed by an installed browser, its pages counted, measured and read."""

from __future__ import annotations

import re
import subprocess
import sys
from math import hypot
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from pypdfium2 import PdfDocument, PdfPage, PdfTextObj
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT
from studies import small_study
from studies.long_patrols import LONG, SERVED, crews, full_map
from tools.browser import executable, opened

from layers.writers import printing
from layers.writers.printing import PdfError, write_pdf

A4_MM = (297.0, 210.0)
A3_MM = (420.0, 297.0)
TITLE_PT = {"a4": 1.35 * 9, "a3": 1.35 * 12.6}
"""Size of a patrol's title."""


def letters_high(text: PdfTextObj) -> float:
    """Return the size of letters in points, of text that is turned, too."""
    turned = text.get_matrix()
    size: float = text.get_font_size() * hypot(turned.c, turned.d)
    return size


def title_pt(page: PdfPage) -> float:
    """Return the size of the largest letters of a page, in points."""
    texts = page.get_objects(filter=[FPDF_PAGEOBJ_TEXT])
    return max(letters_high(text) for text in texts)


def printed(file: Path, folder: Path, paper: str, language: str | None) -> PdfDocument:
    executable()
    written = write_pdf(
        file, folder / "new" / "map.pdf", paper=paper, language=language
    )
    assert [path.name for path in written.parent.iterdir()] == ["map.pdf"]
    return PdfDocument(written)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("paper", "size_mm", "language", "vehicle", "far"),
    [
        pytest.param("a4", A4_MM, "sr-Cyrl", "возило 1", False, marks=pytest.mark.proof),
        ("a4", A4_MM, "sr-Cyrl", "возило 1", True),
        ("a3", A3_MM, None, "vehicle 1", True),
        pytest.param("a3", A3_MM, None, "vehicle 1", False, marks=pytest.mark.proof),
    ],
)  # fmt: skip
def test_a_page_for_each_patrol(
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    paper: str,
    size_mm: tuple[float, float],
    language: str,
    vehicle: str,
    far: bool,
) -> None:
    file = full_map(tmp_path_factory, far=far)
    pages = [*printed(file, tmp_path, paper, language)]
    for page in pages:
        size = [float(length) / 72 * 25.4 for length in page.get_mediabox()[2:]]
        assert size == pytest.approx(size_mm, abs=1)
    # Chromium makes a document smaller whose pages are too full; this one is as large as meant.
    for page in pages[: len(SERVED)]:
        assert title_pt(page) == pytest.approx(TITLE_PT[paper], rel=0.02)
    texts = [
        re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in pages
    ]
    for n, text in zip(SERVED, texts, strict=False):
        assert f"shift of {n}, {vehicle}" in text
        # First and last stop, the return, the break and the foot are on the one page.
        assert f"{LONG} 1 " in text
        assert f"{LONG} {n} " in text
        assert text.count("Coordinator") == 2 or vehicle != "vehicle 1"
        assert "18:31–18:46" in text
        assert "© OpenStreetMap contributors" in text
        assert "______" in text
    assert not any(
        "shift of" in text and "______" in text for text in texts[len(SERVED) :]
    )
    for number, text in enumerate(texts, 1):
        assert f"{number} / {len(pages)}" in text


@pytest.mark.browser
@pytest.mark.proof
@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_hand_made_study_takes_four_pages(
    file: Path, tmp_path: Path, paper: str
) -> None:
    """Three patrols, and one page of what the plan achieves and rests on."""
    assert len(printed(file, tmp_path, paper, "sq")) == 4


@pytest.mark.browser
@pytest.mark.parametrize(
    "language",
    [
        pytest.param("en", marks=pytest.mark.proof),
        "sq",
        "sr-Cyrl",
        pytest.param("sr-Latn", marks=pytest.mark.proof),
    ],
)
def test_the_bundled_study_takes_one_page_beside_its_patrols_on_a3(
    tmp_path: Path, bundled_run: tuple[Path, str], language: str
) -> None:
    """With the places that are left out, which are many, and with what little proves."""
    file = bundled_run[0] / "map.html"
    tabs = len(re.findall(r'role="tab"', file.read_text("utf-8")))
    assert len(printed(file, tmp_path, "a3", language)) == tabs + 1


@pytest.mark.browser
def test_nothing_on_a4_is_smaller_than_eight_points(
    tmp_path: Path, bundled_run: tuple[Path, str]
) -> None:
    """Sheets of at most twelve stops, their pictures, and what follows them."""
    pdf = printed(bundled_run[0] / "map.html", tmp_path, "a4", "sr-Cyrl")
    for page in pdf:
        sizes = [
            letters_high(text)
            for text in page.get_objects(filter=[FPDF_PAGEOBJ_TEXT], max_depth=9)
        ]
        assert len(sizes) > 100
        assert min(sizes) > 7.95


@pytest.mark.browser
def test_places_left_out_stand_on_a3_under_a_plain_heading(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, screen={"width": 1500, "height": 1000})
    page.emulate_media(media="print")
    heading = page.locator(".left-out summary")
    expect(heading).to_be_visible()
    expect(heading).to_have_css("list-style-type", "none")
    size = "node => getComputedStyle(node).fontSize"
    for table in page.locator("#plan table").all():
        head = table.locator("thead th").first
        assert head.evaluate(size) == table.evaluate(size)
    # The table keeps to its column, and an id is no larger than what is beside it.
    within = """rows => rows.every((row) =>
      [...row.cells].reduce((px, cell) => px + cell.offsetWidth, 0)
        <= row.closest("#plan").clientWidth / 3)"""
    assert page.locator(".left-out tr").evaluate_all(within)
    assert page.locator(".left-out .id").first.evaluate(size) == page.locator(
        ".left-out table"
    ).evaluate(size)
    assert page.locator(".afoot").evaluate_all(
        "nodes => nodes.every((n) => getComputedStyle(n).whiteSpace === 'nowrap')"
    )


def test_a_break_stands_at_its_stop_and_takes_no_number() -> None:
    (patrol,) = small_study.timetables(crews(6))
    assert [stop.number for stop in patrol.stops] == list(range(8))
    assert [stop.pause for stop in patrol.stops] == ["", "", "18:31–18:46", *[""] * 5]


def test_without_a_browser_the_error_names_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "map.html"
    page.write_text("<p>map</p>")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(printing.BROWSERS, "darwin", [])
    with pytest.raises(PdfError, match="apt-get install chromium"):
        write_pdf(page, tmp_path / "map.pdf")


def test_without_a_map_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such map to print"):
        write_pdf(tmp_path / "map.html", tmp_path / "map.pdf")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("script", "wait_s", "wording"),
    [("echo no display >&2", 120.0, "no display"), ("sleep 30", 0.5, "within 0.5 s")],
)
def test_a_browser_that_prints_nothing_is_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    wait_s: float,
    wording: str,
) -> None:
    page, program = (tmp_path / "map.html", tmp_path / printing.BROWSERS["programs"][0])
    page.write_text("<p>map</p>")
    program.write_text(f"#!/bin/sh\n{script}\n")
    subprocess.run(["chmod", "+x", program], check=True)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(printing, "TIMEOUT_S", wait_s)
    with pytest.raises(PdfError, match=wording):
        write_pdf(page, tmp_path / "map.pdf")
    assert not list(tmp_path.glob("*.pdf"))
    assert not list(tmp_path.glob(".map.*"))
