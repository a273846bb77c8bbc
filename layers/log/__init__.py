"""The log of what patrols find: one GeoPackage in the user's data folder, never sent to others.

Start with `adding.add`, which puts files into a log, each record once.  `pages` reads what crews
filled in, `tracks` where they drove, and puts it on roads; `store` keeps the log in its file;
`in_force` says what of it counts; `keeping` merges, exports and purges it, and says what it holds,
for the monthly brief too.
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from layers.log import adding, keeping, store, tracks

__all__ = ["adding", "keeping", "store", "tracks"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
