"""What may leave."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Interval, MultipleOf
from pydantic.dataclasses import dataclass

from geo.params.types import MOST, SOURCED, Number, Whole


@dataclass(frozen=True, config=SOURCED)
class PrivacyParams:
    """``[privacy]``: what may leave, settled once at the door (`geo.sightings`)."""

    grid_m: Annotated[Number, Interval(ge=100, le=10_000), MultipleOf(100)] = 100.0
    """Side of the cell that a reported position becomes.  100 m is the finest grid on which
    statistical offices publish counts of people (GISCO, GEOSTAT: 1 km; national ones: 100 m).
    Multiples of 100 only: their lines nest, so that no two runs cut a cell of 100 m."""
    least_reports: Annotated[Whole, Interval(ge=3, le=MOST)] = 3
    """A month with a size class is given for at least so many reports; else the quarter, then no
    size class.  3 is the least frequency rule of statistical offices (Hundepool et al. 2012,
    Statistical Disclosure Control)."""
    hold_days: Annotated[Whole, Interval(ge=1, le=365)] = 90
    """Days after the run until which its files hold."""
    exact: bool = False
    """For the office that keeps the records only: the study on exact positions.  Every file is
    marked INTERNAL."""
