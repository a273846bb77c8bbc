"""A large study in parts: its files, then each measure as a job.

A task of a job reads what it needs of partitioned files, and makes one file.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import sightings
from geo.arrays import Floats
from geo.corridors.distance import Corridor, corridors_of, proximity, totals
from geo.crs import to_metric
from geo.network.graph import Positions, of_layers
from geo.params import Params
from geo.records import Layers, StudyData
from geo.schema import WGS84, band_column
from geo.tiles import EDGES, ROWS, density, density_reach, within_reach
from layers.cluster.engine import ClusterError, work
from layers.cluster.partitions import (
    GROUP,
    INDEX,
    Box,
    Ways,
    corridor_near,
    index,
    part,
    wider,
    write,
    write_corridors,
    write_index,
    write_sightings,
    write_ways,
)
from layers.files import atomic
from layers.files.handling import Handling

if TYPE_CHECKING:
    from distributed import Client

NEAR_M: Final = 2000.0
"""How far about sightings ways are read at first; then twice as far, until none can be missing."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """A measure in parts, a task for each part of a folder."""

    source: Path
    """Folder of the parts: of the network, or of the sightings."""
    folder: Path
    """Where the files go."""

    @property
    def numbers(self) -> range:
        """Numbers of the tasks."""
        return range(index(self.source)["parts"])

    def target(self, number: int) -> Path:
        """Return the file that a task makes."""
        return part(self.folder, number)

    def make(self, number: int) -> None:
        """Make it, whole or not at all."""
        raise NotImplementedError


@dataclass(frozen=True)
class Snap(Job):
    """The nearest position on the network of each sighting, however far it is."""

    ways: Path

    def make(self, number: int) -> None:
        """Find the positions of a part: event, edge, offset, and the edge's part."""
        points = gpd.read_parquet(part(self.source, number))
        ways = Ways(self.ways)
        for reach_m, box in _boxes_about(points, ways.boxes):
            network, edges, parts = ways.near(box)
            if network.n_edges:
                positions = network.snap(points)
                if (positions["snap_m"] < reach_m).all():
                    break
        edge = positions["edge"].to_numpy()
        positions["event"] = points["row"].to_numpy()
        positions["edge"] = edges[edge]
        positions["part"] = parts[edge]
        with atomic.file(self.target(number)) as path:
            positions.to_parquet(path, index=False)


def by_tile(snapped: Sequence[Path], file: Path) -> None:
    """Write the positions of all events by the part of the network that holds their edge."""
    table = pd.concat([pd.read_parquet(path) for path in snapped])
    table = table.sort_values(["part", "event"])
    with atomic.file(file) as path:
        table.to_parquet(path, index=False, row_group_size=GROUP)


@dataclass(frozen=True)
class Density(Job):
    """Density of events on the lixels of each tile of a network: table `LIXELS`, EPSG:4326."""

    events: Path
    """File of the events, as `by_tile` leaves it."""
    sigma_m: float
    lixel_m: float

    @cached_property
    def ways(self) -> Ways:
        """The network in parts."""
        return Ways(self.source)

    def make(self, number: int) -> None:
        """Measure a tile."""
        reach_m = density_reach("heat", "gaussian", self.sigma_m)
        tile = self.ways.tile(number, reach_m)
        events = self._near(number, reach_m)
        lixels = density(tile, events, self.sigma_m, self.lixel_m)
        write(lixels.to_crs(WGS84), self.target(number))

    def _near(self, number: int, reach_m: float) -> Positions:
        """Return the events within reach of a tile, and some others, in their order."""
        parts = self.ways.meeting(self.ways.box(number, reach_m))
        table = pd.read_parquet(self.events, filters=[("part", "in", parts)])
        table = table.sort_values("event")
        edges = table["edge"].to_numpy(np.int64)
        return Positions(edges, table["offset_m"].to_numpy(float))


@dataclass(frozen=True)
class Nearness(Job):
    """Nearness of each part of the sightings to corridors: table `PROXIMITY`."""

    corridors: Path
    bands_m: tuple[float, ...]

    def make(self, number: int) -> None:
        """Measure a part, with all ways that can be nearest to any of it."""
        points = gpd.read_parquet(part(self.source, number)).drop(columns="row")
        corridors = index(self.corridors)
        kinds = {}
        for kind in corridors["kinds"]:
            kinds[kind] = Corridor(kind, gpd.GeoDataFrame(geometry=[], crs=points.crs))
            boxes = np.array(corridors["boxes"].get(kind, [])).reshape(-1, 4)
            for reach_m, box in _boxes_about(points, boxes):
                kinds[kind] = corridor_near(self.corridors, kind, box)
                if within_reach(points, kinds[kind], reach_m):
                    break
        nearness = proximity(points, kinds, self.bands_m)
        with atomic.file(self.target(number)) as path:
            nearness.table.to_parquet(path, index=False)


def _boxes_about(
    points: gpd.GeoDataFrame, boxes: Floats
) -> Iterator[tuple[float, Box]]:
    """Yield wider and wider margins about points, with their box; the last one holds `boxes`."""
    if not len(boxes):
        return
    everything = shapely.union_all(shapely.box(*boxes.T))
    reach_m = NEAR_M
    while True:
        box = wider(points.total_bounds, reach_m)
        yield reach_m, box
        if shapely.box(*box).covers(everything):
            return
        reach_m *= 2


