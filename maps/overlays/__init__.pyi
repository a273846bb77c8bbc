from . import basemap as basemap
from . import density as density
from . import models as models
from . import need as need
from . import reported as reported
