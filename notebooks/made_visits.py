"""Made-up visits with a known truth, for the notebook that reads each measure beside it."""

import numpy as np
import pandas as pd

from geo import schema
from geo.records import Log
from geo.results import Patrols


def made(plan: Patrols, nights: int, seed: int) -> tuple[pd.Series, Log]:
    """Return the true rate of groups at each stop in an hour, and what crews would have logged.

    The plan is driven as it stands, night after night; the groups met are a Poisson number.  It is
    never to be shown as a real log.
    """
    rng = np.random.default_rng(seed)
    planned = plan.stops.drop(columns="date")
    stops = planned["stop"].unique()
    rate = pd.Series(np.exp(rng.normal(size=len(stops))) / 2, stops)
    days = pd.date_range("2026-12-01", periods=nights).strftime("%Y-%m-%d")
    rows = planned.merge(pd.DataFrame({"date": days}), how="cross")
    ids = [f"v{number}" for number in range(len(rows))]
    rows = rows.assign(visit_id=ids, page=ids, outcome="done", plan_id="made")
    midnight = pd.to_datetime(rows["date"]).dt.tz_localize("Europe/Belgrade")
    for moment, seconds in (("arrive", "arrival_s"), ("depart", "departure_s")):
        rows[moment] = midnight + pd.to_timedelta(rows[seconds], unit="s")
    visits = rows[rows["service_s"] > 0].reset_index(drop=True)
    visits = visits.assign(arrived_at=visits["arrive"], left_at=visits["depart"])
    expected = visits["stop"].map(rate) * visits["service_s"] / 3600
    met = rng.poisson(expected.to_numpy(float))
    groups = visits.loc[visits.index.repeat(met)].reset_index(drop=True)
    ids = [f"g{number}" for number in range(len(groups))]
    groups = groups.assign(
        group_id=ids,
        slot=ids,
        month=groups["date"].str[:7],
        size_class=schema.SIZE_CLASSES[0],
    )
    return rate, Log.of(
        plans=schema.LOG_PLANS.geoframe(rows).to_crs(schema.WGS84),
        visits=schema.LOG_VISITS.frame(visits),
        groups=schema.LOG_GROUPS.frame(groups),
    )
