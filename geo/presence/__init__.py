"""Where crews were, and what they found there: effort that is measured, not assumed.

Start with `match`, which puts a phone's tracks on roads; `where_crew_was` and `in_sight` turn them
into minutes by piece of way and time of day.  `stop_table` says for each stop what was found in how
long, visits without a group too; `measured_effort` is the null model that these meetings rest on.
What they say of the rate of groups is `geo.intensity`'s.
"""

from geo.presence.matching import Matched, match
from geo.presence.sight import in_sight, minutes_by_section, where_crew_was
from geo.presence.visits import measured_effort, stop_table

__all__ = [
    "Matched",
    "in_sight",
    "match",
    "measured_effort",
    "minutes_by_section",
    "stop_table",
    "where_crew_was",
]
