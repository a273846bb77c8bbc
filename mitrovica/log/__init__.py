"""The log of what patrols find: one GeoPackage in the user's data folder, never sent to others.

Start with `imports.add`, which puts files into a log, each record once.  `visit_forms` reads what
crews filled in, `tracks` where they drove, in minutes too; `store` keeps the log in its file;
`current` says what of it counts; `retention` merges, exports and purges it, and says what it holds,
for the monthly brief too.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
