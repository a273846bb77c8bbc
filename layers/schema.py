"""The one place where columns, dtypes and units are named.

A `Table` is the contract between a reader, the analysis and a writer.  The data
dictionary is generated from the tables here, so a column that is not described
here does not leave the toolkit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

WGS84: Final = "EPSG:4326"
"""Reading and drawing: longitude, latitude in degrees."""

METRIC: Final = "EPSG:9141"
"""Measuring: KOSOVAREF01 / Balkans zone 7, easting and northing in metres."""

SCHEMA_VERSION: Final = "2.0"
"""Version of the exported tables and of `findings.json`."""


_BLANK: Final[dict[str, object]] = {"bool": False, "int8": 0, "float64": float("nan")}
"""What stands in an absent column whose dtype knows no null."""


@dataclass(frozen=True)
class Column:
    """One column: its name, pandas dtype, meaning, and what values it may hold."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    required: bool = False
    """A reader refuses a file without the column, and a row with no value in it."""
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    sensitive: bool = False
    """Describes people: masked in messages, and dropped at the door (`geo.sightings`)."""


@dataclass(frozen=True)
class Table:
    """A named set of columns, with a geometry type where rows have a place on the map."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    geometry: str = ""

    @property
    def names(self) -> list[str]:
        """Column names in order, without the geometry."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name!r} has no column {name!r}; it has {self.names}")

    def frame(self, rows: pd.DataFrame | Iterable[dict[str, object]] = ()) -> pd.DataFrame:
        """Return `rows` with exactly this table's columns and dtypes, in order.

        The caller's index comes back.  Missing columns are filled with nulls.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        return pd.DataFrame(
            {
                c.name: frame[c.name].astype(pd.api.types.pandas_dtype(c.dtype))
                if c.name in frame
                else pd.Series(_BLANK.get(c.dtype, pd.NA), index=frame.index, dtype=c.dtype)
                for c in self.columns
            },
            index=frame.index,
        )

    def geoframe(
        self, rows: pd.DataFrame | Iterable[dict[str, object]] = (), *, crs: str = WGS84
    ) -> gpd.GeoDataFrame:
        """Return `rows`, with their ``geometry``, as a GeoDataFrame of this table.

        A GeoDataFrame keeps its own CRS; `crs` is for rows that carry none.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        geometry = (
            gpd.GeoSeries(frame["geometry"], index=frame.index)
            if "geometry" in frame
            else gpd.GeoSeries([], index=frame.index)
        )
        return gpd.GeoDataFrame(
            self.frame(frame), geometry=geometry.values, crs=geometry.crs or crs
        )


LAYERS: Final = ("road", "path", "railway", "waterway")

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

RAILWAY_STATUS: Final = ("active", "disused", "abandoned")

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
    "Sightings as the field reports them: checked, then coarsened at the door; they never leave",
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
        Column("cure", "string", "what to do"),
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
        Column("name_en", "string", "name in English", required=True),
        Column("name_sq", "string", "name in Albanian"),
        Column("name_sr_cyrl", "string", "name in Serbian, Cyrillic"),
        Column("name_sr_latn", "string", "name in Serbian, Latin"),
        Column("lat", "float64", "latitude, WGS 84", "degree", True, minimum=-90, maximum=90),
        Column("lon", "float64", "longitude, WGS 84", "degree", True, minimum=-180, maximum=180),
        Column("uncertainty_m", "float64", "how well the position is known", "m", minimum=0),
        Column("status", "string", "open, advised, reported, or closed with its month"),
        Column("source", "string", "what the position was read off"),
        Column("note", "string", "remark; for a public stop, what it is"),
    ),
    geometry="Point",
)  # fmt: skip

WAYS: Final = Table(
    "ways",
    "Roads, paths, railways and waterways, as OpenStreetMap draws them",
    (
        Column("id", "string", "identifier, stable within the source", required=True),
        Column("layer", "string", "layer of the way", required=True, values=LAYERS),
        Column("highway", "string", "OSM class of a road or path"),
        Column("railway", "string", "OSM class of a railway"),
        Column("waterway", "string", "OSM class of a waterway"),
        Column("status", "string", "of a railway; people walk disused tracks",
               values=RAILWAY_STATUS),
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
        Column("id", "string", "identifier, stable within the source", required=True),
        Column("kind", "string", "kind of facility", required=True, values=FACILITY_KINDS),
        Column("name", "string", "name as signed"),
    ),
    geometry="Point",
)

