"""Distances of the sightings to each corridor kind, on the bundled network and on an extract.

python tests/benchmarks/two_networks.py [EXTRACT.osm.pbf]
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pandas as pd

from geo import corridors
from geo.crs import to_metric
from geo.sightings import events_of
from layers.readers import bundled
from layers.readers.osm import extract
from layers.schema import CORRIDORS

CORE = Path(__file__).parents[3] / "shared" / "data" / "osm" / "mitrovica_core.osm.pbf"


def distances(layers) -> pd.DataFrame:
    """Return the distance of each sighting (row) to each corridor kind (column), in metres."""
    data = to_metric(dataclasses.replace(bundled.study_data(), layers=layers))
    events, _ = events_of(data.sightings)
    ways = data.layers
    kinds = corridors.corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
    table = corridors.proximity(events, kinds).table
    return table.pivot_table(values="distance_m", index="sighting", columns="corridor")


def main() -> None:
    """Print both, side by side."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else CORE
    networks = {"bundled": bundled.network()}
    if path.exists():
        networks[path.stem.removesuffix(".osm")] = extract.read(path, None)
    else:
        print(f"{path.name} is not here: the bundled network alone")
    both = pd.concat({name: distances(layers) for name, layers in networks.items()}, axis=1)
    both = both.swaplevel(axis=1)[list(CORRIDORS)]
    print("Distance to the nearest feature, m")
    print(both.round(1).to_string())


if __name__ == "__main__":
    main()
