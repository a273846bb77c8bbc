"""Sphinx: how the documentation is made of the pages and notebooks of this folder.

A page in Markdown is a template: ``{{ commands() }}`` and the like are filled in from the program
itself when the page is read, so that they are written nowhere twice.
"""

import sys
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from jinja2 import Environment, StrictUndefined
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import pages
import reference_parts

from mitrovica import __version__

project = "Mitrovica corridor toolkit"
release = __version__
project_copyright = (
    "the contributors, MIT licence. Data © OpenStreetMap contributors, ODbL 1.0"
)
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
]
source_suffix = {".md": "markdown", ".ipynb": "markdown"}
exclude_patterns = ["example_area", ".ipynb_checkpoints"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
default_role = "autolink"
autosummary_generate = False
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
# Types of other projects, but for those of `LINKS`.
nitpick_ignore_regex = [("py:.*", ".*")]
suppress_warnings = ["ref.python"]
"""Two classes of one name, of which a type says no more."""

html_theme = "furo"
html_title = project
html_extra_path = [str(pages.MADE / "extra")]
html_copy_source = False
html_search_scorer = str(Path(__file__).parent / "scorer.js")
html_show_sphinx = False
html_math_renderer = "mathml"
html_theme_options = {"top_of_page_buttons": []}

LINKS = {
    "DataFrame": "https://pandas.pydata.org/docs/reference/api/pandas.DataFrame.html",
    "GeoDataFrame": "https://geopandas.org/en/stable/docs/reference/api/geopandas.GeoDataFrame.html",
    "GeoSeries": "https://geopandas.org/en/stable/docs/reference/api/geopandas.GeoSeries.html",
    "Map": "https://python-visualization.github.io/folium/latest/reference.html#folium.folium.Map",
    "MultiDiGraph": "https://networkx.org/documentation/stable/reference/classes/multidigraph.html",
    "Polygon": "https://shapely.readthedocs.io/en/stable/reference/shapely.Polygon.html",
    "Series": "https://pandas.pydata.org/docs/reference/api/pandas.Series.html",
    "ndarray": "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html",
}
"""Pages of types of other projects, by the last part of their names; no build asks the net."""
OTHERS = ("folium", "geopandas", "networkx", "numpy", "pandas", "shapely")

FILLED = {
    "benchmarks": reference_parts.benchmarks,
    "commands": reference_parts.commands,
    "parameters": reference_parts.parameters,
    "tables": reference_parts.tables,
    "functions": reference_parts.functions,
    "postgis_crs": reference_parts.postgis_crs,
    "notebooks": pages.notebooks,
    "pictures": pages.pictures,
    "picture": pages.picture,
}


def read(app: Sphinx, name: str, text: list[str]) -> None:
    """Fill a page, or make it from its notebook."""
    if app.env.doc2path(name).suffix == ".ipynb":
        text[0] = pages.page(name)
    else:
        environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
        text[0] = environment.from_string(text[0]).render(FILLED)


def elsewhere(*event: Any) -> nodes.reference | None:
    """Link a type of another project to its page there."""
    _, _, node, text = event
    package, _, rest = node.get("reftarget", "").partition(".")
    address = LINKS.get(rest.rpartition(".")[2])
    if package not in OTHERS or address is None:
        return None
    return nodes.reference("", "", text, refuri=address, internal=False)


def keep_words(_app: Sphinx, page: nodes.document) -> None:
    """Leave words of a type, as in "floats of 0 or more", as they are: they name no attribute."""
    for link in list(page.findall(addnodes.pending_xref)):
        word = link.get("reftarget", "")
        if link.get("refspecific") and word.isalpha() and word.islower():
            link.replace_self(link.children)


def set_apart(*given: object) -> None:
    """Make a note of the sentence on errors that follows the parameters of a function."""
    lines = cast("list[str]", given[-1])
    for number in reversed(range(1, len(lines))):
        if lines[number].startswith("Raises `") and not lines[number - 1]:
            lines[number:number] = ["Notes", "-----"]


def inline_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula as MathML, which browsers draw without a script."""
    self.body.append(tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def display_math(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own line."""
    self.body.append(tex2mathml(node.astext(), as_block=True))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    pages.make()
    reference_parts.write_function_pages()
    app.connect("missing-reference", elsewhere)
    app.connect("source-read", read)
    app.connect("doctree-read", keep_words)
    app.connect("autodoc-process-docstring", set_apart, priority=400)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
