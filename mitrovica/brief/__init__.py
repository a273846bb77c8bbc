"""The month in figures: what patrols did, whom they met, what they understood and gave.

Start with `figures_of`, which counts a log by month, and lets through of a quarter or a half-year
what a tier of a release may know.  `year_of` sets years side by side, `languages` says which
languages to expect and who should ride along; `sheets` draws the month in two pages.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
