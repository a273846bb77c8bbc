"""Density along the network, and hotspots."""

from typing import Final

from layers.schema.table import Column, Table

LIXELS: Final = Table(
    "lixels",
    "Pieces of road, path and track with the density of reported sightings on them",
    (
        Column("edge", "Int64", "edge of the network"),
        Column("from_m", "float64", "start of the piece along the edge", "m"),
        Column("to_m", "float64", "end of the piece along the edge", "m"),
        Column("density_per_km", "float64", "density of sightings", "1/km"),
        Column("hotspot", "Int64", "rank of the hotspot that the piece belongs to"),
    ),
    geometry="LineString",
)

HOTSPOTS: Final = Table(
    "hotspots",
    "Stretches where more sightings were reported than reporting effort alone would bring: "
    "reported, never where people are",
    (
        Column("rank", "Int64", "1 exceeds what effort expects most surely"),
        Column("name", "string", "nearest named place"),
        Column("place", "string", "id of that place"),
        Column("place_distance_m", "float64", "distance to that place", "m"),
        Column("radius_m", "float64", "it is what lies within so far along the network", "m"),
        Column("length_m", "float64", "length of road, path and track in the hotspot", "m"),
        Column("reported", "float64",
               "sightings on it; one whose cell lies on it in part counts by that part"),
        Column("expected", "float64", "as many as reporting effort alone would bring"),
        Column("ratio", "float64", "reported over expected"),
        Column("score", "float64", "logarithm of the likelihood ratio against effort alone"),
        Column("p_value", "float64",
               "how often as many sightings placed by reporting effort alone score as high "
               "somewhere"),
        Column("in_top_redrawn", "float64",
               "share of redraws of where the sightings may have been in which it is among the "
               "first three"),
        Column("in_top_left_out", "float64", "the same with each sighting left out in turn"),
        Column("share", "float64", "share of all sightings that lies on it"),
        Column("sightings", "string", "ids of the sightings that it rests on, joined by '; '"),
        Column("n_sightings", "Int64", "how many they are"),
    ),
    geometry="MultiLineString",
)  # fmt: skip
