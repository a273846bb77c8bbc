"""Which tables a run and a plan write."""

from __future__ import annotations

from typing import Final

from layers.schema.corridors import (
    CORRIDOR_BANDS,
    CORRIDOR_CURVES,
    CORRIDOR_EXPLAINED,
    CORRIDOR_TESTS,
    NULL_POINTS,
    PROXIMITY,
    PROXIMITY_TOTALS,
)
from layers.schema.hotspots import HOTSPOTS, LIXELS
from layers.schema.inputs import (
    BOUNDARY,
    EXCLUDED,
    FACILITIES,
    PLACES,
    SENSITIVITY,
    SIGHTINGS,
    WAYS,
)
from layers.schema.models import (
    ACCESS_SECTIONS,
    ASSUMPTIONS,
    HELP,
    MOVEMENT_CHECK,
    ORIGINS,
    SECTIONS,
)
from layers.schema.patrols import (
    HOTSPOT_STOPS,
    LEFT_OUT,
    LEGS,
    NEED,
    PATROL_MEASURES,
    STOP_NEED,
    STOPS,
    TRADE_OFF,
    VISITS,
)
from layers.schema.report import CONTRADICTIONS

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
