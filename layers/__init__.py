"""Data in and out: readers bring data in, writers carry results out.

Both rest on the ground of `geo`: `geo.schema` names every column, dtype and unit, `geo.records`
what goes into a study.  `layers.files` says what a run's files are called, and
writes a folder all at once.  Readers and writers never import each other.
`raster` and `terrain` read any GeoTIFF as arrays in metres.
`cluster` measures large studies in parts.

In a notebook `fetch` gives the OpenStreetMap layers of an area by osmnx, `fetch_graph` its graph,
from `Servers`; `from_osmnx` gives the layers of what osmnx has returned to an analyst.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
