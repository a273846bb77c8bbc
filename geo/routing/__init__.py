"""How to drive, and in which order: travel times on roads, and routes for several vehicles.

Start with `drivable` (roads to a network with speeds) and `matrix` (fastest drives between stops).
A `Problem` then says what each visit is worth and when vehicles work; `solve` finds the routes, in
which two stops may serve the same need, which counts once (`Cover`).

- `driving`: the drivable network, travel times, road geometries
- `problem`: team orienteering with time windows and a pause, its timetable and its objective
- `faults`: what makes a problem impossible, and the smallest change that helps
- `covering`: what the stops of a plan are worth together
- `solver`: routes by a large-neighbourhood search, and greedy insertion
"""

from geo.routing.covering import Cover
from geo.routing.driving import drivable, matrix
from geo.routing.problem import Pause, Problem, ProblemError, Window
from geo.routing.solver import greedy, solve

__all__ = [
    "Cover", "Pause", "Problem", "ProblemError", "Window", "drivable", "greedy", "matrix", "solve",
]  # fmt: skip
