"""Models with assumptions: movement and access."""

from typing import Final

from layers.schema.table import Column, Table

_OF_SECTION: Final = (
    Column("section", "string", "identifier, stable for one network"),
    Column("name", "string", "corridor and the places that the section runs between"),
    Column("corridor", "string", "kind of corridor", values=("railway", "main_road")),
    Column("road", "string", "number, else name, of the road; null for a railway and a road that "
           "has neither"),
)  # fmt: skip
"""How every section is named; a table adds the places at its ends."""

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
        Column("persons_low", "float64", "`share_low` of the least number of persons stated",
               "persons per year"),
        Column("persons_high", "float64", "`share_high` of the greatest number of persons stated",
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
        Column("persons_low", "float64", "scaled to the least total that the report states",
               "persons"),
        Column("persons_high", "float64", "scaled to the greatest total that the report states",
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
"""Kinds of help that people walk to: water, health care, reception centre, police or an office,
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
        Column("police_min", "float64", "to a police station or an office in charge", "min"),
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