BANDS_M: Final = (100.0, 250.0, 500.0)
"""Half-widths of the bands around corridors, unless a study sets others; metres."""


def band_column(band_m: float) -> str:
    """Return the name of the column that holds the probability of lying within `band_m`."""
    return f"p_{band_m:g}m".replace(".", "_")


def proximity_table(bands_m: Iterable[float] = BANDS_M) -> Table:
    """Return the table of nearness to corridors for these bands."""
    return Table(
        "proximity",
        "How near each sighting lies to each kind of corridor",
        (
            Column("sighting", "string", "sighting id"),
            Column("corridor", "string", "kind of corridor", values=CORRIDORS),
            Column("distance_m", "float64",
                   "distance to the nearest feature of the kind: half of the places where it may "
                   "have been are nearer", "m"),
            Column("distance_low_m", "float64", "5 % of those places are nearer", "m"),
            Column("distance_high_m", "float64", "95 % of those places are nearer", "m"),
            Column("nearest", "string",
                   "name, number or class of the feature nearest to its point"),
            *(
                Column(band_column(b), "float64", f"probability of lying within {b:g} m")
                for b in bands_m
            ),
            Column("located_from_kind", "bool",
                   "the position was taken from this kind: nearness is an input, not a finding"),
        ),
    )  # fmt: skip


PROXIMITY: Final = proximity_table()

PROXIMITY_TOTALS: Final = Table(
    "proximity_totals",
    "Expected number of sightings within each band of each kind of corridor",
    (
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("band_m", "float64", "width of the band on each side", "m"),
        Column("sightings", "Int64", "sightings measured"),
        Column("expected_within", "float64", "sum of the probabilities of lying in the band"),
        Column("located_from_kind", "Int64", "sightings whose nearness to the kind is an input"),
        Column("expected_within_independent", "float64",
               "the same sum without the sightings located from the kind"),
    ),
)  # fmt: skip

NULLS: Final = ("effort", "uniform", "network", "intensity")
"""Null models: where sightings would be if corridors did not matter."""

VERDICTS: Final = ("nearer", "fragile", "not_shown", "cannot_be_decided")
"""What a test says: `fragile` is nearer, but hangs on one sighting or one assumption; the last is
said where so few sightings could not have shown it."""

CORRIDOR_TESTS: Final = Table(
    "corridor_tests",
    "Tests of whether sightings lie nearer to corridors than chance, one per kind and statistic",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("test", "string", "statistic", values=("z1", "z2", "ks", "envelope")),
        Column("sightings", "Int64", "sightings tested"),
        Column("left_out", "Int64", "sightings located from the kind, left out"),
        Column("statistic", "float64", "its value; of the envelope none"),
        Column("p", "float64", "Monte Carlo p-value; one-sided (nearer), of ks two-sided"),
        Column("p_error", "float64", "standard error of p, as so few places of the null are drawn"),
    ),
)

CORRIDOR_BANDS: Final = Table(
    "corridor_bands",
    "Tests of whether more sightings than by chance lie within each band of each corridor kind",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("band_m", "float64", "half-width of the band", "m"),
        Column("primary", "bool", "the one hypothesis named beforehand; the others are exploratory "
               "and adjusted together"),
        Column("sightings", "Int64", "sightings tested"),
        Column("left_out", "Int64", "sightings located from the kind, left out"),
        Column("null_share", "float64",
               "share of the null within the band, known as roughly as the sightings are"),
        Column("expected_within", "float64", "sum of the sightings' probabilities of lying within"),
        Column("p", "float64", "Monte Carlo p-value"),
        Column("p_adjusted", "float64",
               "adjusted for all kinds and bands by maxT; of the primary hypothesis p itself"),
        Column("p_error", "float64",
               "standard error of `p_adjusted`, as so few data sets are simulated and so few "
               "places of the null are drawn"),
        Column("smallest_p", "float64",
               "smallest adjusted p that so many sightings can reach, wherever they lie"),
        Column("p_left_out", "float64",
               "largest adjusted p when any one sighting is left out"),
        Column("hangs_on", "string",
               "what a fragile verdict hangs on: id of the sighting, or the assumption"),
        Column("needed_for_level", "float64",
               "sightings for any outcome to reach the level, adjusted"),
        Column("needed_for_effect", "float64",
               "sightings that would find the share seen with 80 % power, adjusted"),
        Column("tipping_ratio", "float64",
               "so many times likelier reporting within the band would explain the result; at "
               "most 1: nothing to explain"),
        Column("verdict", "string", "what the test says", values=VERDICTS),
    ),
)  # fmt: skip

