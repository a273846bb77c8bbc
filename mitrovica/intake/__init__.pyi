from . import new_study as new_study
from . import private_folder as private_folder
from . import taken_rows as taken_rows
