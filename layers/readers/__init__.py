"""Data in: one source of data a module.

===============  ==================================================================
module           what it reads
===============  ==================================================================
`study`          what the folder of a study holds; start here
`bundled`        the study shipped with the package, as short calls
`network`        the ways of a study: a snapshot, its own network, or fetched
`sightings`      sightings in the user's own files
`osm`            OpenStreetMap
`terrain`        elevation of a snapshot
`grids`          any GeoTIFF as arrays: `layers.raster`, `layers.terrain`
`areas`          areas to fetch
`report_tables`  the report's tables, and where they contradict each other
`config`         parameters from TOML, and who works on patrols
`earlier_run`    what a run or a plan wrote to its folder
`machine`        memory, and whether all that the program needs is there
===============  ==================================================================
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from layers.readers import (
        areas,
        bundled,
        config,
        earlier_run,
        grids,
        machine,
        network,
        osm,
        report_tables,
        sightings,
        study,
        terrain,
    )

__all__ = [
    "areas",
    "bundled",
    "config",
    "earlier_run",
    "grids",
    "machine",
    "network",
    "osm",
    "report_tables",
    "sightings",
    "study",
    "terrain",
]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