CORRIDOR_CURVES: Final = Table(
    "corridor_curves",
    "Share of sightings within each distance, with its global envelope under the null",
    (
        Column("null", "string", "null model", values=NULLS),
        Column("corridor", "string", "kind of corridor", values=CORRIDORS),
        Column("distance_m", "float64", "distance to the corridor", "m"),
        Column("observed", "float64", "share of the sightings within it"),
        Column("central", "float64", "median of the simulations"),
        Column("high", "float64", "upper bound of the global envelope"),
    ),
)

NULL_POINTS: Final = Table(
    "null_points",
    "Some equally likely positions of each null model: where chance would put sightings",
    (Column("null", "string", "null model", values=NULLS),),
    geometry="Point",
)

EXPLANATIONS: Final = ("railway", "main_road", "river", "none")
"""What may explain a sighting: it was on a corridor of this kind, or on none of them."""

CORRIDOR_EXPLAINED: Final = Table(
    "corridor_explained",
    "How well each corridor kind explains each sighting, and all of them",
    (
        Column("sighting", "string", "sighting id; all for the sightings together"),
        Column("corridor", "string", "kind of corridor, none of them, or (of all) a mixture",
               values=(*EXPLANATIONS, "mixture")),
        Column("located_from_kind", "bool", "the position is an input to this odds"),
        Column("log_ratio", "float64", "natural logarithm of its likelihood against the null"),
        Column("share", "float64", "probability of the explanation, all alike before"),
        Column("share_reachable", "float64",
               "largest share that so many sightings could give it, wherever they lay"),
        Column("entropy", "float64", "of the explanations, 0 certain to 1 no idea"),
        Column("explained_by", "string",
               "explanation with at least 80 %; undecided if none has; cannot be decided where so "
               "few sightings could not give it 80 %",
               values=(*EXPLANATIONS, "mixture", "undecided", "cannot_be_decided")),
    ),
)  # fmt: skip

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
        Column("sightings", "string", "ids of the sightings that it rests on"),
        Column("n_sightings", "Int64", "how many they are"),
    ),
    geometry="MultiLineString",
)  # fmt: skip

NIGHT: Final = Column("night", "Int64", "number of the night, from 1")

DATE: Final = Column(
    "date", "string", "day on which the night begins, YYYY-MM-DD; null where none is given"
)

STOPS: Final = Table(
    "patrol_plan",
    "Timetable of the proposed patrols; a row is a departure, a stop, a break or a return",
    (
        NIGHT,
        DATE,
        Column("shift", "string", "name of the shift"),
        Column("vehicle", "Int64", "number of the vehicle"),
        Column("order", "Int64", "0 is the depot at the start"),
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name of the stop in English"),
        Column("kind", "string", "kind of stop"),
        Column("arrival", "string", "arrival, local time HH:MM; past midnight counts on to the "
               "next day"),
        Column("departure", "string", "departure, local time HH:MM"),
        Column("arrival_s", "Int64", "arrival, from the midnight before the day on which the night "
               "begins", "s"),
        Column("departure_s", "Int64", "departure, from the same midnight", "s"),
        Column("service_s", "Int64", "time offered to people at the stop", "s"),
        Column("drive_s", "Int64", "driving time from the stop before", "s"),
        Column("drive_m", "float64", "driving distance from the stop before", "m"),
        Column("prize", "float64", "need that the visit serves, as a share of all that any stop "
               "reaches; what two stops reach is shared between them"),
    ),
    geometry="Point",
)  # fmt: skip

