"""The least visits of each stop in several nights, refused where no plan can make them."""

import math

import numpy as np

from geo.arrays import Ints
from geo.params import FortnightParams
from geo.params.types import hint
from geo.patrols.clock import longest_s, shift_span_s
from geo.patrols.inputs import PlanningInputs
from geo.routing.problem import DEPOT, ProblemError


def quotas(inputs: PlanningInputs, params: FortnightParams) -> Ints:
    """Return the least number of visits of every stop.

    Raises `ProblemError` if a minimum names a stop that cannot be visited.
    """
    ids = inputs.stops["stop"]
    unknown = sorted(
        stop
        for stop, visits in params.visits.items()
        if visits and stop not in set(ids) - set(inputs.not_assessed)
    )
    if unknown:
        why = inputs.unusable.set_index("stop")["reason"].to_dict()
        why |= dict.fromkeys(inputs.not_assessed, "not_assessed")
        text = ", ".join(
            f"{stop} ({why.get(stop, 'no candidate stop')})" for stop in unknown
        )
        raise ProblemError(
            f"[fortnight.visits] names stops that no patrol can visit: {text}. "
            f"{hint(unknown, ids)} Smallest change: take them out"
        )
    advised = np.where(inputs.reach.advised, params.advised_visits, 0)
    least = [
        params.visits.get(stop, visits)
        for stop, visits in zip(ids, advised, strict=True)
    ]
    return np.array(least, dtype=np.int64)


def refuse_contradictions(
    inputs: PlanningInputs, params: FortnightParams, quota: Ints, all_shifts: Ints
) -> None:
    """Refuse minimum visits that no fortnight has room for, and nights that it does not have.

    Parameters
    ----------
    inputs : PlanningInputs
    params : FortnightParams
    quota : (n,) ints
        Least visits of each stop.
    all_shifts : (n,) ints
        Shifts of the fortnight in which each can be visited.
    """
    ids = inputs.stops["stop"].tolist()
    faults = [
        f"{ids[stop]} is to be visited {quota[stop]} times, but only {all_shifts[stop]} shifts in "
        f"{params.nights} nights can visit it. Smallest change: ask for {all_shifts[stop]}"
        + _beyond_limits(inputs, params, stop)
        for stop in np.flatnonzero(quota > all_shifts).tolist()
    ]
    named = [night for some in inputs.params.some_nights for night in some.nights]
    if max(named, default=0) > params.nights:
        faults.append(
            f"patrols.some_nights names night {max(named)}, and {params.nights} nights are "
            f"planned. Smallest change: a night from 1 to {params.nights}"
        )
    service_s = int((quota * inputs.stops["service_s"].to_numpy(np.int64)).sum())
    shift_s = sum(end - start for start, end in map(shift_span_s, inputs.params.shifts))
    time_s = shift_s * inputs.params.vehicles * params.nights
    if service_s > time_s:
        more = -(-(service_s - time_s) // (shift_s * params.nights))
        faults.append(
            f"the minimum visits need {service_s // 60} min of service, and {params.nights} nights "
            f"have {time_s // 60} min of shift. Smallest change: {more} more vehicles, or "
            f"{-(-(service_s - time_s) // 60)} min of visits fewer"
        )
    if faults:
        raise ProblemError("\n".join(faults))


def _beyond_limits(inputs: PlanningInputs, params: FortnightParams, stop: int) -> str:
    """Return the limits of driving that would let a shift visit a stop; nothing if they do."""
    there_and_back = ([DEPOT, stop], [stop, DEPOT])
    km = math.ceil(inputs.matrix.distance_m[there_and_back].sum() / 1000)
    shift_s = longest_s(inputs.params.shifts)
    share = math.ceil(100 * inputs.matrix.time_s[there_and_back].sum() / shift_s) / 100
    limits = {"most_km": km, "most_driving_share": share}
    ways = [
        f"fortnight.{key} = {most}"
        for key, most in limits.items()
        if most > getattr(params, key)
    ]
    return f", or {' and '.join(ways)}" if ways else ""
