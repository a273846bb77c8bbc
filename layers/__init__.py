"""Data in and out: readers bring data in, writers carry results out.

Both use what lies beside them here: `layers.schema` names every column, dtype and unit;
`layers.records` what goes into a study; `layers.filenames` what a run's files are called;
`layers.staging` changes an output folder all at once.  Readers and writers never import each other.
"""

from layers.rooms import opened_on_use

__getattr__, __dir__ = opened_on_use(__name__, "readers", "writers")
