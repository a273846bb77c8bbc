"""Drawing: the planner map, the stop cards and the words, in three languages.

``planner(findings, data)`` draws the map; start in `maps.planning`.  What each room draws:

============  =====================================================================
`planning`    the whole page
`panels`      beside the map: timetable, nights, how good the plan is, charts
`sketch`      still pictures of a patrol, for paper
`overlays`    layers of the map: ground, what was reported, need, models
`page`        how a layer looks and gets into one file that asks for nothing
`cards`       stop cards to hang up, as a PDF
`summary`     what was found, in ten lines
`terminal`    what the command line prints
`words`       words, numbers, dates and names in every language
============  =====================================================================
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maps.planning import planner

__all__ = ["planner"]


def __getattr__(name: str) -> Any:
    """Import the planner when it is first used: the command line answers before folium is there."""
    if name == "planner":
        from maps.planning import planner  # noqa: PLC0415

        return planner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
