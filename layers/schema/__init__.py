"""The one place where columns, dtypes and units are named.

A `Table` is the contract between a reader, the analysis and a writer.  The data dictionary is
generated from the tables here, so a column that is not described here does not leave the toolkit.
`table` says what a table and a column are.  The tables stand by subject: `inputs` (records,
sightings, places, ways), `corridors`, `hotspots`, `models` (movement, access), `patrols` (need,
stops, plans), `log` (what patrols found); `outputs` holds the report's contradictions and lists
what a run and a plan write.
"""

from layers.schema.corridors import *
from layers.schema.hotspots import *
from layers.schema.inputs import *
from layers.schema.log import *
from layers.schema.models import *
from layers.schema.outputs import *
from layers.schema.patrols import *
from layers.schema.table import *
