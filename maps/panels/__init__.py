"""What stands beside the map.  Start with `patrol_panel`.

==================  ===================================================================
`patrol_panel`      each patrol: stops in order, with times, roads, help
`numbered_stops`    their numbered stops on the map
`crews`             the same as a table for the crew
`plan_quality`      its nights, what they achieve, what more would, what is left out
`crossings`         the official crossings: who enters there, why no patrol goes
==================  ===================================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
