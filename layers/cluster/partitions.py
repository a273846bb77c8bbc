"""A network, sightings and corridors as folders of GeoParquet 1.1, a file a part.

Each file has a covering box for every row, and its rows lie in the order of a Hilbert curve, so
that a reader takes only the groups of rows that its box meets: ours, DuckDB, SedonaDB.  The
index of a folder, whose name readers pass over, is written last; a folder without one is not
complete.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.corridors.distance import Corridor
from geo.crs import require_metric
from geo.network.graph import Network
from geo.tiles import EDGES, Tile, owners, tile_of
from layers.files import atomic
from layers.files.listing import write_json

GROUP: Final = 4000
"""Rows of a group: what a reader takes or leaves at once."""
SQUARE_M: Final = 40_000.0
"""Side of the squares of sightings that one task may take together."""
INDEX: Final = "_index.json"

Box = tuple[float, float, float, float]


def write(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a part as GeoParquet 1.1 with covering boxes, whole or not at all."""
    with atomic.file(path) as part:
        frame.to_parquet(
            part,
            index=False,
            schema_version="1.1.0",
            write_covering_bbox=True,
            row_group_size=GROUP,
        )


def part(folder: Path, number: int) -> Path:
    """Return the file of a part of a folder."""
    return folder / f"part-{number:05d}.parquet"


def index(folder: Path) -> dict[str, Any]:
    """Return the index of a folder; FileNotFoundError where it is not complete."""
    content: dict[str, Any] = json.loads((folder / INDEX).read_text("utf-8"))
    return content


def write_index(folder: Path, **content: object) -> None:
    """Write the index of a folder whose parts are all there."""
    with atomic.file(folder / INDEX) as path:
        write_json(content, path)


def write_ways(network: Network, folder: Path, edges: int = EDGES) -> None:
    """Write a network in parts of up to `edges` edges, its tiles.

    Columns are ``edge``, its number; ``edge_from`` and ``edge_to``, its nodes; ``length_m``,
    ``line``, ``oneway``; the CRS is that of the network.

    Parameters
    ----------
    network : geo.network.Network
    folder : pathlib.Path
    edges : int
        Edges of a part at most.
    """
    columns = {
        "edge": np.arange(network.n_edges),
        "edge_from": network.edge_from,
        "edge_to": network.edge_to,
        "length_m": network.length_m,
        "line": network.line,
        "oneway": network.oneway,
    }
    table = gpd.GeoDataFrame(columns, geometry=network.geometry, crs=network.crs)
    boxes = []
    tiles = table.groupby(owners(network, edges)).indices
    for number, edges_of_tile in enumerate(tiles.values()):
        rows = table.iloc[edges_of_tile]
        write(_sorted(rows), part(folder, number))
        boxes.append(rows.total_bounds.tolist())
    write_index(folder, parts=len(boxes), boxes=boxes)


@dataclass(frozen=True)
class Ways:
    """A network in parts, as `write_ways` leaves it; parts are read when they are needed."""

    folder: Path

    @cached_property
    def index(self) -> dict[str, Any]:
        """Boxes of the parts."""
        return index(self.folder)

    @property
    def boxes(self) -> Floats:
        """Boxes of the parts, (n, 4)."""
        return np.array(self.index["boxes"], dtype=float).reshape(-1, 4)

    def box(self, number: int, reach_m: float) -> Box:
        """Return the box of a part with a margin: no way along a network is shorter."""
        return wider(self.boxes[number], reach_m + 1)

    def meeting(self, box: Box) -> list[int]:
        """Return the numbers of the parts whose boxes meet a box."""
        parts = shapely.box(*self.boxes.T)
        return np.flatnonzero(shapely.intersects(parts, shapely.box(*box))).tolist()

    def near(self, box: Box) -> tuple[Network, Ints, Ints]:
        """Return the network of all edges whose boxes meet a box, their numbers and parts."""
        parts = [
            gpd.read_parquet(part(self.folder, number), bbox=box).assign(part=number)
            for number in self.meeting(box) or [0]
        ]
        table = pd.concat(parts).sort_values("edge")
        return (network_of(table), table["edge"].to_numpy(), table["part"].to_numpy())

    def tile(self, number: int, reach_m: float) -> Tile:
        """Return a part as a tile, with a halo of `reach_m` along the network."""
        network, edges, parts = self.near(self.box(number, reach_m))
        return tile_of(network, edges, parts == number, reach_m)


def wider(box: Iterable[float], margin_m: float) -> Box:
    """Return a box with a margin all about it."""
    west, south, east, north = map(float, box)
    return west - margin_m, south - margin_m, east + margin_m, north + margin_m


def network_of(table: gpd.GeoDataFrame) -> Network:
    """Return the network of rows as `write_ways` writes them, in their order."""
    crs = require_metric(ways=table)
    lines = np.asarray(table.geometry.values)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    start = np.searchsorted(owner, np.arange(len(table) + 1)).astype(np.int64)
    ends = table[["edge_from", "edge_to"]].to_numpy().T.ravel()
    _, first_end, node_of_end = np.unique(ends, return_index=True, return_inverse=True)
    vertex_of_end = np.concatenate([start[:-1], start[1:] - 1])
    tail, head = node_of_end.astype(np.int64).reshape(2, -1)
    return Network(
        xy[vertex_of_end[first_end]].reshape(-1, 2),
        tail,
        head,
        table["length_m"].to_numpy(),
        table["line"].to_numpy(),
        table["oneway"].to_numpy(),
        xy,
        start,
        crs,
    )


def write_sightings(sightings: gpd.GeoDataFrame, folder: Path, size: int) -> None:
    """Write sightings in parts of up to `size` rows in one square; ``row`` is their order.

    However few they are, a worker holds the ways about one square of `SQUARE_M` at a time.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, projected CRS in metres
    folder : pathlib.Path
    size : int
        Rows of a part at most.
    """
    table = _sorted(sightings.assign(row=np.arange(len(sightings))))
    squares = np.floor(shapely.get_coordinates(table.geometry.values) / SQUARE_M)
    number = 0
    for rows in table.groupby(list(squares.T)).indices.values():
        for start in range(0, len(rows), size):
            together = table.iloc[rows[start : start + size]]
            write(together, part(folder, number))
            number += 1
    write_index(folder, parts=number)


def write_corridors(kinds: dict[str, Corridor], folder: Path) -> None:
    """Write the ways of each kind of corridor to a file of its name; ``row`` is their order.

    Parameters
    ----------
    kinds : dict of geo.corridors.Corridor
    folder : pathlib.Path
    """
    boxes = {}
    for kind, corridor in kinds.items():
        if len(corridor.lines):
            lines = corridor.lines.assign(row=np.arange(len(corridor.lines)))
            write(_sorted(lines), folder / f"{kind}.parquet")
            boxes[kind] = lines.total_bounds.tolist()
    write_index(folder, boxes=boxes, kinds=list(kinds))


def corridor_near(folder: Path, kind: str, box: Box) -> Corridor:
    """Return the ways of a kind of corridor whose boxes meet a box."""
    lines = gpd.read_parquet(folder / f"{kind}.parquet", bbox=box).sort_values("row")
    return Corridor(kind, lines.drop(columns="row").reset_index(drop=True))


def _sorted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.take(np.argsort(frame.geometry.hilbert_distance(), kind="stable"))
