"""Run the cells of a notebook one after the other, with parameters that need little time."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from geo import study
from geo.params import Params
from layers.readers import bundled
from layers.readers.config import merged
from layers.readers.study import Study

SMALLER = {
    "geo.study.run(data, params)": "findings",
    "layers.readers.bundled.params()": "small",
    "opened.params": "smaller_of(opened)",
    "geo.params.HotspotParams()": "small.hotspots",
    "simulations=1999": "simulations=19",
    "simulations=199": "simulations=19",
    "np.linspace(50, 2500, 50)": "np.linspace(50, 1000, 5)",
    "points, 250.0, 25.0": "points, 250.0, 50.0",
    "plan.legs.length > 250]": "plan.legs.length > 250].head(10)",
    "plan, 30, seed": "plan, 3, seed",
    '{"vehicles": 1}': '{"vehicles": 1, "iterations": 20}',
}
"""Words of the notebooks, and what a quick run has in their place."""


def quick_names(changes: str) -> dict[str, Any]:
    """Return what the words of a quick run stand for; `changes` are parameters in TOML."""
    few = tomllib.loads(changes)
    small = bundled.params(few)
    return {
        "small": small,
        "findings": study.run(bundled.study_data(), small),
        "smaller_of": partial(smaller_of, changes=few),
    }


def smaller_of(opened: Study, changes: Mapping[str, Any]) -> Params:
    """Return the parameters of a study with these changes."""
    return Params(**merged(opened.settings.parameters, changes))


def cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook."""
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


def source(cell: Mapping[str, Any]) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])


def smaller(code: str) -> str:
    """Return the code of a cell that needs less time."""
    for word, other in SMALLER.items():
        code = code.replace(word, other)
    return code


def shown_by(code: str, names: dict[str, Any]) -> object:
    """Run a cell as a notebook does, and return the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise TypeError(f"this cell shows nothing:\n{code}")
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
