from . import edits as edits
from . import rest_of_night as rest_of_night
