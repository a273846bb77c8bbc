from . import formats as formats
from . import large_study as large_study
from . import printing as printing
from . import road_graph as road_graph
from . import run_folder as run_folder
