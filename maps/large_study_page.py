"""The page of a large study: where was reported how much, in levels of detail, and what it says."""

import folium
import pandas as pd

from geo.records import StudyData
from geo.results import Hotspots
from layers import palette
from layers.files.handling import Handling
from maps.overlays import density
from maps.page.figure import Page, bare_map
from maps.plain_maps import add, corners, ground, texts_of
from maps.words.about import credits_of


def measured_page(
    hotspots: Hotspots,
    totals: pd.DataFrame,
    data: StudyData,
    handling: Handling,
    notes: tuple[str, ...] = (),
) -> str:
    """Return the page as HTML: it asks for nothing.

    From afar the density on the plane is drawn, by the widest bandwidth: what lies along ways is
    too thin to be seen.  Nearer it is that along the network, nearest by the narrowest.

    Parameters
    ----------
    hotspots : geo.results.Hotspots
    totals : pandas.DataFrame, table `PROXIMITY_TOTALS`
    data : geo.records.StudyData, EPSG:4326
    handling : layers.files.handling.Handling
    notes : tuple of str
        What else is to be said.
    """
    drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=16)
    content = {
        "title": f"{data.about.name}: what was reported",
        "credit": " · ".join(credits_of(data)),
        "handling": handling,
        "hotspots": hotspots.table.to_dict("records"),
        "totals": totals.to_dict("records"),
        "notes": notes,
    }
    page = Page(content, template="measured.html")
    page.add_child(drawn)
    bounds = data.boundary.geometry
    if "network" in hotspots.surfaces:
        for band, kind in enumerate(("network", "network", "planar")):
            image, box = density.picture(hotspots.surfaces[kind], band)
            folium.raster_layers.ImageOverlay(
                image, corners(box), className=f"detail detail-{band}"
            ).add_to(drawn)
            bounds = box
    ground(drawn, data)
    table = hotspots.table.to_crs(4326)
    look = {"color": palette.VERMILLION, "weight": 5, "opacity": 0.8}
    add(drawn, table, look, texts_of(table[["rank", "name", "reported", "geometry"]]))
    drawn.fit_bounds(corners(bounds))
    return str(page.render())