def _events(region: StudyData) -> gpd.GeoDataFrame:
    """Return the sightings that can be used; `ClusterError` where there is none."""
    events, _ = sightings.events_of(region.sightings)
    if events.empty:
        fix = "a row in sightings.csv; `mitrovica run check` says why a row is not used"
        raise ClusterError(f"no sighting can be used. Fix: {fix}")
    return events


def measure(
    data: StudyData,
    params: Params,
    handling: Handling,
    folder: Path,
    *,
    client: "Client | None" = None,
    progress: Progress = lambda *_: None,
    edges: int = EDGES,
) -> pd.DataFrame:
    """Measure nearness to corridors and density along the ways, in parts, into a folder.

    ``proximity`` holds table `PROXIMITY` by part of the sightings, ``density`` table `LIXELS` by
    part of the network, from the heat kernel of ``hotspots.bandwidth_m`` about the middle of each
    sighting's cell; ``proximity.csv`` table `PROXIMITY_TOTALS`, which is returned.  What an earlier
    call with the same inputs has finished is not made again.

    Parameters
    ----------
    data
        In EPSG:4326.
    params
        Those of corridors, hotspots and privacy count.
    handling
        What the folders say of themselves.
    folder
        Where the parts go.
    client
        As from `connected`; None for one part after the other.
    progress
        Called with the name of a step, its finished parts, and all.
    edges
        The most edges that a tile owns.

    Returns
    -------
    pandas.DataFrame, table `PROXIMITY_TOTALS`

    Raises
    ------
    geo.sightings.CoarseningError
        If the sightings are not coarse.
    ClusterError
        If the folder holds parts of other inputs, or the cluster is lost.
    OSError
        If the disk is full.
    """
    region = to_metric(data)
    sightings.check(region.sightings, region.places, params.privacy)
    events = _events(region)
    inputs = _written(region.layers, events, params, folder, edges)
    bands = _bands(params)
    spots = params.hotspots

    nearness = Nearness(inputs.seen, folder / "proximity", inputs.corridors, bands)
    tables = work(nearness, client, partial(progress, "proximity"))
    snap = Snap(inputs.seen, folder / "snapped", inputs.ways)
    positions = folder / "events.parquet"
    by_tile(work(snap, client, partial(progress, "positions")), positions)
    density = Density(
        inputs.ways, folder / "density", positions, spots.bandwidth_m, spots.lixel_m
    )
    work(density, client, partial(progress, "density"))
    source = region.layers.source
    for job in (nearness, density):
        write_index(
            job.folder,
            parts=len(job.numbers),
            handling=handling.line(),
            source=source.title,
            licence=source.licence,
        )
    kinds = index(inputs.corridors)["kinds"]
    totals_by_corridor = _totals(tables, kinds, bands)
    with atomic.file(folder / "proximity.csv") as path:
        totals_by_corridor.to_csv(path, index=False)
    return totals_by_corridor


def _totals(
    tables: Iterable[Path], kinds: list[str], bands_m: tuple[float, ...]
) -> pd.DataFrame:
    """Return table `PROXIMITY_TOTALS` of the parts of table `PROXIMITY`."""
    columns = ["corridor", *map(band_column, bands_m), "located_from_kind"]
    table = pd.concat([pd.read_parquet(path, columns=columns) for path in tables])
    return totals(table, kinds, [*bands_m])


def _bands(params: Params) -> tuple[float, ...]:
    return tuple(map(float, params.corridors.bands_m))


class _Inputs(NamedTuple):
    """Folders of the parts that jobs read."""

    ways: Path
    corridors: Path
    seen: Path


def _written(
    layers: Layers, events: gpd.GeoDataFrame, params: Params, folder: Path, edges: int
) -> _Inputs:
    """Write the ways and the sightings in parts, where an earlier call has not."""
    network = of_layers(layers)
    settings = (asdict(params.hotspots), _bands(params), edges, layers.source.id)
    rows = pd.util.hash_pandas_object(pd.DataFrame(events.drop(columns="geometry")))
    points = events.get_coordinates().to_numpy()
    _same_inputs(folder, network.xy, points, rows.to_numpy(), repr(settings).encode())
    inputs = _Inputs(folder / "ways", folder / "corridors", folder / "sightings")
    if not _is_complete(inputs.ways):
        write_ways(network, inputs.ways, edges)
    if not _is_complete(inputs.corridors):
        kinds = corridors_of(
            layers.roads, layers.paths, layers.railways, layers.waterways
        )
        write_corridors(kinds, inputs.corridors)
    if not _is_complete(inputs.seen):
        write_sightings(events, inputs.seen, ROWS)
    return inputs


def _is_complete(folder: Path) -> bool:
    """Return whether all parts of a folder are there."""
    return (folder / INDEX).is_file()


def _same_inputs(folder: Path, *inputs: Any) -> None:
    """Refuse a folder that holds something else than parts of these inputs, arrays or bytes."""
    digest = hashlib.sha256()
    for content in inputs:
        digest.update(bytes(content))
    if not folder.is_dir() or not any(folder.iterdir()):
        write_index(folder, inputs=digest.hexdigest())
    earlier = _is_complete(folder) and index(folder).get("inputs")
    if earlier != digest.hexdigest():
        raise ClusterError(
            f"{folder} holds other files, or parts of other sightings, ways or parameters. "
            "Fix: choose another folder with --out, or remove it"
        )
