"""What leaves the office, for whom: masked first, analysed again, compared with a twin, registered.

Start with `mask`: it makes cells of the coarse sightings of a run, and then of these cells the only
sightings that the analysis of a release sees.  `gate` lets a folder through: `folder` writes it, and
it is compared with that of a `twin`, of other sightings that make the same cells.  `register` checks
what the user typed and lists all releases; `partners` is the office's list of those who may have
more than everybody, and `names` tells who never may.  `difference` is what two releases show
together, `utility` what masking costs; `combine` puts what several offices released in one picture,
and `partner_files` says who may have it, on which terms.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
