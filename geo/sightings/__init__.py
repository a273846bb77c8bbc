"""The door: records of sightings become what may leave, once, before anything is computed.

Start with `coarsen`: it turns records (table `RECORDS`) into the one table of sightings that the
study, the maps and the writers accept (table `SIGHTINGS`).  `check` refuses any other table.
`probable_duplicates` and `resolve` come before it, `events_of` after it.
"""

from geo.sightings.door import Coarsened, DoorError, check, coarsen
from geo.sightings.duplicates import probable_duplicates, resolve
from geo.sightings.events import events_of

__all__ = [
    "Coarsened",
    "DoorError",
    "check",
    "coarsen",
    "events_of",
    "probable_duplicates",
    "resolve",
]
