"""What goes in: records of the field, sightings, places, ways, facilities."""

from typing import Final

import pandas as pd

from layers.schema.table import Column, Table

DRIVABLE: Final = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service", "road",
    "motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link",
)  # fmt: skip
"""Values of ``highway`` that make the road layer: what a patrol car may use."""

MAIN_ROADS: Final = (
    "motorway", "trunk", "primary", "secondary",
    "motorway_link", "trunk_link", "primary_link", "secondary_link",
)  # fmt: skip
"""Values of ``highway`` that make the corridor kind main road."""

WALKABLE: Final = (
    "footway", "path", "pedestrian", "steps", "track", "cycleway", "bridleway", "corridor",
)  # fmt: skip
"""Values of ``highway`` that make the path layer: walked, never driven by a patrol."""

WATERWAYS: Final = ("river", "stream", "canal", "ditch", "drain")
"""Values of ``waterway`` that make the waterway layer."""

CORRIDORS: Final = ("railway", "main_road", "road_or_path", "river")
"""Corridor kinds, in the order in which every table and legend lists them."""

LOCATED_CORRIDORS: Final = {
    "railway": ("railway",),
    "road": ("main_road", "road_or_path"),
    "path": ("road_or_path",),
    "river": ("river",),
}
"""Corridor kinds that a `located_kind` belongs to: nearness to them is an input."""

GAUSSIAN_KINDS: Final = ("device",)
"""Values of `located_kind` whose error is Gaussian; every other is uniform on the disc."""

FACILITY_KINDS: Final = (
    "bus_station", "taxi", "railway_station", "police", "hospital", "clinic", "pharmacy",
    "drinking_water", "social_facility", "townhall", "border_control", "fuel", "shelter",
)  # fmt: skip

PLACE_KINDS: Final = (
    "crossing", "reception_centre", "police", "institution", "health", "monitoring_point",
    "station", "landmark", "town", "public_stop",
)  # fmt: skip

CARD_KINDS: Final = (*PLACE_KINDS, *FACILITY_KINDS, "railway_line", "neighbourhood")
"""What a stop card may call a place."""

SIZE_CLASSES: Final = ("1-4", "5-9", "10-19", "20+", "unknown")

NEEDS: Final = (
    "water", "food", "medical", "shoes_clothing", "shelter", "phone_charging", "money", "safety",
    "information", "legal_aid", "none_named",
)  # fmt: skip
"""What a group may be recorded as needing."""

VISIT: Final = "visit"
"""Kind of a row that reports a visit where nobody was met; such rows go to `EMPTY_VISITS`."""

RECORDS: Final = Table(
    "records",
    "Sightings as the field reports them: checked, then coarsened; they are never written",
    (
        Column("id", "string", "identifier, unique in the file", required=True),
        Column("kind", "string", "what was recorded; only sightings are events", required=True,
               values=("sighting", "interview")),
        Column("lat", "float64", "latitude, WGS 84", "degree", True, minimum=-90, maximum=90),
        Column("lon", "float64", "longitude, WGS 84", "degree", True, minimum=-180, maximum=180),
        Column("uncertainty_m", "float64", "radius of the disc that holds the position (a "
               "device's with 95 %)", "m", True, minimum=0, maximum=100_000),
        Column("located_from", "string", "place ids that the position was taken from"),
        Column("located_kind", "string", "kind of that place: nearness to it is an input",
               values=("railway", "road", "path", "river", "town", "device", "other")),
        Column("place", "string", "place in the record's own words", sensitive=True),
        Column("setting", "string", "surroundings"),
        Column("group_min", "Int64", "group size, lower bound", "persons", minimum=1, maximum=1000),
        Column("group_max", "Int64", "group size, upper bound", "persons", minimum=1, maximum=1000),
        Column("males_min", "Int64", "males, at least", "persons", minimum=0, maximum=1000,
               sensitive=True),
        Column("females_min", "Int64", "females, at least", "persons", minimum=0, maximum=1000,
               sensitive=True),
        Column("age_min", "Int64", "age, lower bound", "year", minimum=0, maximum=120,
               sensitive=True),
        Column("age_max", "Int64", "age, upper bound", "year", minimum=0, maximum=120,
               sensitive=True),
        Column("heading", "string", "direction of travel",
               values=("north", "northeast", "east", "southeast", "south", "southwest", "west",
                       "northwest", "unknown"), sensitive=True),
        Column("luggage", "string", "whether luggage was seen", values=("yes", "no", "unknown"),
               sensitive=True),
        Column("clothing", "string", "kind of clothing", sensitive=True),
        Column("needs", "string", "needs that the group named, of `NEEDS`", sensitive=True),
        Column("date_from", "datetime64[us]", "first day on which it may have happened",
               sensitive=True),
        Column("date_to", "datetime64[us]", "last day on which it may have happened",
               sensitive=True),
        Column("time_of_day", "string", "part of the day, or unknown", sensitive=True),
        Column("relates_to", "string", "id of the record that this one may repeat"),
        Column("note", "string", "free text", sensitive=True),
    ),
    geometry="Point",
)  # fmt: skip

