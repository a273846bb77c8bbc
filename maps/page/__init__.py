"""How a layer looks, and how the map becomes one file that asks for nothing.

Start in `style`: a `Drawing` is what every overlay returns.

===========  ==========================================================
`style`      specification, look, geometry and popups of a layer
`figure`     the page with its scripts, styles and security policy
`escaping`   the doors by which text from data reaches a page
===========  ==========================================================
"""

from layers.palette import Symbol
from maps.page.figure import Page, bare_map
from maps.page.style import Drawing, Feature, LayerSpec, Note

__all__ = ["Drawing", "Feature", "LayerSpec", "Note", "Page", "Symbol", "bare_map"]
