"""Sightings from the field: every row of the user's files is used, or rejected with its reasons.

Start at `report`: `report.read(*files)` returns a `SightingsReport`.  `containers` finds a file's
format and reads it, with `workbooks` (XLSX) and `databases`, into `tables`; `columns` finds which
column holds what, and `personal` those that look like personal data; `rows` reads cells by the
rules of `cells`, and compares the values of a row; `report` compares all files, and keeps or
merges probable duplicates.
"""
