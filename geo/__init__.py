"""Analysis: pure functions on GeoDataFrames and arrays, one measure a file.

Nothing here opens a file, a socket or a clock.  Every measure takes metres: see `geo.crs`.
`geo.study.run` is the whole of it in one function; start there.  A room needs only the rooms below
it in this table (``lint-imports`` holds that):

=============  ============================================================================
room           the question that it answers
=============  ============================================================================
`study`        the whole study
`tiles`        the same for a network too large for one process
`patterns`     K function, densities of other kinds, bandwidths: for notebooks
`presence`     where crews were and what they met: effort that is measured
`siting`       where a service would serve most need within a walk
`intensity`    how many groups pass at stops, from visits and reports, and how sure it is
`corridors`    how near were sightings reported to corridors, and is it nearer than chance
`hotspots`     where more was reported than reporting effort alone would bring
`access`       how far is help, on foot
`patrols`      where and when to offer help
`chance`       what would chance look like
`sections`     corridors cut to named sections, and how far official crossings are
`routing`      how to drive, and in which order
`sightings`    what may be known of sightings (coarsening), and how well a place is known
`network`      the network: graph, positions, lixels, segments
=============  ============================================================================

Beside them: `omissions` (what a study leaves out).
Below them: `limits` (what is too large),
`results` (what comes out), `params`, `crs`.  On the ground: `records` (what goes in), `schema`
(every column, dtype and unit), `arrays` (types), `arguments` (what callers give), `breaches`
(what a plan does not keep), `evidence_line` (how a result shows itself).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
