"""Where crews were, and what they found there: effort that is measured, not assumed.

Start with `match`, which puts a phone's tracks on roads; `where_crew_was` and `in_sight` turn them
into minutes by piece of way and time of day.  `stop_table` says for each stop what was found in how
long, visits without a group too; `measured_effort` is the null model that these meetings rest on,
`use_by_section` what they say about corridors.  `geo.practice` draws seasons to try all this on.
"""

from geo.presence.matching import Matched, match
from geo.presence.sight import in_sight, minutes_by_section, where_crew_was
from geo.presence.visits import measured_effort, stop_table, use_by_section

__all__ = [
    "Matched",
    "in_sight",
    "match",
    "measured_effort",
    "minutes_by_section",
    "stop_table",
    "use_by_section",
    "where_crew_was",
]
