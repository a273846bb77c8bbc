"""Results out: everything that a run and a plan write.

Start at `run_folder`, which fills an output folder with `write_all` (a run) or `write_plan` (a
plan).

`layer_tables`: what goes into each layer and table.  `formats`: each of them as a file of its own.
`geopackage`, `qgis`: all of them for a GIS, how they look, and the QGIS
project.  `road_graph`: the roads for routing programs.  `findings_json`: ``findings.json``, and
what the folder was made from.  `surfaces`: walking times and densities as GeoTIFFs.  `saving`: any
one result as a file, `layers.save`.  `phone`: routes and timetables for a phone.  `printing`: the
map on paper.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
