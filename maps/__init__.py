"""Drawing: the planner map, the stop cards and their words; plots for notebooks.

``planner(findings, data)`` draws the map; start in `maps.planning`.  ``explore(frame, data)`` draws
one layer to move about in, and ``maps.plot`` draws each result with matplotlib.  What each room
draws:

==================  =====================================================================
`view`              what is shown of a run or a plan, put together once: start here
`planning`          the whole page
`plain_maps`        one layer on a page
`large_study_page`  the page of a large study
`plot`              each result as a matplotlib figure, in English
`panels`            beside the map: patrols, nights, how good the plan is, evidence
`sketch`            still pictures of a patrol, for paper
`overlays`          layers of the map: ground, what was reported, need, models
`page`              how a layer looks and gets into one file that needs nothing else
`cards`             stop cards to hang up, as a PDF
`summary`           what was found, in ten lines
`outputs`           everything that a run or a plan draws, together; the report
`evidence`          what was found, in the rows of the report
`plan_summary`      plan and findings in a few lines of English
`drawable`          which rows of any result have a place, and their colours
`words`             words, numbers, dates and names in every language
==================  =====================================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
