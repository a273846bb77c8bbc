"""Plans as tables."""

from collections.abc import Sequence
from dataclasses import replace

from geo.patrols.left_out import left_out
from geo.patrols.survey import PlanningInputs
from geo.patrols.timetable import PlannedShift, legs_table, stops_table
from geo.results import Patrols
from geo.routing.problem import DEPOT
from layers.schema import LEGS, STOP_NEED, STOPS


def no_patrols(crs: str) -> Patrols:
    """Return the tables of a study without patrols, all empty."""
    return Patrols(STOPS.geoframe(crs=crs), LEGS.geoframe(crs=crs))


def as_tables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    return with_stops(timetables(inputs, planned), inputs, planned)


def timetables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable and road geometries."""
    return Patrols(stops_table(inputs, planned), legs_table(inputs, planned))


def with_stops(
    patrols: Patrols, inputs: PlanningInputs, planned: Sequence[PlannedShift], *,
    several: bool = False,
) -> Patrols:  # fmt: skip
    """Return the plan of one night, or of several together, with the tables of all its stops."""
    reach = inputs.reach
    needs = inputs.stops.join(reach.by_stop)
    needs = needs.assign(at_advised=reach.advised, little_known=reach.little_known)
    return replace(
        patrols,
        left_out=left_out(inputs, planned, several=several),
        hotspot_stops=inputs.hotspot_stops,
        roads=inputs.matrix,
        nodes=dict(zip(inputs.stops["stop"], inputs.matrix.nodes.tolist(), strict=True)),
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )
