"""OpenStreetMap: where roads, paths, railways, waterways and facilities come from.

Start at `layers.readers.network.fetch`, which chooses the reader: `overpass` asks live servers,
`extract` and `roads_file` read files, and `tags` says for all of them what tags mean here.
`snapshots` keeps layers on disk.  Nothing is imported here: no run needs it all.
"""
