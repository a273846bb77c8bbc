from . import about as about
from . import breaches as breaches
from . import catalogue as catalogue
from . import corridor_answers as corridor_answers
from . import names as names
from . import phrases as phrases
from . import quantities as quantities
