"""The network that is shipped with the program, made by `make snapshot` from an extract.

All ways, facilities and settlements of the core of the region; beyond it, as far as the extract
goes, motorways to secondary roads, railways and rivers.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import shapely
from shapely import Polygon

from geo.records import Layers
from geo.schema import MAIN_ROADS
from layers import package_data
from layers.readers import study
from layers.readers.osm import extract, snapshots

EXTRACT: Final = "mitrovica_region.osm.pbf"
"""Its name."""

OSM_DATE: Final = "2021-08"
"""Of its data, which the file does not state."""

SETTLEMENTS: Final = ("city", "town")
"""Kinds of settlements that are kept beyond the core, for the names on a map."""


def make(folder: Path) -> Path:
    """Write the snapshot of the shipped study from the extract in a folder; return where it is."""
    opened = study.read()
    network, bounds = opened.settings.network, opened.settings.fetch_bounds
    if network is None or bounds is None:
        raise ValueError(f"{opened.folder} names no network or no fetch_bounds")
    whole = extract.read(folder / EXTRACT, None)
    made = replace(
        whole.source,
        id=network.file,
        title=network.title,
        osm_date=OSM_DATE,
        provenance={**whole.source.provenance, "note": network.note["en"]},
    )
    layers = main_ways_beyond(replace(whole, source=made), shapely.box(*bounds))
    snapshots.save(layers, package_data.STUDY)
    return package_data.STUDY / network.file


def main_ways_beyond(layers: Layers, core: Polygon) -> Layers:
    """Return all that meets the core, and of the rest the main ways, whole; EPSG:4326."""
    shapely.prepare(core)
    is_main = {
        "roads": layers.roads["highway"].isin(MAIN_ROADS),
        "railways": layers.railways["status"].notna(),
        "waterways": layers.waterways["waterway"] == "river",
        "settlements": layers.settlements["kind"].isin(SETTLEMENTS),
    }
    kept = {}
    for name in snapshots.LAYERS:
        frame = getattr(layers, name)
        is_kept = shapely.intersects(core, frame.geometry.values)
        if name in is_main:
            is_kept |= is_main[name].to_numpy(bool)
        kept[name] = frame[is_kept].reset_index(drop=True)
    return Layers(**kept, source=layers.source)


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