SIGHTINGS: Final = Table(
    "sightings",
    "Anonymous group observations: where people were reported, never where they are; the point is "
    "the middle of a cell of a metric grid",
    (
        Column("id", "string", "number of the sighting in this run"),
        Column("kind", "string", "what was recorded; only sightings are events",
               values=("sighting", "interview")),
        Column("relates_to", "string", "id of the sighting that this one may repeat"),
        Column("located_kind", "string", "kind of place that the position was taken from: nearness "
               "to it is an input", values=RECORDS["located_kind"].values),
        Column("period", "string", "month YYYY-MM of the middle of its possible days; its quarter "
               "YYYY-Qn where they span more than a month or too few reports share it; null where "
               "they are not known or span more than a quarter"),
        Column("size_class", "string", "class of group size; unknown also where too few reports "
               "of the period share it", "persons", values=SIZE_CLASSES),
        Column("coarse_place", "string", "town nearest to the cell"),
        Column("uncertainty_m", "float64", "how far the true place may lie from the reported one, "
               "raised to the next of a few steps", "m", minimum=0, maximum=100_000),
        Column("cell_m", "float64", "side of the cell in which the reported place lies; 0 where "
               "the study is exact", "m", minimum=0),
    ),
    geometry="Point",
)  # fmt: skip

EMPTY_VISITS: Final = Table(
    "empty_visits",
    "Visits where nobody was met: the zeros without which effort cannot be corrected",
    tuple(
        RECORDS[name]
        for name in (
            "id", "lat", "lon", "uncertainty_m", "located_from", "located_kind", "place", "setting",
            "date_from", "date_to", "time_of_day", "note",
        )
    ),
    geometry="Point",
)  # fmt: skip

SIGHTING_IDS: Final = Table(
    "sighting_ids",
    "Which row of the user's files each sighting of a run is; it never leaves",
    (
        Column("id", "string", "number of the sighting in the run"),
        Column("record", "string", "the user's own identifier"),
    ),
)

REJECTED: Final = Table(
    "rejected_sightings",
    "Rows of sightings files that are not used, and why; text about people is masked",
    (
        Column("file", "string", "name of the file"),
        Column("row", "Int64", "row in the file; the header is row 1, a feature counts from 1"),
        Column("column", "string", "columns at fault"),
        Column("value", "string", "what stands there"),
        Column("problem", "string", "what is wrong with it"),
        Column("fix", "string", "what to do"),
        Column("kind", "string", "what was recorded, as the row has it"),
        Column("located_kind", "string", "kind of place that it was located from, likewise"),
    ),
)

PLACES: Final = Table(
    "places",
    "Named places of the study: crossings, centres, institutions, monitoring points, stops",
    (
        Column("id", "string", "identifier", required=True),
        Column("kind", "string", "kind of place", required=True, values=PLACE_KINDS),
        Column("name_en", "string", "name in English"),
        Column("name_sq", "string", "name in Albanian"),
        Column("name_sr_cyrl", "string", "name in Serbian, Cyrillic"),
        Column("name_sr_latn", "string", "name in Serbian, Latin"),
        RECORDS["lat"],
        RECORDS["lon"],
        Column("uncertainty_m", "float64", "how well the position is known", "m", minimum=0),
        Column("status", "string", "open, advised, reported, or closed with its month"),
        Column("card_kind", "string", "what its stop card calls it, where that is not its kind",
               values=CARD_KINDS),
        Column("amenity", "string", "of a public stop, the value that amenity=* has in "
               "OpenStreetMap: it says when the stop is open"),
        Column("source", "string", "what the position was read off"),
        Column("note", "string", "remark; for a public stop, what it is"),
    ),
    geometry="Point",
)  # fmt: skip

