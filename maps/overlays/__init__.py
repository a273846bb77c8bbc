"""Layers of the map, from bottom to top.  Start with `reported`.

===========  ==============================================================
`basemap`    roads, railway, rivers, outline, towns
`reported`   corridors, hotspots, places of help, and sightings by cells
`need`       where help is likely needed, why a stop is there, what to bring
`density`    density of what was reported, as a picture
`models`     movement and walking time, which nobody observed; where crews were
===========  ==============================================================
"""

from geo.rooms import opened_on_use

__all__ = ["basemap", "density", "models", "need", "reported"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
