"""Where crews were, and what they found there: effort that is measured, not assumed.

Start with `where_crew_was`, which follows a phone's tracks; `in_sight` turns them into minutes by
piece of way and time of day.  `stop_table` says for each stop what was found in how
long, visits without a group too; `measured_effort` is the null model that these meetings rest on.
What they say of the rate of groups is `geo.intensity`'s.
"""

from geo.presence.sight import in_sight, minutes_by_section
from geo.presence.tracks import Whereabouts, where_crew_was
from geo.presence.visits import measured_effort, stop_table

__all__ = [
    "Whereabouts",
    "in_sight",
    "measured_effort",
    "minutes_by_section",
    "stop_table",
    "where_crew_was",
]
