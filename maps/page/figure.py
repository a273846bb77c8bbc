"""One file that asks for nothing: a folium figure with every script and style inside it."""

import base64
import hashlib
import re
from importlib import resources
from typing import Any, Final

import folium
from branca.element import Figure
from markupsafe import Markup

from maps.page.escaping import asset, template

TILES: Final = "https://tile.openstreetmap.org"
"""The one host that a page with online tiles may ask."""

_PARTS: Final = resources.files("maps").joinpath("assets", "scripts").iterdir()

SCRIPTS: Final = tuple(sorted(f"scripts/{part.name}" for part in _PARTS))
"""What the page runs: the parts of one script.  No part calls another as it is read."""

STYLES: Final = ("sketch.css", "planner.css", "panel.css", "night.css")

_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Page(Figure):
    """A folium figure that renders to one file.

    `content` is what its template puts in, a file of the assets of `package`.
    The Content-Security-Policy forbids every request and every script but those that the page
    was made with, which it names by their hashes.  With `tiles` it allows online tiles.
    """

    def __init__(
        self,
        content: dict[str, Any],
        *,
        template: str = "page.html",
        package: str = "maps",
        tiles: bool = False,
    ) -> None:
        super().__init__(height="720px")
        self.content = content
        self.template = template
        self.package = package
        self.tiles = tiles

    def render(self, **kwargs: Any) -> str:
        """Return the page as HTML."""
        for child in self._children.values():
            child.render(**kwargs)
        drawn = {child.get_name() for child in self._children.values()} | {"meta_http"}
        added = [
            c.render(**kwargs)
            for name, c in self.header._children.items()
            if name not in drawn
        ]
        html = template(self.template, self.package).render(
            **self.content,
            csp=Markup("@CSP@"),
            leaflet_style=Markup(leaflet_style()),
            style=Markup("".join(map(asset, STYLES))),
            header=Markup("\n".join(added)),
            map=Markup(self.html.render(**kwargs)),
            leaflet=Markup(leaflet_script()),
            planner=Markup("".join(map(asset, SCRIPTS))),
            script=Markup(self.script.render(**kwargs)),
        )
        return html.replace("@CSP@", policy(html, tiles=self.tiles), 1)


def policy(html: str, *, tiles: bool) -> str:
    """Return the Content-Security-Policy of a page: its own scripts by hash, no requests.

    With `tiles`, images may come from `TILES`.
    """
    digests = (hashlib.sha256(code.encode()).digest() for code in _SCRIPT.findall(html))
    hashes = " ".join(
        f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests
    )
    images = f"data: {TILES}" if tiles else "data:"
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )


def bare_map(**options: Any) -> folium.Map:
    """Return a folium map without tiles that links to no script and no style of its own.

    Parameters
    ----------
    **options
        Of `folium.Map`.

    Returns
    -------
    folium.Map
    """
    drawn = folium.Map(
        tiles=None, zoom_control=False, attribution_control=False, **options
    )
    drawn.default_js, drawn.default_css = [], []
    # A fixed id in place of a random one: page.html names it, and the same study gives the same
    # file.
    drawn._id = "planner"
    return drawn


def leaflet_script() -> str:
    """Return Leaflet, from the package that ships it."""
    return _leaflet("leaflet.js").replace("//# sourceMappingURL=leaflet.js.map", "")


def leaflet_style() -> str:
    """Return Leaflet's style without the pictures, which the page does not use."""
    return re.sub(r"[^;{}]*url\([^)]*\)[^;{}]*;", "", _leaflet("leaflet.css"))


def _leaflet(name: str) -> str:
    package = resources.files("xstatic.pkg.leaflet")
    return package.joinpath("data", name).read_text("utf-8")


def data_url(media_type: str, content: bytes) -> str:
    """Return a file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
