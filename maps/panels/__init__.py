"""What stands beside the map.  Start with `timetable`.

==============  =======================================================
`timetable`     each patrol: stops in order, with times, roads, help
`marks`         their numbered stops on the map
`crews`         the same as a table for the crew
`plan_quality`  its nights, what they achieve, what more would, what is left out
`crossings`     the official crossings: who enters there, why no patrol goes
==============  =======================================================
"""

from geo.rooms import opened_on_use

__all__ = ["crews", "crossings", "marks", "plan_quality", "timetable"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
