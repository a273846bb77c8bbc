"""A large study in parts: its files, then each measure as a job."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo import sightings
from geo.corridors.distance import corridors_of, totals
from geo.crs import to_metric
from geo.params import Params
from geo.presence.matching import ways_of
from geo.tiles.cutting import EDGES
from geo.tiles.parts import ROWS
from layers import atomic
from layers.cluster import partitions
from layers.cluster.engine import ClusterError, work
from layers.cluster.jobs import Density, Nearness, Snap, by_tile
from layers.cluster.partitions import INDEX
from layers.handling import Handling
from layers.records import StudyData

if TYPE_CHECKING:
    from distributed import Client

Progress = Callable[[str, int, int], None]


def measure(
    data: StudyData, params: Params, handling: Handling, folder: Path, *,
    client: "Client | None" = None, progress: Progress = lambda *_: None, edges: int = EDGES,
) -> pd.DataFrame:  # fmt: skip
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
    lines = ways_of(region)
    if events.empty:
        raise ClusterError("no sighting can be used. Fix: `mitrovica sightings check` says why")
    rows = pd.util.hash_pandas_object(pd.DataFrame(events.drop(columns="geometry")))
    given = repr((asdict(params.hotspots), bands, edges, layers.source.id)).encode()
    _same_inputs(folder, lines.xy, events.get_coordinates().to_numpy(), rows.to_numpy(), given)

    def made(name: str, write: Callable[[Path], None]) -> Path:
        part = folder / name
        if not (part / INDEX).is_file():
            write(part)
        return part

    def done(name: str) -> Callable[[int, int], None]:
        return lambda n, of: progress(name, n, of)

    ways = made("ways", lambda path: partitions.write_ways(lines, path, edges))
    corridors = made("corridors", lambda path: partitions.write_corridors(kinds, path))
    seen = made("sightings", lambda path: partitions.write_sightings(events, path, ROWS))
    near = Nearness(seen, folder / "proximity", corridors, bands)
    tables = work(near, client, done("proximity"))
    at = folder / "events.parquet"
    by_tile(work(Snap(seen, folder / "snapped", ways), client, done("positions")), at)
    spots = params.hotspots
    density = Density(ways, folder / "density", at, spots.bandwidth_m, spots.lixel_m)
    work(density, client, done("density"))
    for job in (near, density):
        partitions.write_index(
            job.folder, parts=len(job.numbers), handling=handling.line(),
            source=layers.source.title, licence=layers.source.licence,
        )  # fmt: skip
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
