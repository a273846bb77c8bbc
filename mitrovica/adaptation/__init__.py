"""Adaptation: what visits of the log change in the next nights.

Help accepted counts, not people met.  `records_of` adds up what each stop brought; `weighed_need`
says what need it is taken to have; `stays_away` names stops from which people stay away: nothing
follows them.  `persists` tells whether visits have shown that elsewhere they do not.  `lots` draws
the stops that are explored, and says with which probability.  `Feedback` is all of it, as
`geo.patrols.replan` takes it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