LEGS: Final = Table(
    "patrol_legs",
    "Road geometry of each drive between stops",
    (
        NIGHT,
        DATE,
        Column("shift", "string", "name of the shift"),
        Column("vehicle", "Int64", "number of the vehicle"),
        Column("order", "Int64", "order of the stop that the leg leads to"),
        Column("from_stop", "string", "id of the stop it leaves"),
        Column("to_stop", "string", "id of the stop it reaches"),
        Column("duration_s", "Int64", "driving time", "s"),
        Column("distance_m", "float64", "driving distance", "m"),
        Column("roads", "string", "roads in order, by number or name"),
    ),
    geometry="LineString",
)

LEFT_OUT: Final = Table(
    "patrol_left_out",
    "Candidate stops that no patrol visits, and why",
    (
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name in English"),
        Column("kind", "string", "kind of stop"),
        Column("reason", "string", "why it is left out",
               values=("outside_boundary", "far_from_road", "no_two_way_road",
                       "too_far_for_shift", "no_need_in_reach", "need_has_no_weight",
                       "outside_window", "no_time_left", "not_worth_detour", "served_nearby")),
        Column("served_at", "string", "id of the visited stop that serves most of its people"),
        Column("detail_m", "float64", "distance to the nearest usable road", "m"),
        Column("round_trip_s", "float64", "driving time from the depot and back", "s"),
        Column("short_s", "Int64",
               "least time by which a shift is too short for the plan to gain by taking it in; "
               "null where no time would do", "s"),
        Column("prize_short", "float64",
               "least need missing to be visited, in place of another stop where need be"),
        Column("admits", "string",
               "smallest changes that would each admit it, the rest of the plan staying as it is"),
    ),
)  # fmt: skip

NEED_PARTS: Final = ("observed", "movement", "far_from_help", "advised")
"""Parts of the need surface."""

NEED: Final = Table(
    "need",
    "Where help is most likely needed, by part; each part adds up to 1 within the outline",
    (
        Column("observed", "float64",
               "reported sightings, corrected for reporting effort: where they were reported, "
               "never where people are"),
        Column("movement", "float64", "expected flow of the movement model with assumptions"),
        Column("far_from_help", "float64", "walking time from corridors to help"),
        Column("advised", "float64", "places named by DCAM and police"),
    ),
    geometry="Point",
)  # fmt: skip

STOP_NEED: Final = Table(
    "stop_need",
    "Need within walking reach of each usable stop, as a share of all that any stop reaches",
    (
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name in English"),
        Column("kind", "string", "kind of stop"),
        Column("observed", "float64", "part of reported sightings"),
        Column("movement", "float64", "part of expected flow"),
        Column("far_from_help", "float64", "part of distance from help"),
        Column("advised", "float64", "part of places named by DCAM and police"),
        Column("need", "float64", "their sum"),
        Column("at_advised", "bool", "at a place named by DCAM and police, whatever its weight"),
        Column("little_known", "bool", "neither reports nor advice within reach: to be explored"),
    ),
)

PLANS: Final = ("proposed", "greedy", "round_trip")

PATROL_MEASURES: Final = Table(
    "patrol_measures",
    "What each shift does, beside greedy insertion and the plain round trip to the nearest stop; "
    "of several nights the proposed plan only",
    (
        NIGHT,
        Column("shift", "string", "name of the shift; null for the whole night"),
        Column("plan", "string", "which plan", values=PLANS),
        Column("stops", "Int64", "visits"),
        Column("need_share", "float64", "share of the need that any stop reaches, each point once"),
        Column("worth_share", "float64",
               "of the night: what the plan makes as large as it can, as a share of serving "
               "everything in every shift; need served in an earlier shift counts "
               "`patrols.repeat`"),
        Column("need_low", "float64",
               "`need_share` that nine tenths of the draws of travel time and need exceed; "
               "proposed plan only"),
        Column("need_high", "float64", "`need_share` that one tenth of the draws exceed"),
        Column("advised_share", "float64",
               "share of the places named by DCAM and police in the outline that are visited; null "
               "where none is named"),
        Column("explored_share", "float64", "share of stop time at places of little information"),
        Column("driving_min", "float64", "driving", "min"),
        Column("stopping_min", "float64", "time offered at stops", "min"),
        Column("waiting_min", "float64", "waiting for a stop's window", "min"),
        Column("break_min", "float64", "breaks", "min"),
        Column("driven_km", "float64", "driven", "km"),
        Column("observed_km", "float64", "railway and main road beside the roads driven", "km"),
    ),
)  # fmt: skip

