"""Where effort is assumed, no file of a run makes a claim of chance about reports."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

MARKS = re.compile(
    r"significan|nearer than chance|by chance|p-value|verdict|p_adjusted|rastësi"
    r"|случајн|slučajn|случајем|slučajem",
    re.IGNORECASE,
)
"""Words of a claim, in English, Albanian and Serbian."""
DICTIONARY = "data_dictionary.md"
"""It names the columns that a log, not a report, fills."""


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts that a run leaves, but for the scripts of its pages."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".md", ".json", ".geojson", ".csv", ".html", ".ics", ".gpx"}:
            text = path.read_text("utf-8")
            yield path.name, re.sub(r"(?s)<script(?! type).*?</script>", "", text)


def test_no_file_of_a_run_claims_anything_of_reports(
    town_run: tuple[Path, str],
) -> None:
    folder, told = town_run
    found = {
        (name, mark.group(0), text[max(mark.start() - 60, 0) : mark.end() + 60])
        for name, text in [*texts(folder), ("terminal", told)]
        if name != DICTIONARY
        for mark in MARKS.finditer(text)
    }
    assert found == set()


def test_no_p_is_given_for_reports(town_run: tuple[Path, str]) -> None:
    folder, _ = town_run
    findings = json.loads((folder / "findings.json").read_text("utf-8"))
    assert {row["p_value"] for row in findings["hotspots"]} <= {None}
    assert not {key for key in findings if "test" in key or "design" in key}
    with closing(sqlite3.connect(folder / "study.gpkg")) as package:
        rows = package.execute("SELECT p_value FROM hotspots").fetchall()
        tables = {name for (name,) in package.execute("SELECT name FROM sqlite_master")}
    assert {p for (p,) in rows} <= {None}
    assert "corridor_band_tests" not in tables
