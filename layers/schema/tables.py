"""The tables by name: `layers/data/tables` says what their columns are."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import pandas as pd

from layers.schema.table import Column, Table
from layers.schema.values import BANDS_M
from layers.schema.written import table

RECORDS: Final = table("records")
SIGHTINGS: Final = table("sightings")
EMPTY_VISITS: Final = table("empty_visits")
SIGHTING_IDS: Final = table("sighting_ids")
REJECTED: Final = table("rejected_sightings")
EXCLUDED: Final = table("excluded_records")
DUPLICATES: Final = table("probable_duplicates")

PLACES: Final = table("places")
WAYS: Final = table("ways")
BOUNDARY: Final = table("boundary")
FACILITIES: Final = table("facilities")
SETTLEMENTS: Final = table("settlements")


def band_column(band_m: float) -> str:
    """Return the name of the column that holds the probability of lying within `band_m`."""
    return f"p_{band_m:g}m".replace(".", "_")


def proximity_table(bands_m: Iterable[float] = BANDS_M) -> Table:
    """Return the table of nearness to corridors for these bands: a column each, before the last."""
    plain = table("proximity")
    bands = (
        Column(band_column(b), "float64", f"probability of lying within {b:g} m") for b in bands_m
    )
    return replace(plain, columns=(*plain.columns[:-1], *bands, plain.columns[-1]))


PROXIMITY: Final = proximity_table()
PROXIMITY_TOTALS: Final = table("proximity_totals")
CORRIDOR_TESTS: Final = table("corridor_tests")
CORRIDOR_BANDS: Final = table("corridor_bands")
CORRIDOR_CURVES: Final = table("corridor_curves")
CORRIDOR_EXPLAINED: Final = table("corridor_explained")
NULL_POINTS: Final = table("null_points")

LIXELS: Final = table("lixels")
HOTSPOTS: Final = table("hotspots")

SECTIONS: Final = table("movement_sections")
ORIGINS: Final = table("movement_origins")
MOVEMENT_CHECK: Final = table("movement_check")
ACCESS_SECTIONS: Final = table("access_sections")
HELP: Final = table("help_places")
ASSUMPTIONS: Final = table("assumptions")

STOPS: Final = table("patrol_plan")
EDITED_PLAN: Final = table("edited_plan")
LEGS: Final = table("patrol_legs")
LEFT_OUT: Final = table("patrol_left_out")
NEED: Final = table("need")
STOP_NEED: Final = table("stop_need")
PATROL_MEASURES: Final = table("patrol_measures")
TRADE_OFF: Final = table("patrol_trade_off")
PLAN_CHANGES: Final = table("plan_changes")
VISITS: Final = table("patrol_visits")
NETWORK_EDGES: Final = table("network_edges")
NETWORK_NODES: Final = table("network_nodes")

FORM_STOPS: Final = table("visit_form_stops")
VISIT_PAGES: Final = table("visit_pages")
LOG_IMPORTS: Final = table("imports")
LOG_NIGHTS: Final = table("nights")
LOG_PLANS: Final = table("plans")
LOG_VISITS: Final = table("visits")
LOG_GROUPS: Final = table("groups")
LOG_CONTACTS: Final = table("contacts")
LOG_TRACKS: Final = table("tracks")
LOG_PRESENCE: Final = table("presence")

SERVICES: Final = table("services")
PRESS: Final = table("press")
OTHERS: Final = table("others")

ENTRY_POINTS: Final = table("entry_points")
CONTRADICTIONS: Final = table("report_contradictions")
RELEASED_CELLS: Final = table("released_cells")
ANNOUNCED_STOPS: Final = table("announced_stops")

OUTPUTS: Final = (
    SIGHTINGS, PLACES, BOUNDARY, WAYS, FACILITIES, PROXIMITY, PROXIMITY_TOTALS, CORRIDOR_TESTS,
    CORRIDOR_BANDS, CORRIDOR_CURVES, NULL_POINTS, CORRIDOR_EXPLAINED, LIXELS, HOTSPOTS, NEED, STOPS,
    LEGS, LEFT_OUT, STOP_NEED, PATROL_MEASURES, TRADE_OFF, SECTIONS, ORIGINS,
    MOVEMENT_CHECK, ACCESS_SECTIONS, HELP, ASSUMPTIONS, EXCLUDED, CONTRADICTIONS,
)  # fmt: skip
"""Tables that a run writes, in the order of the data dictionary."""

PLAN_OUTPUTS: Final = (
    STOPS, LEGS, LEFT_OUT, STOP_NEED, PATROL_MEASURES, TRADE_OFF, VISITS, FORM_STOPS,
)  # fmt: skip
"""Tables that a plan writes, likewise."""

LOG_TABLES: Final = (
    LOG_IMPORTS, LOG_NIGHTS, LOG_PLANS, LOG_VISITS, LOG_GROUPS, LOG_CONTACTS, LOG_TRACKS,
    LOG_PRESENCE,
)  # fmt: skip
"""Tables of a log, in the order of the file."""


def current(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of the log, its id in the first column, that none replaces."""
    return rows[~rows[rows.columns[0]].isin(rows["replaces"].dropna())]
