"""Sightings from the field: every row of the user's files is used, or rejected with its reasons.

Start with `report`: `report.read(*files)` returns a `SightingsReport`.  `containers` finds a file's
format and reads it, with `workbooks`, into `tables`; `heading` finds the row
that names the columns.  `mapping` puts them under our names, by the `words` of three languages or
as a user said once for a form; `columns` finds which column holds what, and `personal` those that
look like personal data.  `rows` reads cells by the rules of `parsing` (degrees and units:
`quantities`), and compares the values of a row; `report` compares all files, and keeps or merges
probable duplicates.  `questions` says what is to be asked of a file that was handed in (`uploads`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
