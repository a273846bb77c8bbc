"""What the command line prints.  Start with `lines`.

=============  =========================================================
`console`      lines, tables and stages on the screen, and what went wrong
`columns`      tables of text
`lines`        what a run or a plan ends with, and how plans differ
`log`          what the log holds
`tonight`      what changed in a night that is driven, and whom to tell
`crew`         likely languages, who speaks them, nights of practice
=============  =========================================================
"""

from typing import TYPE_CHECKING

from geo.rooms import opened_on_use

if TYPE_CHECKING:
    from maps.terminal import crew, lines, log, tonight

# The command line answers before pandas is there.
__all__ = ["crew", "lines", "log", "tonight"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
