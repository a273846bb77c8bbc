"""The one place where columns, dtypes and units are named.

A `Table` is the contract between a reader, the analysis and a writer.  What its columns are stands
in `layers/data/tables`, a file a subject; the data dictionary is made from there, so a column that
is not described there does not leave the toolkit.
"""

from layers.schema.table import *
from layers.schema.tables import *
from layers.schema.values import *
