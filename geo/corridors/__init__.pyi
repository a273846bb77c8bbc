from .along import along as along
from .bands import band_areas as band_areas
from .comparison import compare_with_chance as compare_with_chance
from .comparison import window_about as window_about
from .distance import Corridor as Corridor
from .distance import corridors_of as corridors_of
from .distance import proximity as proximity
from .small_samples import (
    lowest_share_if_all_agree as lowest_share_if_all_agree,
)
from .weighing import weigh as weigh
