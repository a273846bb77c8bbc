"""What an office takes in and keeps to itself: files handed in, a new study, private folders.

Start with `study_sightings`: files of sightings as people made them become a `report`, in which
every row is used, or rejected with its reasons.  `containers` opens a file, `heading` finds the row
that names the columns, `hashtags` knows those of HXL.  `mapping` puts columns under our names, by
the `words` of three languages or as a user said once for a form; `columns` finds which column holds
what, and `personal` those that look like personal data.  `record_rows` reads cells (degrees and
units: `quantities`) and compares the values of a row; `report` compares all files.  `questions`
says what is to be asked of a file that was handed in (`uploads`).  `new_study` and
`study_file` write `study.toml`, with values as `toml_values` has them; `xlsform` the forms for the
field, `table_form` tables to fill in.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
