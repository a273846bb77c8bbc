from . import basemap as basemap
from . import density as density
from . import models as models
from . import need as need
from . import observations as observations
