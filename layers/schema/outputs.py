"""Which tables a run and a plan write."""

from __future__ import annotations

from typing import Final

from layers.schema import corridors, hotspots, inputs, models, patrols, report

OUTPUTS: Final = (
    inputs.SIGHTINGS, inputs.PLACES, inputs.BOUNDARY, inputs.WAYS, inputs.FACILITIES,
    corridors.PROXIMITY, corridors.PROXIMITY_TOTALS, corridors.CORRIDOR_TESTS,
    corridors.CORRIDOR_BANDS, corridors.CORRIDOR_CURVES, corridors.NULL_POINTS,
    corridors.CORRIDOR_EXPLAINED, hotspots.LIXELS, hotspots.HOTSPOTS, patrols.NEED, patrols.STOPS,
    patrols.LEGS, patrols.LEFT_OUT, patrols.HOTSPOT_STOPS, patrols.STOP_NEED,
    patrols.PATROL_MEASURES, patrols.TRADE_OFF, models.SECTIONS, models.ORIGINS,
    models.MOVEMENT_CHECK, models.ACCESS_SECTIONS, models.HELP, models.ASSUMPTIONS,
    inputs.EXCLUDED, inputs.SENSITIVITY, report.CONTRADICTIONS,
)  # fmt: skip
"""Tables that a run writes, in the order of the data dictionary."""

PLAN_OUTPUTS: Final = (
    patrols.STOPS, patrols.LEGS, patrols.LEFT_OUT, patrols.HOTSPOT_STOPS, patrols.STOP_NEED,
    patrols.PATROL_MEASURES, patrols.TRADE_OFF, patrols.VISITS,
)  # fmt: skip
"""Tables that a plan writes, likewise."""
