"""A large network in tiles: the same measures and the same answers, a part at a time.

Each edge is owned by one tile.  A tile holds its own edges and a halo of all that a measure reaches
from them, so that what it says of its own edges is what the whole network would say.

Density, K and nearness tile.  Tests against chance, the scan for hotspots, need, access, flow and
routing do not: each needs all sightings or the whole network at once.

Start with `cut`; then `density` and `k_sums` of each tile, and `k_of` for all of them.
`owners` says which tile owns an edge; `tile_of` is for networks that no process holds whole.
"""

from geo.tiles.cutting import Tile, cut, owners, tile_of
from geo.tiles.measures import density, density_reach, k_of, k_sums, within_reach

__all__ = [
    "Tile", "cut", "density", "density_reach", "k_of", "k_sums", "owners", "tile_of",
    "within_reach",
]  # fmt: skip
