"""What stands beside the map.

==============  =======================================================
`timetable`     each patrol: stops in order, with times, roads, help
`crews`         the same as a table for the crew
`card_texts`    the texts of the cards, for a native reader to correct
`nights`        the patrols of each night
`plan_quality`  what the plan achieves, what more would, what is left out
`evidence`      what was found about each kind of corridor
`charts`        distances to corridors, and curves beside chance
==============  =======================================================
"""
