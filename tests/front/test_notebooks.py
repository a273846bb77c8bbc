"""Every notebook is short, draws what it finds, runs offline, and is kept without outputs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cells
import folium
import geopandas as gpd
import numpy as np
import osmnx
import pages
import pandas as pd
import pytest
from folders import ROOT
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from pandas.io.formats.style import Styler
from servers.overpass_server import Server, serving
from tools.command_line import SMALL

from geo.results import Findings

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def quick(town: None) -> dict[str, Any]:
    """Return small parameters and what a study of the town finds with them."""
    evening = (
        'vehicles = 2, shifts = [{name = "evening", start = "18:00", end = "20:30"}]'
    )
    few = (
        SMALL.replace("vehicles = 1", evening)
        + "fortnight = {iterations = 20, nights = 3, advised_visits = 1}"
    )
    return cells.quick_names(few)


def code_of(path: Path) -> list[str]:
    """Return the source of every code cell."""
    return [cells.source(cell) for cell in code_cells(path)]


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells.cells(path) if cell["cell_type"] == "code"]


def is_drawing(value: object) -> bool:
    """Draw a plot or a map, and return whether the value is one."""
    if isinstance(value, folium.Map):
        assert "L.map(" in value.get_root().render()
        return True
    axes = value if isinstance(value, list) else [value]
    if not all(isinstance(ax, Axes) for ax in axes):
        return False
    for ax in axes:
        assert ax.get_title() or ax.get_title(loc="left")
        assert ax.has_data()
    for figure in {ax.figure for ax in axes}:
        figure.canvas.draw()
    pyplot.close("all")
    return True


def is_small_table(value: object) -> bool:
    """Return whether the value is a table of at most ten rows of rounded figures."""
    if isinstance(value, Styler):
        assert value.to_html()
        value = value.data  # type: ignore[attr-defined]
    if not isinstance(value, pd.DataFrame):
        return False
    figures = value.select_dtypes("float").to_numpy()
    return 0 < len(value) <= 10 and np.array_equal(
        figures, figures.round(3), equal_nan=True
    )


@EACH
def test_notebook_runs_on_a_small_town_and_draws_its_results(
    path: Path, quick: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    # Geopandas draws the whole figure after each layer; here it is drawn once, with all of them.
    monkeypatch.setattr(FigureCanvasBase, "draw_idle", lambda _: None)
    names, drawn = dict(quick), []
    for cell in map(cells.smaller, code_of(path)):
        value = cells.shown_by(cell, names)
        drawn.append(is_drawing(value))
        assert drawn[-1] or is_small_table(value) or isinstance(value, Findings), cell
    assert sum(drawn) >= len(drawn) / 2, "most results are tables"


@pytest.mark.proof
@EACH
def test_notebook_runs(path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute(
        cwd=str(path.parent)
    )


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let osmnx ask a server on loopback, which has the bundled network."""
    monkeypatch.chdir(tmp_path)
    with serving(Server()) as server:
        monkeypatch.setattr(osmnx.settings, "overpass_url", server.url)
        monkeypatch.setattr(osmnx.settings, "cache_folder", tmp_path / "osmnx")
        yield


def ten_lines(page: str) -> str:
    """Return the block of a page that fetches OpenStreetMap."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)
    return next(block for block in blocks if "layers.fetch(" in block)


def check_ten_lines(names: dict[str, Any]) -> None:
    assert len(names["fetched"].roads)
    assert names["fetched"].source.title.startswith("OpenStreetMap by osmnx")
    assert is_drawing(names["hotspots"])
    assert is_drawing(names["planner"])
    railways = gpd.read_file("railways.geojson")
    assert set(railways["id"]) == set(names["fetched"].railways["id"])
    assert 0 < len(names["roads"]) <= len(names["fetched"].roads)


def test_ten_lines_of_readme_and_tutorial_run(
    quick: dict[str, Any], served: None
) -> None:
    lines = ten_lines("README.md")
    assert lines == ten_lines("notebooks/tutorial.md")
    names = dict(quick)
    exec(cells.smaller(lines), names)
    check_ten_lines(names)


@pytest.mark.proof
def test_ten_lines_run_on_what_they_fetch(
    town: None, quick: dict[str, Any], served: None
) -> None:
    names = {"small": quick["small"]}
    exec(
        ten_lines("README.md").replace("layers.readers.bundled.params()", "small"),
        names,
    )
    assert names["findings"].source.id == names["fetched"].source.id
    check_ten_lines(names)


def test_every_smaller_word_is_in_use() -> None:
    words = "".join(source for path in NOTEBOOKS for source in code_of(path))
    assert [word for word in cells.SMALLER if word not in words] == []


def test_parameters_of_the_documentation_are_known() -> None:
    assert cells.quick_names(pages.QUICK)


@EACH
def test_notebook_is_short_and_imports_in_one_line(path: Path) -> None:
    cells = code_of(path)
    assert 7 <= len(cells) <= 12
    assert max(len(cell.splitlines()) for cell in cells) <= 12
    imports = [
        node
        for cell in cells
        for node in ast.walk(ast.parse(cell))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert len(imports) == 1


@EACH
def test_notebook_is_kept_without_outputs(path: Path) -> None:
    for cell in code_cells(path):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
