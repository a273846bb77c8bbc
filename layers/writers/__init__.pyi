from . import formats as formats
from . import measured as measured
from . import new_study as new_study
from . import printing as printing
from . import private as private
from . import road_graph as road_graph
from . import run_folder as run_folder
from . import xlsform as xlsform
