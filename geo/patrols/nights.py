"""The nights of a plan: numbered and dated, and several of them as one set of tables."""

from __future__ import annotations

import datetime
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from geo.arrays import Floats
from geo.params import FortnightParams
from geo.patrols import appraisal, fortnight
from geo.patrols import survey as patrols
from geo.patrols.audit import require_sound
from geo.patrols.survey import Ground
from geo.patrols.timetable import PlannedShift
from geo.results import Patrols
from layers.schema import LEGS, PATROL_MEASURES, STOPS


def numbered(proposed: Patrols, night: int, first: datetime.date | None) -> Patrols:
    """Return the patrols of one night with its number and its date.

    Parameters
    ----------
    proposed : geo.results.Patrols
    night : int
        From 1.
    first : datetime.date, optional
        The day on which night 1 begins.
    """
    day = None if first is None else first + datetime.timedelta(days=night - 1)
    date = None if day is None else day.isoformat()
    return replace(
        proposed,
        stops=STOPS.geoframe(proposed.stops.assign(night=night, date=date)),
        legs=LEGS.geoframe(proposed.legs.assign(night=night, date=date)),
        measures=PATROL_MEASURES.frame(proposed.measures.assign(night=night)),
    )


def night_of(proposed: Patrols, night: int) -> Patrols:
    """Return what a plan of several nights says of one of them."""
    stops, legs, made = proposed.stops, proposed.legs, proposed.measures
    return replace(
        proposed,
        stops=stops[stops["night"] == night].reset_index(drop=True),
        legs=legs[legs["night"] == night].reset_index(drop=True),
        measures=made[made["night"] == night].reset_index(drop=True),
    )


def by_night(stops: gpd.GeoDataFrame) -> list[tuple[datetime.date | None, gpd.GeoDataFrame]]:
    """Return the timetable of each night with the day on which it begins, where that is known.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, table `STOPS`
    """
    return [
        (_day(rows["date"].iloc[0]), gpd.GeoDataFrame(rows)) for _, rows in stops.groupby("night")
    ]


def propose_several(ground: Ground, boundary: gpd.GeoDataFrame, wish: FortnightParams) -> Patrols:
    """Plan several nights, check each, and return all of them as one set of tables.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    boundary : geopandas.GeoDataFrame of Polygon, the CRS of the ground
        Patrols stay inside it.
    wish : geo.params.FortnightParams

    Returns
    -------
    geo.results.Patrols
        ``left_out`` are the stops that no night visits.

    Raises
    ------
    geo.routing.problem.ProblemError
        If the minimum visits contradict the shifts, or cannot be met.
    geo.patrols.audit.PlanError
        If a night breaks a rule of its own.
    """
    found = fortnight.plan(ground, wish)
    made = [
        _night(ground, boundary, list(shifts), n, explored)
        for n, (shifts, explored) in enumerate(
            zip(found.nights, found.explored_shares, strict=True), 1
        )
    ]
    whole = patrols.summary(ground, [shift for night in found.nights for shift in night])
    return replace(
        whole,
        stops=pd.concat([night.stops for night in made], ignore_index=True),
        legs=pd.concat([night.legs for night in made], ignore_index=True),
        measures=pd.concat([night.measures for night in made], ignore_index=True),
        visits=found.visits,
    )


def _night(
    ground: Ground,
    boundary: gpd.GeoDataFrame,
    shifts: list[PlannedShift],
    night: int,
    explored: Floats,
) -> Patrols:
    """Return the tables of one night of several, or refuse them.

    Explored is what was little known before that night: `explored`, a share for each shift.
    """
    proposed = patrols.timetables(ground, shifts)
    drive, name = ground.matrix.drive, f"night {night}"
    require_sound(proposed, drive, boundary, ground.wish, usual_times=True, name=name)
    made = appraisal.measures(ground, shifts).assign(plan="proposed", explored_share=explored)
    return numbered(replace(proposed, measures=made), night, ground.wish.date)


def _day(date: str | None) -> datetime.date | None:
    return None if pd.isna(date) else datetime.date.fromisoformat(str(date))
