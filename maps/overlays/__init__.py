"""Layers of the map; each module has `drawings`, from bottom to top.

===========  ==============================================================
`basemap`    roads, railway, rivers, outline, towns
`reported`   corridors, hotspots, places of help, and sightings by cells
`need`       where help is likely needed, why a stop is there, what to bring
`models`     movement and walking time, which nobody observed; where crews were
===========  ==============================================================
"""
