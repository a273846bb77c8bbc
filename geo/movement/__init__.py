"""Movement: how people may move along public corridors, a model with assumptions.

Start with `expected_flow`: trips from the report's entries to the official crossings, published per
named corridor section of at least 1 km.

=============  ============================================================================
module         what it holds
=============  ============================================================================
`model`        the expected flow, who enters where, and a check against what was seen
`flows`        the flow for one setting of the assumed values
`rsp`          randomised shortest paths
`reduction`    a smaller graph with the same trips
`costs`        arcs of the multimodal network and their minutes
`multimodal`   walking, riding, and where one joins the other
`sections`     named sections of corridors
`assumptions`  the table of assumptions with their sources
=============  ============================================================================
"""

from geo.movement.model import expected_flow
from geo.movement.multimodal import MovementError
from geo.movement.sections import Sections, corridor_sections

__all__ = [
    "MovementError",
    "Sections",
    "corridor_sections",
    "expected_flow",
]
