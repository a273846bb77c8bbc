"""What stands beside the map.

==============  =======================================================
`timetable`     each patrol: stops in order, with times, roads, help
`crews`         the same as a table for the crew
`plan_quality`  its nights, what they achieve, what more would, what is left out
==============  =======================================================
"""
