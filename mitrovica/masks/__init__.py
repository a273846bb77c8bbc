"""What may leave, for whom: sightings are masked first, and then analysed again.

Start with `mask`: it makes cells of the coarse sightings of a run, and then of these cells the only
sightings that the analysis of a release sees.  `twin` draws other sightings that make the same
cells: what a release shows beyond its cells differs from that of a twin.  `difference` is what two
releases show together, `utility` what masking costs, and `combine` puts what several offices
released in one picture.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
