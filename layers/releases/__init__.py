"""What leaves the office, for whom: the folder of a release, what it tells, and the register.

Start with `gate`: a folder is written by `folder`, read as an attacker does, and refused or let
through.  `register` checks what the user typed and lists all releases; `partners` is the office's
list of those who may have more than everybody, and `names` tells who never may.
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from layers.releases import folder, gate, partners, register
    from layers.releases.folder import Order
    from layers.releases.register import ReleaseError

__all__ = ["Order", "ReleaseError", "folder", "gate", "partners", "register"]

# The command line answers before pandas is there.
__getattr__, __dir__ = opened_on_use(
    __name__,
    "folder",
    "gate",
    "partners",
    "register",
    Order="folder",
    ReleaseError="register",
)
