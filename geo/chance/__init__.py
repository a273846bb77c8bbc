"""Where sightings would be by chance, and whether a curve strays from what chance gives.

Start with `reporting_effort`: sightings can only be reported from where an observer could have
been; `assumed_efforts` are several assumptions on that.  `uniform` and `on_network` are other
null models.  `effort_per_metre` puts effort on the
edges of a network; `envelope` tests a whole curve against simulated ones.
"""

from geo.chance.envelopes import Envelope, envelope
from geo.chance.nulls import (
    ASSUMED,
    Null,
    Observers,
    assumed_efforts,
    effort_per_metre,
    on_network,
    reporting_effort,
    uniform,
)
from geo.chance.raster import on_raster

__all__ = [
    "ASSUMED",
    "Envelope",
    "Null",
    "Observers",
    "assumed_efforts",
    "effort_per_metre",
    "envelope",
    "on_network",
    "on_raster",
    "reporting_effort",
    "uniform",
]
