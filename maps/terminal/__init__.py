"""What the command line prints, and the report of a run or a plan.

=============  =========================================================
`options`      the options of the commands
`console`      lines and tables on the screen, and what went wrong
`stages`       the stages of a command as they pass, with their times
`first_lines`  what to do, what was found, where it lies, on what it rests
`lines`        a plan in tables and sentences, and how it differs
`crew`         likely languages, and who speaks them
`grid`         a table: fitted to a terminal, or in plain text
`report`       all of it in Markdown, with `pictures` of the patrols
=============  =========================================================
"""

from typing import TYPE_CHECKING

from layers.rooms import opened_on_use

if TYPE_CHECKING:
    from maps.terminal import crew, first_lines, lines, log

# The command line answers before pandas is there.
__all__ = ["crew", "first_lines", "lines", "log"]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
