"""Releases of several offices in one picture, in words and on a map."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from layers import palette
from layers.files.handling import Handling
from maps.page.escaping import folium_html
from maps.page.figure import Page, bare_map
from maps.plain_maps import corners, draw_ground
from maps.words.text_tables import Columns
from mitrovica.masks import Combined
from mitrovica.masks.pooling import ALL
from mitrovica.releases.release_map import draw_squares

TITLE: Final = "What several offices released, together"
TOTALS: Final = ("period", "office", "released", "groups: at least", "at most")
SQUARES: Final = (
    "period",
    "near",
    "square",
    "offices",
    "released",
    "groups: at least",
    "at most",
)
_NAMED: Final = ("period", "near", "square", "offices")
MEANS: Final = (
    "At least: what the office with most released, as if all others had counted the same groups. "
    "At most: all that was released and all that may have been withheld, as if no group stood in "
    "two figures. Of the groups released, at most 'released' less 'at least' stand in two figures: "
    "nobody matched groups of one office with those of another, and nobody can.",
    "Not in any range: groups of unknown time, and what came in after a release was made. 'not "
    "known': an office had not yet released the whole period, or its squares are of another grid.",
    "A square counts what lies in narrower ones, too. Where there is no square nothing is said: it "
    "does not mean that nobody was there. Squares say where people were reported, never where they "
    "are, and nothing of where they go.",
)
"""What the figures mean, for every reader of the page."""


def lines(combined: Combined, handling: Handling) -> list[str | Columns]:
    """Return what is to be said of several releases.

    Parameters
    ----------
    combined : mitrovica.releases.Combined
    handling : layers.files.handling.Handling
        Its terms are those of the picture.
    """
    return [handling.line(), "", _totals(combined.totals), "", *MEANS[:1], ""]


def _totals(totals: pd.DataFrame) -> Columns:
    return Columns(TOTALS, tuple(_rows(totals, ["period", "office"])))


def _rows(table: pd.DataFrame, names: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Yield some columns of a table as text, and behind them its figures."""
    for row in table.to_dict("records"):
        figures = ["reported", "groups_low", "groups_high"]
        values = [row[name] for name in (*names, *figures)]
        yield tuple("not known" if pd.isna(v) else str(v) for v in values)


def page(
    combined: Combined, ground: Mapping[str, gpd.GeoDataFrame], handling: Handling
) -> str:
    """Return the picture as a page: a map, and tables under it.

    Parameters
    ----------
    combined : mitrovica.releases.Combined
    ground : mapping of str to GeoDataFrame, EPSG:4326
        ``boundary``, ``waterways``, ``roads``, ``railways`` and ``places`` of all releases.
    handling : layers.files.handling.Handling
    """
    squares = combined.squares
    named = squares.assign(
        near=squares["coarse_place"].fillna(""),
        square=(squares["side_m"] / 1000).map("{:g} km".format),
    )
    content: dict[str, Any] = {
        "title": TITLE,
        "handling": handling,
        "means": MEANS,
        "totals": _totals(combined.totals),
        "squares": Columns(SQUARES, tuple(_rows(named, _NAMED))),
        "colours": palette,
        "all": ALL,
    }
    drawn_page = Page(content, template="combined.html", package="mitrovica")
    drawn = bare_map(location=[42.9, 20.9], zoom_start=8, max_zoom=14)
    drawn_page.add_child(drawn)
    # The same town may be in the places of two offices.
    places = ground["places"].drop_duplicates(["kind", "name_en"])
    draw_ground(drawn, {**ground, "places": places})
    draw_squares(drawn, named, _said)
    drawn.fit_bounds(corners(ground["boundary"].geometry))
    return str(drawn_page.render())


def _said(rows: pd.DataFrame) -> str:
    """Return what is said of a square in each period."""
    periods = _rows(rows.sort_values("period"), ["period"])
    said = [f"{period}: {low} to {high}" for period, _, low, high in periods]
    return "<br>".join(map(folium_html, said))
