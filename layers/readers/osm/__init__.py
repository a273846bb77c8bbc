"""OpenStreetMap: where roads, paths, railways, waterways and facilities come from.

Start at `layers.readers.network.fetch`, which chooses the reader.  Every reader returns the same
`layers.records.Layers` of the same data.

=============  ==================================================================
module         what it does
=============  ==================================================================
`overpass`     asks live servers, box by box
`extract`      reads ``.osm.pbf`` and ``.osm`` files
`roads_file`   reads the shapefiles and GeoPackages of Geofabrik
`tags`         says what tags mean here, for all readers
`snapshots`    keeps layers on disk, whole or absent
`changes`      compares two snapshots
`download`     a client with bounds on attempts and time
`answers`      checks what servers answer
=============  ==================================================================

Nothing is imported here: osmnx takes a second, which no run should wait for.
"""
