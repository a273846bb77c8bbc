from . import formats as formats
from . import network as network
from . import pdf as pdf
from . import private as private
from . import run_folder as run_folder
from . import study as study
from . import xlsform as xlsform
