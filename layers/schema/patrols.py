"""Need, stops, plans and what they are worth."""

from typing import Final

from layers.schema.table import Column, Table

NIGHT: Final = Column("night", "Int64", "number of the night, from 1")

DATE: Final = Column(
    "date", "string", "day on which the night begins, YYYY-MM-DD; null where none is given"
)

_STOP: Final = (
    Column("stop", "string", "id of the place or facility"),
    Column("name", "string", "name in English"),
    Column("kind", "string", "kind of stop"),
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
        *_STOP,
        Column("reason", "string", "why it is left out",
               values=("outside_boundary", "far_from_road", "no_two_way_road",
                       "too_far_for_shift", "no_need_in_reach", "need_has_no_weight",
                       "outside_window", "no_time_left", "not_worth_detour", "beside_another",
                       "served_nearby")),
        Column("served_at", "string", "id of the nearest visited stop that serves its people; they "
               "are served where visits reach nine tenths of the need in its reach"),
        Column("served_shift", "string", "name of the shift that serves them"),
        Column("detail_m", "float64", "distance to the nearest usable road", "m"),
        Column("round_trip_s", "float64", "driving time from the depot and back", "s"),
        Column("admits", "string", "least change with which the plan made again visits it",
               values=("longer_shift", "vehicle", "window", "minimum", "nothing")),
        Column("admit_shift", "string", "name of the shift that is to end later"),
        Column("admit_min", "Int64", "minutes by which it is to end later", "min"),
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
        Column("advised", "float64", "advised places"),
    ),
    geometry="Point",
)  # fmt: skip

STOP_NEED: Final = Table(
    "stop_need",
    "Need within walking reach of each usable stop, as a share of all that any stop reaches",
    (
        *_STOP,
        Column("observed", "float64", "part of reported sightings"),
        Column("movement", "float64", "part of expected flow"),
        Column("far_from_help", "float64", "part of distance from help"),
        Column("advised", "float64", "part of advised places"),
        Column("need", "float64", "their sum"),
        Column("at_advised", "bool", "at an advised place, whatever its weight"),
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
        Column("more_share", "float64",
               "what another plan of the shift could serve more at most, as a share of what this "
               "one serves, by a linear relaxation in which need served in an earlier shift counts "
               "`patrols.repeat`; proposed plan only"),
        Column("worth_share", "float64",
               "of the night: what the plan makes as large as it can, as a share of serving "
               "everything in every shift; need served in an earlier shift counts "
               "`patrols.repeat`"),
        Column("need_low", "float64",
               "`need_share` that nine tenths of the draws of travel time and need exceed; "
               "proposed plan only"),
        Column("need_high", "float64", "`need_share` that one tenth of the draws exceed"),
        Column("need_late", "float64",
               "`need_share` if every vehicle starts 20 min late, keeps its order and passes over "
               "what it has no time for; proposed plan only"),
        Column("advised_share", "float64",
               "share of the advised places in the outline that are visited; null "
               "where none is named"),
        Column("explored_share", "float64", "share of stop time at places of little information"),
        Column("exploration_short", "float64",
               "what `explored_share` lacks of `patrols.exploration`; proposed plan only"),
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
        *_STOP,
        Column("visits", "Int64", "number of visits"),
        Column("quota", "Int64", "least number of visits that the plan must make"),
        Column("at_usual_time", "float64", "share of the visits at the usual time of their shift"),
        Column("usual", "string", "time of the first visit in each shift, local time HH:MM"),
    ),
)
