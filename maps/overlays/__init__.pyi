from . import basemap as basemap
from . import density as density
from . import models as models
from . import need_layers as need_layers
from . import observations as observations
