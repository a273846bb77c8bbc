"""Studies too large for one process: partitioned files in and out, tile by tile, on a cluster.

Start with `measure`, which is the whole.  `partitions` keeps a network, sightings and corridors as
folders of GeoParquet 1.1 in the order of a Hilbert curve; `jobs` measures one part of them a task;
`engine` runs tasks on Dask, or without it one after the other, and leaves out those whose file is
finished.  What goes to workers is coarse sightings and ways only.
"""

from layers.cluster.engine import ClusterError, connected
from layers.cluster.jobs import Density, Nearness, measure
from layers.cluster.partitions import Ways, write_corridors, write_sightings, write_ways

__all__ = [
    "ClusterError",
    "Density",
    "Nearness",
    "Ways",
    "connected",
    "measure",
    "write_corridors",
    "write_sightings",
    "write_ways",
]
