"""Still pictures of a patrol, for paper and for where scripts do not run.

Start in `picture`: `Sketcher.sketches` returns the whole route and its enlargements.

=============  ===============================================
`picture`      one picture: route, stops, ground
`insets`       what is enlarged, and how large each picture is
`labels`       numbers and names of roads, and where a label hides nothing
`screen`       the same numbers and names for the screen map
=============  ===============================================
"""

from maps.sketch.picture import Sketch, Sketcher, grounds

__all__ = ["Sketch", "Sketcher", "grounds"]
