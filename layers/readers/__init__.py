"""Data in: one source of data a module.

===============  ==================================================================
module           what it reads
===============  ==================================================================
`study`          what the folder of a study holds; start here
`bundled`        the study shipped with the package, as short calls
`network`        the ways of a study: a snapshot, its own network, or fetched
`sightings`      sightings as a tidy table
`osm`            OpenStreetMap
`terrain`        elevation of a snapshot
`grids`          any GeoTIFF as arrays: `layers.raster`, `layers.terrain`
`areas`          areas to fetch
`config`         parameters from TOML, and who works on patrols
`earlier_run`    what a run or a plan wrote to its folder
===============  ==================================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
