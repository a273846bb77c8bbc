"""Every notebook runs from top to bottom, offline, and is kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from command_line import SMALL
from folders import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

TWO_VEHICLES = SMALL.replace("vehicles = 1", "vehicles = 2") + "fortnight = {iterations = 20}\n"
SET_UP = f"""
import tomllib
from geo.params import from_mapping
small = from_mapping(tomllib.loads({TWO_VEHICLES!r}))
"""
SMALLER = {
    "Params()": "small",
    "HotspotParams()": "HotspotParams(simulations=39, draws=9)",
    "simulations=1999": "simulations=99",
    "simulations=199": "simulations=39",
}
"""Words of the notebooks, and what a quick run has in their place."""


def run(path: Path, smaller: dict[str, str]) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        for word, other in smaller.items():
            # A word stands alone: not within another one, as Params() within HotspotParams().
            cell.source = cell.source.replace(f" {word}", f" {other}").replace(
                f"={word}", f"={other}"
            )
    if smaller:
        code[0].source = SET_UP + code[0].source
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute(cwd=str(path.parent))
    assert any(cell.outputs for cell in code), "the notebook shows nothing"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_with_small_parameters(path: Path) -> None:
    run(path, SMALLER)


@pytest.mark.proof
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path) -> None:
    run(path, {})


def test_every_smaller_word_is_in_use() -> None:
    words = "".join(path.read_text("utf-8") for path in NOTEBOOKS)
    assert [word for word in SMALLER if word not in words] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
