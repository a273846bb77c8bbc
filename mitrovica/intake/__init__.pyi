from . import new_study as new_study
from . import private_folder as private_folder
from . import row_files as row_files
