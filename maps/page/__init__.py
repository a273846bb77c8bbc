"""How a layer looks, and how the map becomes one file that asks for nothing.

Start in `map_layers`: a `Drawing` is what every overlay returns.

============  ==========================================================
`map_layers`  specification, look, geometry and popups of a layer
`figure`      the page with its scripts, styles and security policy
`escaping`    the ways by which text from data reaches a page
============  ==========================================================
"""

from layers.palette import Symbol
from maps.page.figure import Page, bare_map
from maps.page.map_layers import Drawing, Feature, LayerSpec, Note

__all__ = ["Drawing", "Feature", "LayerSpec", "Note", "Page", "Symbol", "bare_map"]
