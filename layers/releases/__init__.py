"""What leaves the office, for whom: the folder of a release, what it tells, and the register.

`register` checks what the user typed and lists all releases, `folder` writes what a tier may hold,
`evidence` reads it as an attacker does, `gate` refuses or lets through.
"""

from layers.releases import folder, gate, register
from layers.releases.folder import Order
from layers.releases.register import ReleaseError

__all__ = ["Order", "ReleaseError", "folder", "gate", "register"]