WAYS: Final = Table(
    "ways",
    "Roads, paths, railways and waterways, as OpenStreetMap draws them",
    (
        Column("id", "string", "identifier, stable within the source"),
        Column("layer", "string", "layer of the way",
               values=("road", "path", "railway", "waterway")),
        Column("highway", "string", "OSM class of a road or path"),
        Column("railway", "string", "OSM class of a railway"),
        Column("waterway", "string", "OSM class of a waterway"),
        Column("status", "string", "of a railway; people walk disused tracks",
               values=("active", "disused", "abandoned")),
        Column("name", "string", "name as signed"),
        Column("ref", "string", "road number"),
        Column("oneway", "int8", "1 one-way in drawing direction, -1 against it, 0 two-way"),
        Column("bridge", "bool", "on a bridge"),
        Column("tunnel", "bool", "in a tunnel"),
        Column("ford", "bool", "through a ford"),
        Column("service", "string", "kind of service road or track"),
        Column("intermittent", "bool", "waterway that falls dry"),
        Column("surface", "string", "OSM surface of a road or path; null where it is not mapped"),
        Column("maxspeed_kph", "float64", "posted limit; null where it is not mapped", "km/h"),
    ),
    geometry="LineString",
)  # fmt: skip

BOUNDARY: Final = Table(
    "boundary",
    "Outline that patrols stay inside",
    (Column("name", "string", "name of the territory"),),
    geometry="MultiPolygon",
)

FACILITIES: Final = Table(
    "facilities",
    "Places where help is found or offered, from OpenStreetMap",
    (
        Column("id", "string", "identifier, stable within the source"),
        Column("kind", "string", "kind of facility", values=FACILITY_KINDS),
        Column("name", "string", "name as signed"),
    ),
    geometry="Point",
)

EXCLUDED: Final = Table(
    "excluded_records",
    "Records that are no events, and why",
    (
        Column("id", "string", "identifier"),
        Column("kind", "string", "what was recorded"),
        Column("relates_to", "string", "id of the record that this one repeats"),
        Column("reason", "string", "why it does not count"),
    ),
)

SENSITIVITY: Final = Table(
    "sensitivity",
    "What changes when a record that is no event is counted all the same",
    (
        Column("record", "string", "id of the record"),
        Column("measure", "string", "the figure"),
        Column("without", "float64", "its value in the findings"),
        Column("with_record", "float64", "its value with the record counted"),
    ),
)

DUPLICATES: Final = Table(
    "probable_duplicates",
    "Pairs of records that may report one group twice, and what was decided of them",
    (
        Column("first", "string", "id of the record that would stay"),
        Column("second", "string", "id of the record that would be merged into it"),
        Column("score", "float64", "product of the three shares, 0 to 1"),
        Column("space", "float64", "share of possible positions within walking reach"),
        Column("time", "float64", "share of possible days at most one day apart"),
        Column("size", "float64", "share of possible group sizes that agree"),
        Column("distance_m", "float64", "distance between the recorded positions", "m"),
        Column("marked", "bool", "one record names the other as the one that it may repeat"),
        Column("choice", "string", "what the user decided", values=("keep", "merge")),
    ),
)


def size_class(group_min: pd.Series, group_max: pd.Series) -> pd.Series:
    """Return the class of `SIZE_CLASSES` that holds the middle of each group's size range.

    Where one bound is missing, the other stands for both.  The caller's index comes back.
    """
    low = group_min.fillna(group_max).astype("Float64")
    high = group_max.fillna(group_min).astype("Float64")
    middle = ((low + high) / 2).astype("float64")
    classes = pd.cut(middle, [0, 5, 10, 20, float("inf")], right=False, labels=SIZE_CLASSES[:-1])
    return classes.astype("string").fillna("unknown")
