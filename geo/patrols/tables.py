"""Plans as tables."""

from collections.abc import Sequence
from dataclasses import replace

from geo.patrols.left_out import left_out
from geo.patrols.survey import PlanningInputs
from geo.patrols.timetable import PlannedShift, legs_table, stops_table
from geo.results import Patrols
from geo.routing.problem import DEPOT
from layers.schema import LEFT_OUT, LEGS, STOP_NEED, STOPS


def no_patrols(crs: str) -> Patrols:
    """Return the tables of a study without patrols, all empty."""
    return Patrols(STOPS.geoframe(crs=crs), LEGS.geoframe(crs=crs), LEFT_OUT.frame())


def as_tables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    of_night = timetables(inputs, planned)
    return replace(summary(inputs, planned), stops=of_night.stops, legs=of_night.legs)


def timetables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable and road geometries."""
    return Patrols(
        stops=stops_table(inputs, planned),
        legs=legs_table(inputs, planned),
        left_out=LEFT_OUT.frame(),
    )


def summary(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], *, several: bool = False
) -> Patrols:
    """Return the tables of one night, or of several together, without timetable and roads."""
    needs = inputs.stops.join(inputs.reach.by_stop).assign(
        at_advised=inputs.reach.advised, little_known=inputs.reach.little_known
    )
    crs = str(inputs.stops.crs)
    return Patrols(
        stops=STOPS.geoframe(crs=crs),
        legs=LEGS.geoframe(crs=crs),
        left_out=left_out(inputs, planned, several=several),
        hotspot_stops=inputs.hotspot_stops,
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )
