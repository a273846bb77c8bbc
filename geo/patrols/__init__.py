"""Where and when to offer help: stops, shifts, nights, and what a plan is worth.

Patrols bring help.  They stop at public or service places; a sighting's position is never a stop.

Start with `replan`, which plans on what a study found, or in steps: `prepare` finds the usable
stops, the need that each serves and the drives between; `propose` plans, checks and appraises a
night, `propose_several` several nights.
"""

from geo.patrols.appraisal import trade_off
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.night import plan_night
from geo.patrols.nights import plan_nights
from geo.patrols.proposal import as_tables, propose, propose_several, replan
from geo.patrols.timetable import changes

__all__ = [
    "PlanningInputs",
    "as_tables",
    "changes",
    "plan_night",
    "plan_nights",
    "prepare",
    "propose",
    "propose_several",
    "replan",
    "trade_off",
]
