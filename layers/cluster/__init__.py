"""Studies too large for one process: partitioned files in and out, tile by tile, on a cluster.

`partitions` keeps a network, sightings and corridors as folders of GeoParquet 1.1 in the order of a
Hilbert curve; `jobs` measures one part of them a task; `engine` runs tasks on Dask, or without it
one after the other, and leaves out those whose file is finished.  `measure` is the whole of it.
What goes to workers is coarse sightings and ways only.
"""

from layers.cluster.engine import ClusterError, connected, each_on, work
from layers.cluster.jobs import Density, KFunction, Nearness, Snap, measure
from layers.cluster.partitions import Ways, write_corridors, write_sightings, write_ways

__all__ = [
    "ClusterError", "Density", "KFunction", "Nearness", "Snap", "Ways", "connected", "each_on",
    "measure", "work", "write_corridors", "write_sightings", "write_ways",
]  # fmt: skip
