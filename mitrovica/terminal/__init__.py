"""What the command line prints.  Start with `lines`.

================  =========================================================
`console`         lines, tables and stages on the screen, and what went wrong
`lines`           what a run or a plan ends with, and how plans differ
`log`             what the log holds
`dispatch_lines`  what changed in a night that is driven, and whom to tell
`crew`            likely languages, who speaks them
================  =========================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
