"""What stands beside the map.  Start with `timetable`.

==============  =======================================================
`timetable`     each patrol: stops in order, with times, roads, help
`crews`         the same as a table for the crew
`plan_quality`  its nights, what they achieve, what more would, what is left out
==============  =======================================================
"""

from geo.rooms import opened_on_use

__all__ = ["crews", "plan_quality", "timetable"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
