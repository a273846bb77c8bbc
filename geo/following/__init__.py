"""Following: what visits of the log say of help at stops, for the plan of the next nights.

Help accepted counts, not people met.  `records_of` adds up what each stop brought; `worth` says
what a visit there may bring; `stays_away` names stops from which people stay away: nothing follows
them.  `persists` tells whether visits have shown that elsewhere they do not.  `lots` draws the
stops that are explored, and says with which probability.
"""

from geo.following.away import beside, persists, stays_away
from geo.following.brought import Records, records_of
from geo.following.draws import Lots, lots
from geo.following.expected import accepted_share, worth

__all__ = [
    "Lots",
    "Records",
    "accepted_share",
    "beside",
    "lots",
    "persists",
    "records_of",
    "stays_away",
    "worth",
]
