from . import about as about
from . import broken_rules as broken_rules
from . import catalogue as catalogue
from . import corridor_answers as corridor_answers
from . import names as names
from . import phrased_numbers as phrased_numbers
from . import phrases as phrases
