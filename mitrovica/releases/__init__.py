"""What leaves the office, for whom: the folder of a release, what it tells, and the register.

Start with `gate`: a folder is written by `folder`, compared with that of a twin, and refused or let
through.  `register` checks what the user typed and lists all releases; `partner_files` says who may
have releases of several offices in one picture, on which terms; `partners` is the office's
list of those who may have more than everybody, and `names` tells who never may.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
