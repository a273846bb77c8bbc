"""The contradictions of the report, and which tables a run and a plan write."""

from typing import Final

from layers.schema import corridors, hotspots, inputs, log, models, patrols
from layers.schema.table import Column, Table

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

OUTPUTS: Final = (
    inputs.SIGHTINGS, inputs.PLACES, inputs.BOUNDARY, inputs.WAYS, inputs.FACILITIES,
    corridors.PROXIMITY, corridors.PROXIMITY_TOTALS, corridors.CORRIDOR_TESTS,
    corridors.CORRIDOR_BANDS, corridors.CORRIDOR_CURVES, corridors.NULL_POINTS,
    corridors.CORRIDOR_EXPLAINED, hotspots.LIXELS, hotspots.HOTSPOTS, patrols.NEED, patrols.STOPS,
    patrols.LEGS, patrols.LEFT_OUT, patrols.HOTSPOT_STOPS, patrols.STOP_NEED,
    patrols.PATROL_MEASURES, patrols.TRADE_OFF, models.SECTIONS, models.ORIGINS,
    models.MOVEMENT_CHECK, models.ACCESS_SECTIONS, models.HELP, models.ASSUMPTIONS,
    inputs.EXCLUDED, inputs.SENSITIVITY, CONTRADICTIONS,
)  # fmt: skip
"""Tables that a run writes, in the order of the data dictionary."""

PLAN_OUTPUTS: Final = (
    patrols.STOPS, patrols.LEGS, patrols.LEFT_OUT, patrols.HOTSPOT_STOPS, patrols.STOP_NEED,
    patrols.PATROL_MEASURES, patrols.TRADE_OFF, patrols.VISITS, log.FORM_STOPS,
)  # fmt: skip
"""Tables that a plan writes, likewise."""
