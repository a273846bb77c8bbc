"""Layers of the map, from bottom to top.  Start with `observations`.

==============  ==============================================================
`basemap`       roads, railway, rivers, outline, towns
`observations`  corridors, hotspots, places of help, and sightings by cells
`need_layers`   where help is likely needed, why a stop is there, what to bring
`density`       density of what was reported, as a picture
`models`        walking time, which nobody observed; where crews were
==============  ==============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