TRADE_OFF: Final = Table(
    "patrol_trade_off",
    "What more vehicles or hours would add to a night",
    (
        Column("vehicles", "Int64", "vehicles"),
        Column("more_hours", "float64", "hours by which every shift ends later", "h"),
        Column("stops", "Int64", "visits in the night"),
        Column("places", "Int64", "places visited at least once"),
        Column("need_share", "float64", "share of the need that any stop reaches, each point once"),
        Column("driving_min", "float64", "driving", "min"),
    ),
)

PLAN_CHANGES: Final = Table(
    "plan_changes",
    "What differs between two timetables",
    (
        NIGHT,
        Column("shift", "string", "name of the shift"),
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name in English"),
        Column("change", "string", "what happened to the visit",
               values=("added", "dropped", "other_vehicle", "moved")),
        Column("vehicle_before", "Int64", "vehicle in the first timetable"),
        Column("vehicle_after", "Int64", "vehicle in the second timetable"),
        Column("arrival_before", "string", "arrival in the first, local time HH:MM"),
        Column("arrival_after", "string", "arrival in the second, local time HH:MM"),
        Column("later_s", "Int64", "how much later it is in the second", "s"),
    ),
)  # fmt: skip

HOTSPOT_STOPS: Final = Table(
    "hotspot_stops",
    "Which stop serves each hotspot: the nearest usable one, however far",
    (
        Column("rank", "Int64", "rank of the hotspot"),
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name in English"),
        Column("distance_m", "float64", "distance from the hotspot to the stop", "m"),
        Column("within_reach", "bool", "people there can be expected to walk to the stop"),
    ),
)

