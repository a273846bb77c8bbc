"""The one place where columns, dtypes and units are named.

A `Table` is the contract between a reader, the analysis and a writer.  The data dictionary is
generated from the tables here, so a column that is not described here does not leave the toolkit.
`table` says what a table is; the other modules name the tables of one subject each.
"""

from __future__ import annotations

from layers.schema.corridors import *
from layers.schema.hotspots import *
from layers.schema.inputs import *
from layers.schema.models import *
from layers.schema.outputs import *
from layers.schema.patrols import *
from layers.schema.report import *
from layers.schema.table import *
