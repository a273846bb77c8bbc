"""Movement: how people may move along public corridors, a model with assumptions.

Start with `expected_flow`: trips from the report's entries to the official crossings, published per
named corridor section of at least 1 km.  `nearest_crossing` says how far these are from anything.
"""

from geo.movement.flow import expected_flow
from geo.movement.multimodal import MovementError
from geo.movement.official_crossings import nearest_crossing
from geo.movement.sections import Sections, corridor_sections

__all__ = [
    "MovementError",
    "Sections",
    "corridor_sections",
    "expected_flow",
    "nearest_crossing",
]
