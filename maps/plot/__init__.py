"""Results as matplotlib figures, for notebooks and papers: a function a result, named as it.

``plot.hotspots(findings.hotspots, data)`` draws ``findings.hotspots``.  As in geopandas, every
function takes `ax` to draw on and returns the axes; where there are several panels, it takes `axes`
and returns a list.  `title` stands over what a picture says of itself.  Texts are in English.
Tables of one figure a row, such as ``plan.stop_need``, draw themselves by pandas.

Results have no method ``plot``: `geo` imports no drawing, so that a method could only come from a
register that `maps` fills, and would work or fail by what was imported before.  A function is found
by its name.  For maps to move about in, see `maps.planner` (the whole study) and `maps.explore`
(one layer).

===========  ==============================================================================
module       what it draws
===========  ==============================================================================
`pictures`   each result
`axes`       axes, and the ground under a map
===========  ==============================================================================
"""

from maps.plot.pictures import (
    access,
    bands,
    curves,
    expected,
    hotspots,
    k_test,
    patrols,
    proximity,
)

__all__ = [
    "access",
    "bands",
    "curves",
    "expected",
    "hotspots",
    "k_test",
    "patrols",
    "proximity",
]
