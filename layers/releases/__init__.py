"""What leaves the office, for whom: the folder of a release, what it tells, and the register.

`terms` checks what the user typed, `order` gathers what a release is made of, `folder` writes what
a tier may hold, `evidence` reads a folder as an attacker does, `gate` refuses, `register` lists
all releases.
"""

from layers.releases import folder, gate, order, register, terms
from layers.releases.folder import Made
from layers.releases.order import Order
from layers.releases.terms import ReleaseError

__all__ = ["Made", "Order", "ReleaseError", "folder", "gate", "order", "register", "terms"]
