"""Where and when to offer help: stops, shifts, nights, and what a plan is worth.

Patrols bring help.  They stop at public or service places; a sighting's position is never a stop.

Start with `replan`, which plans on what a study found, or in steps: `prepare` finds the usable
stops, the need that each serves and the drives between; `propose` plans, checks and appraises a
night, `propose_several` several nights.

- `need`: where help is most likely needed, in four parts, and which stop serves it
- `stops`: candidate stops, and whether a road leads to them
- `survey`: the inputs of every plan, and what no night can fulfil
- `shifts`: the plan of a shift and of a night, with what the dispatcher locked
- `nights`: the plan of several nights
- `clock`: shifts by the clock and by the sun
- `timetable`: the tables of a plan, when it comes by a place, what differs between two plans
- `left_out`: why a stop is left out, and what would admit it
- `edited`: a timetable that somebody edited, timed anew, and what the page needs to edit one
- `vroom`: shifts as problems that VROOM solves, and its solutions as timetables
- `audit`: an independent check of a plan
- `appraisal`: measures, yardsticks, robustness, the price of more
- `proposal`: the whole story, and its tables
"""

from geo.patrols.appraisal import trade_off
from geo.patrols.nights import plan_nights
from geo.patrols.proposal import as_tables, propose, propose_several, replan
from geo.patrols.shifts import plan_night
from geo.patrols.survey import PlanningInputs, prepare
from geo.patrols.timetable import changes

__all__ = [
    "PlanningInputs", "as_tables", "changes", "plan_night", "plan_nights", "prepare", "propose",
    "propose_several", "replan", "trade_off",
]  # fmt: skip
