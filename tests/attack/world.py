"""What everybody has: the public network, the places, the outline and the parameters of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from attack.folder import Floats
from geo.corridors.proximity import Corridor, corridors_of
from geo.network import graph as network
from geo.params import Params
from layers.readers import bundled
from layers.schema import METRIC


@dataclass(frozen=True)
class World:
    """The public side of a run on the bundled network; metres, EPSG:9141."""

    params: Params

    @cached_property
    def corridors(self) -> dict[str, Corridor]:
        return corridors_of(
            *(
                ways.to_crs(METRIC)
                for ways in (_ways().roads, _ways().paths, _ways().railways, _ways().waterways)
            )
        )

    @cached_property
    def lines(self) -> network.Network:
        """Roads, paths and railways that people walk."""
        walked = pd.concat([_ways().roads, _ways().paths, _ways().railways], ignore_index=True)
        return network.from_lines(walked.to_crs(METRIC))

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        return bundled.places().to_crs(METRIC)

    @cached_property
    def boundary(self) -> shapely.Geometry:
        return shapely.union_all(np.asarray(bundled.boundary().to_crs(METRIC).geometry.values))

    @cached_property
    def public(self) -> Floats:
        """Coordinates of the network, the places and the outline, EPSG:4326."""
        known = _ways()
        layers = [known.roads, known.paths, known.railways, known.waterways]
        shapes = [
            frame.geometry.values for frame in (*layers, bundled.places(), bundled.boundary())
        ]
        return np.concatenate([shapely.get_coordinates(s) for s in shapes])

    def window(self, points: Sequence[Floats]) -> shapely.Geometry:
        """Return where chance was reckoned before the door: about the hull of the points."""
        hull = shapely.convex_hull(shapely.multipoints(np.array(points)))
        around = hull.buffer(self.params.corridors.window_reach_m)
        return shapely.intersection(around, self.boundary)

    def snapped(self, xy: Floats) -> Floats:
        """Return the nearest place on the network of each position, (n, 2)."""
        points = shapely.points(xy)
        which, edge = self.lines.tree.query_nearest(points, all_matches=False)
        lines = self.lines.geometry[edge[np.argsort(which)]]
        return shapely.get_coordinates(
            shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, points))
        )


@cache
def _ways() -> bundled.Layers:
    return bundled.network()
