"""Sections: public corridors cut to named sections, and how far official crossings are.

Start with `corridor_sections`: sections of at least 1 km, between the places that they run between.
`nearest_crossing` says how far these are from anything.
"""

from geo.sections.cutting import Sections, corridor_sections
from geo.sections.official_crossings import nearest_crossing

__all__ = ["Sections", "corridor_sections", "nearest_crossing"]
