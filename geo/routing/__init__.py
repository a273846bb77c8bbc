"""How to drive, and in which order: travel times on roads, and routes for several vehicles.

Start with `drivable` (roads to a network with speeds) and `matrix` (fastest drives between stops).
A `Problem` then says what each visit is worth and when vehicles work; `solve` finds the routes, in
which two stops may serve the same need, which counts once (`Cover`).  Where there is none, the
error of `faults` names the smallest change that helps.
"""

from geo.routing.driving import drivable, matrix
from geo.routing.problem import Cover, Pause, Problem, ProblemError, Window
from geo.routing.solver import greedy, solve

__all__ = [
    "Cover",
    "Pause",
    "Problem",
    "ProblemError",
    "Window",
    "drivable",
    "greedy",
    "matrix",
    "solve",
]
