"""The roads on which nights are planned, whatever their stops, vehicles and hours are.

What is read here stays while a night is edited; only other roads, or new places, change it.
"""

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geo.arrays import Ints
from geo.crs import to_metric
from geo.params import Params, PatrolParams
from geo.params.types import hint
from geo.patrols import stops
from geo.records import StudyData
from geo.routing import driving
from geo.routing.driving import Drive, Matrix
from geo.routing.problem import DEPOT


class Drives:
    """Drives between positions on the roads, of which the first is the depot."""

    def __init__(self, roads: Drive, positions: pd.DataFrame) -> None:
        self.drive, self.nodes = roads.insert(positions)
        depot = int(self.nodes[DEPOT])
        out_s, back_s = driving.to_and_from(self.drive, depot, self.nodes)
        self.round_trip_s = out_s + back_s
        self._known: tuple[pd.Index, Matrix] | None = None

    def between(self, numbers: Ints) -> Matrix:
        """Return the fastest drives between these of the positions.

        Where all of them were asked for before, it is part of what was worked out then.
        """
        if self._known is not None:
            known, matrix = self._known
            rows = known.get_indexer(pd.Index(numbers))
            if (rows >= 0).all():
                return matrix.of(rows)
        matrix = driving.matrix(self.drive, self.nodes[numbers])
        self._known = pd.Index(numbers), matrix
        return matrix


@dataclass(frozen=True)
class Ground:
    """The roads for patrols, and what else of a study they are planned on."""

    data: StudyData
    """In metres, with the new stops."""
    home: gpd.GeoDataFrame
    """The depot."""
    drive: Drive
    """The roads that are open."""
    two_way: Drive
    """Those that the depot reaches and is reached from."""
    _drives: dict[bytes, Drives] = field(default_factory=dict)

    @cached_property
    def rivers(self) -> gpd.GeoDataFrame:
        """The rivers, which nobody walks through."""
        waterways = self.data.layers.waterways
        return waterways[waterways["waterway"] == "river"]

    def candidates(self, params: PatrolParams) -> gpd.GeoDataFrame:
        """Return the stops that patrols may use, with their places on the roads."""
        layers = self.data.layers
        return stops.on_roads(
            stops.candidates(self.data.places, layers.facilities, params),
            self.drive,
            self.two_way,
            self.data.boundary,
            self.rivers,
            params,
            generalised=layers.source.generalised,
        )

    def drives(self, positions: pd.DataFrame) -> Drives:
        """Return the drives between positions on `two_way`; those of the last ones are kept."""
        key = positions.to_numpy(float).tobytes()
        if key not in self._drives:
            self._drives.clear()
            self._drives[key] = Drives(self.two_way, positions)
        return self._drives[key]


def ground(data: StudyData, params: Params) -> Ground:
    """Read the roads; of the patrols, the depot, new stops and closed roads count.

    Raises `RoutingError`, `StopError` if the roads or the depot admit no plan.
    """
    patrols = params.patrols
    data = stops.with_new(to_metric(data), patrols)
    layers = data.layers
    home = stops.depot(data.places, data.boundary, patrols)
    drive = driving.drivable(
        open_roads(layers.roads, patrols), data.boundary, params.speeds
    )
    near_m = stops.access_m(patrols, generalised=layers.source.generalised)
    two_way = drive.two_way_from(home.geometry, near_m)
    home = home.join(two_way.network.snap(home.geometry))
    return Ground(data, home, drive, two_way)


def open_roads(roads: gpd.GeoDataFrame, params: PatrolParams) -> gpd.GeoDataFrame:
    """Return the roads without those closed, by id, number or name."""
    names = roads[["id", "ref", "name"]]
    unknown = sorted(set(params.closed_roads) - set(names.to_numpy().ravel()))
    if unknown:
        near = hint(unknown, set(roads["name"].dropna()) | set(roads["ref"].dropna()))
        raise driving.RoutingError(
            f"patrols.closed_roads names {', '.join(unknown)}, no road of this network. {near} "
            "Fix: use the ids of its ways, a road's number or its name"
        )
    return gpd.GeoDataFrame(roads[~names.isin(list(params.closed_roads)).any(axis=1)])