VISITS: Final = Table(
    "patrol_visits",
    "How often and how regularly the patrols of several nights visit each stop",
    (
        Column("stop", "string", "id of the place or facility"),
        Column("name", "string", "name in English"),
        Column("kind", "string", "kind of stop"),
        Column("visits", "Int64", "number of visits"),
        Column("quota", "Int64", "least number of visits asked for"),
        Column("at_usual_time", "float64", "share of the visits at the usual time of their shift"),
        Column("usual", "string", "time of the first visit in each shift, local time HH:MM"),
    ),
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

CONTRADICTIONS: Final = Table(
    "report_contradictions",
    "Figures of the report that cannot both hold; both stand here and neither is picked",
    (
        Column("table", "string", "where the first reading is printed"),
        Column("quantity", "string", "what both readings state"),
        Column("year", "string", "year or years"),
        Column("reading", "string", "first reading: where it stands, how it is reckoned"),
        Column("value", "float64", "first reading, in the unit of the line"),
        Column("other_reading", "string", "the reading that more of the figures share"),
        Column("other_value", "float64", "that reading, in the unit of the line"),
        Column("unit", "string", "persons or percent"),
        Column("remark", "string", "what the figures show of the reason"),
    ),
)

MIXED_MOVEMENTS: Final = Table(
    "table1_mixed_movements",
    "Report, table 1: mixed movements by country",
    (
        Column("country", "string", "country", required=True),
        Column("year", "string", "year", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

COUNTRIES_OF_ORIGIN: Final = Table(
    "table2_country_of_origin",
    "Report, table 2: asylum seekers by country of origin",
    (
        Column("year", "string", "year", required=True),
        Column("country_of_origin", "string", "country", required=True),
        Column("persons", "float64", "persons", "persons"),
        Column("printed_share_pct", "float64", "share as printed", "percent"),
    ),
)

ENTRY_MANNERS: Final = Table(
    "table3_manner_of_entry",
    "Report, table 3: asylum seekers by manner of entry",
    (
        Column("year", "string", "year", required=True),
        Column("manner_of_entry", "string", "manner, or total", required=True),
        Column("persons_in_table", "float64", "persons, as the table has it", "persons"),
        Column("persons_in_text", "float64", "persons, as the text has it", "persons"),
    ),
)

ENTRY_POINTS: Final = Table(
    "table4_entry_points",
    "Report, table 4: asylum seekers by border point of entry",
    (
        Column("period", "string", "year or years", required=True),
        Column("entry_point", "string", "border, airport, or total", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

SUSPECTS: Final = Table(
    "table5_smuggling_suspects",
    "Report, table 5: suspects of smuggling by nationality",
    (
        Column("nationality", "string", "nationality, or total", required=True),
        Column("year", "string", "year", required=True),
        Column("persons", "float64", "persons", "persons"),
    ),
)

TEXT_FIGURES: Final = Table(
    "text_figures",
    "Report: figures in its text that bear on the tables",
    (
        Column("id", "string", "identifier", required=True),
        Column("about", "string", "what it states"),
        Column("year", "string", "year or years", required=True),
        Column("value", "float64", "figure, in the unit of the line"),
        Column("unit", "string", "persons or percent"),
        Column("says", "string", "where in the text"),
    ),
)

KNOWN_INCONSISTENCIES: Final = Table(
    "known_inconsistencies",
    "Contradictions of the report as a careful reader listed them",
    (
        Column("table", "string", "table, or text", required=True),
        Column("what_is_printed", "string", "first reading", required=True),
        Column("what_disagrees", "string", "second reading", required=True),
    ),
)

CONNECTORS: Final = Table(
    "connectors",
    "Short joins between layers that meet without a common vertex; made by us, not surveyed",
    (
        Column("reason", "string", "why the layers are joined here",
               values=("level_crossing", "station", "loose_end")),
        Column("from_node", "Int64", "node of the walking network"),
        Column("to_node", "Int64", "node of the walking network"),
        Column("length_m", "float64", "length of the join", "m", minimum=0, maximum=75),
    ),
    geometry="LineString",
)  # fmt: skip

_OF_SECTION: Final = (
    Column("section", "string", "identifier, stable for one network"),
    Column("name", "string", "corridor and the places that the section runs between"),
    Column("corridor", "string", "kind of corridor", values=("railway", "main_road")),
    Column("road", "string", "number, else name, of the road; null for a railway and a road that "
           "has neither"),
)  # fmt: skip
"""What every section is told by; a table adds the places at its ends."""

_NEAR_PLACE: Final = Column(
    "near_place", "string", "name of the place near a section that runs between no two places"
)

SECTIONS: Final = Table(
    "movement_sections",
    "Model with assumptions: expected flow on named corridor sections of at least 1 km, as a "
    "share of the trips from the stated entries to the official crossings",
    (
        *_OF_SECTION,
        Column("from_place", "string", "name of the place at the end that flow comes from"),
        Column("to_place", "string", "name of the place at the end that flow goes to"),
        _NEAR_PLACE,
        Column("length_m", "float64", "length of its ways", "m", minimum=1000),
        Column("net_share", "float64", "net flow, mean over its length, as a share of all trips"),
        Column("p_use", "float64", "probability that a trip uses it: passes its busiest edge"),
        Column("share_mean", "float64", "mean of `net_share` over the draws"),
        Column("share_low", "float64", "10 % of the draws lie below"),
        Column("share_high", "float64", "10 % of the draws lie above"),
        Column("persons_low", "float64", "`share_low` of the least number of persons told",
               "persons per year"),
        Column("persons_high", "float64", "`share_high` of the greatest number of persons told",
               "persons per year"),
        Column("rank", "Int64", "1 has the greatest mean share"),
        Column("top_share", "float64", "share of the draws in which it is among the first ten"),
    ),
    geometry="MultiLineString",
)  # fmt: skip

ORIGINS: Final = Table(
    "movement_origins",
    "Who enters where by the report's table 4, and what of it the model can use",
    (
        Column("entry_point", "string", "entry point as the table names it"),
        Column("place", "string", "id of the place where the model lets them enter"),
        Column("persons", "float64", "persons in the table", "persons"),
        Column("share", "float64", "share of the table's total"),
        Column("share_high", "float64", "the same if all of unknown entry entered here"),
        Column("persons_low", "float64", "scaled to the least total that the report tells",
               "persons"),
        Column("persons_high", "float64", "scaled to the greatest total that the report tells",
               "persons"),
        Column("carried_as", "string", "what the model does with them",
               values=("entry", "remainder")),
    ),
)  # fmt: skip

MOVEMENT_CHECK: Final = Table(
    "movement_check",
    "Do sightings and advised monitoring points lie on the sections that the model ranks first?",
    (
        Column("ranking", "string", "what ranks the sections",
               values=("model", "shortest_path", "road_length")),
        Column("top_pct", "float64", "sections taken, by length", "percent"),
        Column("points", "string", "what is counted", values=("sightings", "monitoring_points")),
        Column("n_points", "Int64", "how many there are"),
        Column("on_sections", "float64", "how many lie on these sections; for road length, how "
               "many are expected by chance"),
        Column("share", "float64", "the same as a share"),
    ),
)  # fmt: skip

HELP_KINDS: Final = ("water", "health", "reception", "police", "station", "community")
"""Kinds of help that people walk to: water, health care, reception centre, police or DCAM office,
bus or railway station, place of worship or community house."""

ACCESS_SECTIONS: Final = Table(
    "access_sections",
    "Model with assumptions: minutes on foot from each corridor section to the nearest help, "
    "mean over its length; null where the data hold no such place or there is no way",
    (
        *_OF_SECTION,
        Column("from_place", "string", "name of the place at its southern end"),
        Column("to_place", "string", "name of the place at its northern end"),
        _NEAR_PLACE,
        Column("length_m", "float64", "length of its ways", "m", minimum=1000),
        Column("water_min", "float64", "to drinking water", "min"),
        Column("health_min", "float64", "to health care", "min"),
        Column("reception_min", "float64", "to a reception centre that is not closed", "min"),
        Column("police_min", "float64", "to a police or DCAM office", "min"),
        Column("station_min", "float64", "to a bus or railway station", "min"),
        Column("community_min", "float64", "to a place of worship or community house", "min"),
        Column("far_min", "float64", "mean over the kinds of help that are known", "min"),
        Column("rank", "Int64", "1 is farthest from help"),
    ),
    geometry="MultiLineString",
)  # fmt: skip

HELP: Final = Table(
    "help_places",
    "Places of help that walking times are measured to",
    (
        Column("help", "string", "kind of help", values=HELP_KINDS),
        Column("id", "string", "place or facility; in the map layer the kind of help stands before "
               "it, as one place may be help of two kinds"),
        Column("name", "string", "its name"),
        Column("uncertainty_m", "float64", "how well its position is known", "m", minimum=0),
    ),
    geometry="Point",
)  # fmt: skip

ASSUMPTIONS: Final = Table(
    "assumptions",
    "Every assumption of a model, with its source or the word neutral",
    (
        Column("model", "string", "TOML table", values=("movement", "access")),
        Column("parameter", "string", "name of the value"),
        Column("value", "string", "what was used"),
        Column("source", "string", "sentence of the source, or neutral"),
    ),
)

OUTPUTS: Final = (
    SIGHTINGS, PLACES, BOUNDARY, WAYS, FACILITIES, PROXIMITY, PROXIMITY_TOTALS,
    CORRIDOR_TESTS, CORRIDOR_BANDS, CORRIDOR_CURVES, NULL_POINTS, CORRIDOR_EXPLAINED, LIXELS,
    HOTSPOTS, NEED, STOPS, LEGS, LEFT_OUT, HOTSPOT_STOPS, STOP_NEED,
    PATROL_MEASURES, TRADE_OFF, SECTIONS, ORIGINS, MOVEMENT_CHECK, ACCESS_SECTIONS, HELP,
    ASSUMPTIONS, EXCLUDED, SENSITIVITY, CONTRADICTIONS,
)  # fmt: skip
"""Tables that a run writes, in the order of the data dictionary."""

PLAN_OUTPUTS: Final = (
    STOPS, LEGS, LEFT_OUT, HOTSPOT_STOPS, STOP_NEED, PATROL_MEASURES, TRADE_OFF, VISITS,
)  # fmt: skip
"""Tables that a plan writes, likewise."""


def size_class(group_min: pd.Series, group_max: pd.Series) -> pd.Series:
    """Return the class of `SIZE_CLASSES` that holds the middle of each group's size range.

    Parameters
    ----------
    group_min, group_max : pandas.Series of Int64, persons
        Bounds of the range; where one is missing the other stands for both.

    Returns
    -------
    pandas.Series of string, on the caller's index
    """
    low = group_min.fillna(group_max).astype("Float64")
    high = group_max.fillna(group_min).astype("Float64")
    middle = ((low + high) / 2).astype("float64")
    classes = pd.cut(middle, [0, 5, 10, 20, float("inf")], right=False, labels=SIZE_CLASSES[:-1])
    return classes.astype("string").fillna("unknown")
