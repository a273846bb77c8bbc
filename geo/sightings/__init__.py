"""The door: records of sightings become what may leave, once, before anything is computed.

Start with `coarsen`: it turns records (table `RECORDS`) into the one table of sightings that the
study, the maps and the writers accept (table `SIGHTINGS`).  `check` refuses any other table.
`probable_duplicates` and `resolve` come before it, `events_of` after it.

===============  ==========================================================================
module           what it holds
===============  ==========================================================================
`door`           what may be known of a sighting; which sightings are events
`duplicates`     one group reported twice
`laws`           where the true place of a sighting may be
===============  ==========================================================================
"""

from geo.sightings.door import Coarsened, DoorError, check, coarsen, events_of
from geo.sightings.duplicates import probable_duplicates, resolve

__all__ = [
    "Coarsened",
    "DoorError",
    "check",
    "coarsen",
    "events_of",
    "probable_duplicates",
    "resolve",
]
