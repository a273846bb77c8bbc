"""Sightings from the field: every row of the user's files is used, or rejected with its reasons.

Start with `report`: `report.read(*files)` returns a `SightingsReport`.  `containers` finds a file's
format and reads it, with `workbooks` (XLSX) and `databases`, into `tables`; `columns` finds which
column holds what, and `personal` those that look like personal data; `rows` reads cells by the
rules of `parsing`, and compares the values of a row; `report` compares all files, and keeps or
merges probable duplicates.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
