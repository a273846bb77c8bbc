"""A large study in parts: its files, then each measure as a job.

A task of a job reads what it needs of partitioned files, and makes one file.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyarrow import parquet

from geo import sightings
from geo.arrays import Floats
from geo.corridors.distance import Corridor, corridors_of, proximity, totals
from geo.crs import to_metric
from geo.network.graph import Positions, of_layers
from geo.params import Params
from geo.patterns.density import Estimator
from geo.patterns.equal_split import Kernel
from geo.patterns.k import BLOCK, Correction, patterns
from geo.records import StudyData
from geo.schema import WGS84
from geo.tiles import EDGES, ROWS, density, density_reach, pattern_sums, within_reach
from layers.cluster import partitions
from layers.cluster.engine import ClusterError, work
from layers.cluster.partitions import INDEX, Box, Ways, index, part, wider
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
        points, ways = gpd.read_parquet(part(self.source, number)), Ways(self.ways)
        for reach, box in _boxes_about(points, ways.boxes):
            network, edges, parts = ways.near(box)
            if network.n_edges:
                found = network.snap(points)
                if (found["snap_m"] < reach).all():
                    break
        at = found["edge"].to_numpy()
        table = found.assign(
            event=points["row"].to_numpy(), edge=edges[at], part=parts[at]
        )
        with atomic.file(self.target(number)) as path:
            table.to_parquet(path, index=False)


def by_tile(snapped: Sequence[Path], file: Path) -> None:
    """Write the positions of all events by the part of the network that holds their edge."""
    table = pd.concat([pd.read_parquet(path) for path in snapped]).sort_values(
        ["part", "event"]
    )
    with atomic.file(file) as path:
        table.to_parquet(path, index=False, row_group_size=partitions.GROUP)


@dataclass(frozen=True)
class _OnTiles(Job):
    """A measure of events on the tiles of a network, the `source`."""

    events: Path
    """File of the events, as `by_tile` leaves it."""

    @cached_property
    def ways(self) -> Ways:
        return Ways(self.source)

    def near(self, number: int, reach_m: float) -> Positions:
        """Return the events within reach of a tile, and some others, in their order."""
        parts = self.ways.meeting(self.ways.box(number, reach_m))
        found = pd.read_parquet(
            self.events, filters=[("part", "in", parts)]
        ).sort_values("event")
        return Positions(
            found["edge"].to_numpy(np.int64), found["offset_m"].to_numpy(float)
        )


@dataclass(frozen=True)
class Density(_OnTiles):
    """Density of events on the lixels of each tile: table `LIXELS`, EPSG:4326."""

    sigma_m: float
    lixel_m: float
    estimator: Estimator = "heat"
    kernel: Kernel = "epanechnikov"

    def make(self, number: int) -> None:
        """Measure a tile."""
        reach = density_reach(self.estimator, self.kernel, self.sigma_m)
        tile, at = self.ways.tile(number, reach), self.near(number, reach)
        found = density(
            tile, at, self.sigma_m, self.lixel_m, self.estimator, self.kernel
        )
        partitions.write(found.to_crs(WGS84), self.target(number))


@dataclass(frozen=True)
class KFunction(_OnTiles):
    """Sums of K, a task for each tile and block of simulations; block 0 is the events."""

    r_m: tuple[float, ...]
    correction: Correction = "ang"
    simulations: int = 0
    seed: int = 1

    @property
    def _blocks(self) -> int:
        return 1 + -(-self.simulations // BLOCK)

    @property
    def _n(self) -> int:
        return int(parquet.read_metadata(self.events).num_rows)

    @property
    def numbers(self) -> range:
        """Numbers of the tasks."""
        return range(index(self.source)["parts"] * self._blocks)

    def make(self, number: int) -> None:
        """Add up the pairs of a tile, of each pattern of a block."""
        own, block = divmod(number, self._blocks)
        tile, shortest = (
            self.ways.tile(own, self.r_m[-1]),
            self.ways.index["shortest_m"],
        )
        if block == 0:
            each = [self.near(own, self.r_m[-1])]
        else:
            many = self.simulations - (block - 1) * BLOCK
            drawn = patterns(self.ways.lengths, self._n, block - 1, self.seed)
            each = list(islice(drawn, many))
        sums = pattern_sums(tile, each, self.r_m, shortest, self.correction)
        with atomic.file(self.target(number)) as path:
            pd.DataFrame(sums).to_parquet(path)

    def curves(self) -> Floats:
        """Return K of the events, then of each simulation, from the finished files, (1 + s, r)."""
        n, blocks = self._n, self._blocks
        sums = [
            sum(
                pd.read_parquet(self.target(task)).to_numpy()
                for task in self.numbers[b::blocks]
            )
            for b in range(blocks)
        ]
        scale = self.ways.index["length_m"] / (n * (n - 1))
        return np.asarray(scale * np.cumsum(np.concatenate(sums), axis=1))


@dataclass(frozen=True)
class Nearness(Job):
    """Nearness of each part of the sightings to corridors: table `PROXIMITY`."""

    corridors: Path
    bands_m: tuple[float, ...]

    def make(self, number: int) -> None:
        """Measure a part, with all ways that can be nearest to any of it."""
        seen = gpd.read_parquet(part(self.source, number)).drop(columns="row")
        about, kinds = index(self.corridors), {}
        for kind in about["kinds"]:
            ways = Corridor(kind, gpd.GeoDataFrame(geometry=[], crs=seen.crs))
            held = np.array(about["boxes"].get(kind, [])).reshape(-1, 4)
            for reach, box in _boxes_about(seen, held):
                ways = partitions.corridor_near(self.corridors, kind, box)
                if within_reach(seen, ways, reach):
                    break
            kinds[kind] = ways
        with atomic.file(self.target(number)) as path:
            proximity(seen, kinds, self.bands_m).table.to_parquet(path, index=False)


def _boxes_about(points: gpd.GeoDataFrame, held: Floats) -> Iterator[tuple[float, Box]]:
    """Yield wider and wider margins about points, and boxes, the last with all boxes `held`."""
    if not len(held):
        return
    least = np.r_[held[:, :2].min(axis=0), -held[:, 2:].max(axis=0)]
    reach, within = NEAR_M, False
    while not within:
        box = wider(points.total_bounds, reach)
        yield reach, box
        within = bool((np.array(box) * [1, 1, -1, -1] <= least).all())
        reach *= 2


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

    `data` is in EPSG:4326; `client` as from `connected`, by default none; `progress` is called with
    the name of a step, its finished parts, and all; a tile owns up to `edges`.

    Raises `geo.sightings.CoarseningError` if the sightings are not coarse; `ClusterError` if the
    folder holds parts of other inputs, or the cluster is lost; `OSError` if the disk is full.
    """
    region = to_metric(data)
    sightings.check(region.sightings, region.places, params.privacy)
    events, _ = sightings.events_of(region.sightings)
    layers, bands = region.layers, tuple(map(float, params.corridors.bands_m))
    kinds = corridors_of(layers.roads, layers.paths, layers.railways, layers.waterways)
    lines = of_layers(layers)
    if events.empty:
        fix = "a row in sightings.csv; `mitrovica sightings check` says why a row is not used"
        raise ClusterError(f"no sighting can be used. Fix: {fix}")
    rows = pd.util.hash_pandas_object(pd.DataFrame(events.drop(columns="geometry")))
    given = repr((asdict(params.hotspots), bands, edges, layers.source.id)).encode()
    _same_inputs(
        folder, lines.xy, events.get_coordinates().to_numpy(), rows.to_numpy(), given
    )

    def made(name: str, write: Callable[[Path], None]) -> Path:
        part = folder / name
        if not (part / INDEX).is_file():
            write(part)
        return part

    def done(name: str) -> Callable[[int, int], None]:
        return lambda n, of: progress(name, n, of)

    ways = made("ways", lambda path: partitions.write_ways(lines, path, edges))
    corridors = made("corridors", lambda path: partitions.write_corridors(kinds, path))
    seen = made(
        "sightings", lambda path: partitions.write_sightings(events, path, ROWS)
    )
    near = Nearness(seen, folder / "proximity", corridors, bands)
    tables = work(near, client, done("proximity"))
    at = folder / "events.parquet"
    by_tile(work(Snap(seen, folder / "snapped", ways), client, done("positions")), at)
    spots = params.hotspots
    density = Density(ways, folder / "density", at, spots.bandwidth_m, spots.lixel_m)
    work(density, client, done("density"))
    for job in (near, density):
        partitions.write_index(
            job.folder,
            parts=len(job.numbers),
            handling=handling.line(),
            source=layers.source.title,
            licence=layers.source.licence,
        )
    columns = ["corridor", *(f"p_{band:g}m" for band in bands), "located_from_kind"]
    table = pd.concat([pd.read_parquet(path, columns=columns) for path in tables])
    found = totals(table, [*kinds], [*bands])
    with atomic.file(folder / "proximity.csv") as path:
        found.to_csv(path, index=False)
    return found


def _same_inputs(folder: Path, *inputs: Any) -> None:
    """Refuse a folder that holds something else than parts of these inputs, arrays or bytes."""
    digest = hashlib.sha256()
    for one in inputs:
        digest.update(bytes(one))
    if not folder.is_dir() or not any(folder.iterdir()):
        partitions.write_index(folder, inputs=digest.hexdigest())
    known = (folder / INDEX).is_file() and partitions.index(folder).get("inputs")
    if known != digest.hexdigest():
        raise ClusterError(
            f"{folder} holds other files, or parts of other sightings, ways or parameters. "
            "Fix: choose another folder with --out, or remove it"
        )
