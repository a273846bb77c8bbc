"""Sightings from the field: every row of the user's files is used, or rejected with its reasons.

Start at `report`: `report.read(*files)` returns a `SightingsReport`.  A file passes these modules,
in this order:

=============  ==================================================================================
module         what it does
=============  ==================================================================================
`containers`   find the format; read GeoJSON and GeoPackage
`workbooks`    read XLSX
`delimited`    read CSV, with its encoding and its separator
`tables`       hold what was read, column by column
`columns`      find which column holds what
`personal`     find columns that look like personal data
`values`       turn a cell into a number, a day or a word
`rows`         read whole columns of cells, and gather the faults of each row
`rowchecks`    compare the values of a row with each other
`report`       compare the rows of all files, and report what became of each
`usable`       keep or merge probable duplicates
=============  ==================================================================================

`cells` says what a cell may hold; `faults` what a fault of a file and a fault of a row are.
"""
