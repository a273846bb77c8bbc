"""Pages of the documentation that are made from notebooks: their text, tables, pictures and maps.

A drawing becomes a file of the folder `MADE`; the rest of what cells show is kept there as HTML.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import folium
from cells import cells, quick_names, shown_by, smaller, source
from matplotlib import pyplot
from matplotlib.axes import Axes
from pandas import DataFrame

HERE = Path(__file__).parent
MADE = HERE.parent / "build" / "docs" / "made"
"""What the notebooks draw and show; made anew where it is missing."""

QUICK = """
patrols = {iterations = 50, vehicles = 2}
corridors = {simulations = 199}
hotspots = {simulations = 99}
access = {cell_m = 250}
fortnight = {iterations = 20}
"""
"""Parameters of the documentation."""

NOTE = """\
:::{note}
Shown with fewer simulations and draws than the code asks for, so that these pages are made in a
minute. Your own figures may differ a little.
:::
"""


MAP = """\
<p><a href="{0}">Open this map on a page of its own</a></p>
<iframe style="width: 100%; height: 32rem; border: 0" loading="lazy" title="Map of the cell above"
    src="{0}"></iframe>"""
"""A map within a page."""


@dataclass(frozen=True)
class Picture:
    """A drawing of a notebook."""

    notebook: str
    file: str
    code: str
    caption: str

    def markdown(self, caption: str = "") -> str:
        """Return the picture for a page."""
        words = caption or self.caption
        alt = words.replace("[", "(").replace("]", ")").replace("*", "")
        return f"![{alt}]({os.path.relpath(MADE / self.file, HERE)})"

    def thumbnail(self) -> str:
        """Return the picture small: it leads to its notebook, and its code lies under it."""
        return f"""\
:::{{container}}
[{self.markdown()}]({self.notebook}.ipynb)

<details><summary>Its code</summary>

```python
{self.code}
```

</details>
:::"""


def notebooks() -> list[Path]:
    """Return the notebooks in their order."""
    return sorted(HERE.glob("*.ipynb"))


def make() -> None:
    """Run the notebooks and keep what their cells show, where that is not there yet."""
    if (MADE / "shown.json").exists():
        return
    (MADE / "extra" / "maps").mkdir(parents=True, exist_ok=True)
    names = quick_names(QUICK)
    shown = {path.stem: _shown(path, dict(names)) for path in notebooks()}
    (MADE / "shown.json").write_text(json.dumps(shown), "utf-8")


def page(notebook: str) -> str:
    """Return a notebook as a page, each cell with what it shows."""
    shown = iter(_read()[notebook])
    parts: list[str] = []
    for cell in cells(HERE / f"{notebook}.ipynb"):
        if cell["cell_type"] == "markdown":
            parts.append(source(cell))
        else:
            parts += [
                f"```python\n{source(cell)}\n```",
                *_outputs(notebook, next(shown)),
            ]
    return "\n\n".join([parts[0], NOTE, *parts[1:]]) + "\n"


def pictures() -> list[Picture]:
    """Return every picture of the notebooks."""
    return [
        Picture(notebook, cell["picture"], cell["code"], cell["caption"])
        for notebook, shown in _read().items()
        for cell in shown
        if "picture" in cell
    ]


def picture(notebook: str, drawn_by: str, caption: str = "") -> str:
    """Return the first picture of a notebook whose cell holds these words, for a page."""
    found = [
        one
        for one in pictures()
        if one.notebook.startswith(notebook) and drawn_by in one.code
    ]
    if not found:
        raise LookupError(
            f"no cell of notebook {notebook} with {drawn_by!r} draws a picture"
        )
    return found[0].markdown(caption)


def _read() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(
        (MADE / "shown.json").read_text("utf-8")
    )
    return found


def _shown(path: Path, names: dict[str, Any]) -> list[dict[str, str]]:
    shown, text = [], ""
    with chdir(HERE):
        for number, cell in enumerate(cells(path)):
            if cell["cell_type"] == "markdown":
                text = source(cell)
                continue
            printed = io.StringIO()
            with redirect_stdout(printed):
                value = shown_by(smaller(source(cell)), names)
            one = _kept(value, f"{path.stem}-{number:02d}")
            caption = " ".join(text.rsplit("\n\n", 1)[-1].split())
            shown.append(
                one
                | {
                    "code": source(cell),
                    "caption": caption,
                    "printed": printed.getvalue(),
                }
            )
    return shown


def _kept(value: object, name: str) -> dict[str, str]:
    """Write a picture or a map as a file; return its name, or a table as HTML."""
    axes = value if isinstance(value, list) else [value]
    if isinstance(value, folium.Map):
        value.save(str(MADE / "extra" / "maps" / f"{name}.html"))
        return {"map": f"maps/{name}.html"}
    if isinstance(axes[0], Axes):
        axes[0].get_figure(root=True).savefig(
            MADE / f"{name}.png", dpi=110, bbox_inches="tight"
        )
        pyplot.close("all")
        return {"picture": f"{name}.png"}
    if isinstance(value, DataFrame):
        return {"html": value.to_html(border=0, classes="docutils align-default")}
    if hasattr(value, "to_html"):
        return {"html": value.to_html()}
    if hasattr(value, "_repr_html_"):
        return {"html": value._repr_html_()}
    return {"html": f"<pre>{escape(repr(value))}</pre>"}


def _outputs(notebook: str, cell: dict[str, str]) -> list[str]:
    parts = []
    if cell["printed"]:
        parts.append(f"```text\n{cell['printed'].rstrip()}\n```")
    if "picture" in cell:
        parts.append(
            Picture(notebook, cell["picture"], cell["code"], cell["caption"]).markdown()
        )
    if "map" in cell:
        parts.append(_raw(MAP.format(cell["map"])))
    if "html" in cell:
        parts.append(_raw(f'<div style="overflow-x: auto">{cell["html"]}</div>'))
    return parts


def _raw(html: str) -> str:
    return f"```{{raw}} html\n{html}\n```"
