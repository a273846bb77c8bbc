"""A large network in tiles: the same measures and the same answers, a part at a time.

Each edge is owned by one tile.  A tile holds its own edges and a halo of all that a measure reaches
from them, so that what it says of its own edges is what the whole network would say.

Density, K, nearness, the effort of the need and walking minutes tile.  Simulations of the tests and
of the scan run by blocks.  Flow and routing stay whole: a way leads through the whole network.

Start with `cut`; then `density` and `k_sums` of each tile, and `k_of` for all of them.
`proximity_in_parts`, `effort_in_parts` and `minutes_in_parts` need no cut.  `owners` says which
tile owns an edge; `tile_of` is for networks that no process holds whole.
"""

from geo.tiles.cutting import Tile, cut, owners, tile_of
from geo.tiles.measures import density, density_reach, k_of, k_sums, within_reach
from geo.tiles.parts import effort_in_parts, minutes_in_parts, proximity_in_parts

__all__ = [
    "Tile", "cut", "density", "density_reach", "effort_in_parts", "k_of", "k_sums",
    "minutes_in_parts", "owners", "proximity_in_parts", "tile_of", "within_reach",
]  # fmt: skip
