"""Records of sightings become coarse, once, before anything is computed.

Start with `coarsen`: it turns records (table `RECORDS`) into the one table of sightings that the
study, the maps and the writers accept (table `SIGHTINGS`).  `check` refuses any other table.
`probable_duplicates` and `resolve` come before it, `events_of` after it; `reduced` is as much
of records as an office need keep.
"""

from geo.sightings.coarsening import (
    Coarsened,
    CoarseningError,
    check,
    coarsen,
    events_of,
    reduced,
)
from geo.sightings.duplicates import probable_duplicates, resolve

__all__ = [
    "Coarsened",
    "CoarseningError",
    "check",
    "coarsen",
    "events_of",
    "probable_duplicates",
    "reduced",
    "resolve",
]
