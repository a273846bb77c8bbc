"""The month in figures: what patrols did, whom they met, what they understood and gave.

Start with `figures_of`, which counts a log by month, and lets through of a quarter or a half-year
what a tier of a release may know.  `report_figures` sets the report's figures side by side, both
where two contradict; a `PressCheck` checks corridors by published reports.  `languages` says which
languages to expect and who should ride along.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
