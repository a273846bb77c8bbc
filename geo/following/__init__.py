"""Following: what visits of the log say of help at stops, for the plan of the next nights.

Help accepted counts, not people met.  `records_of` adds up what each stop brought; `weighed_need`
says what need it is taken to have; `stays_away` names stops from which people stay away: nothing
follows them.  `persists` tells whether visits have shown that elsewhere they do not.  `lots` draws
the stops that are explored, and says with which probability.
"""

from geo.following.avoidance import near_away, persists, stays_away
from geo.following.draws import Lots, lots
from geo.following.visit_outlook import accepted_share, weighed_need
from geo.following.visit_results import Records, records_of

__all__ = [
    "Lots",
    "Records",
    "accepted_share",
    "lots",
    "near_away",
    "persists",
    "records_of",
    "stays_away",
    "weighed_need",
]
