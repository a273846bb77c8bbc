"""What leaves the office, for whom: the folder of a release, what it tells, and the register.

Start with `gate`: a folder is written by `folder`, read as an attacker does, and refused or let
through.  `register` checks what the user typed and lists all releases.
"""

from typing import TYPE_CHECKING

from layers import opened_on_use

if TYPE_CHECKING:
    from layers.releases import folder, gate, register
    from layers.releases.folder import Order
    from layers.releases.register import ReleaseError

__all__ = ["Order", "ReleaseError", "folder", "gate", "register"]

# The command line answers before pandas is there.
__getattr__, __dir__ = opened_on_use(
    __name__, "folder", "gate", "register", Order="folder", ReleaseError="register"
)
