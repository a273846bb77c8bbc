"""A plan as the log and the visit form hold it: each stop with its moments in UTC."""

import hashlib
from datetime import date

import geopandas as gpd
import pandas as pd

from geo.patrols.clock import moment
from layers.schema import FORM_STOPS, LOG_NIGHTS, LOG_PLANS, WGS84


def stops_of(stops: gpd.GeoDataFrame, area: str, time_zone: str) -> pd.DataFrame:
    """Return the stops of a plan, table `FORM_STOPS`, still without labels; none without a date.

    `stops` is table `STOPS`, of which departures, breaks and returns are left out; `area` is the
    title of the study, `time_zone` that of the local times.
    """
    first_s = stops.groupby(["night", "shift"])["departure_s"].transform("min")
    wanted = stops["date"].notna() & (stops["service_s"] > 0) & (stops["kind"] != "break")
    rows = stops.assign(first_s=first_s)[wanted]
    at = rows.geometry.to_crs(WGS84)
    found = pd.DataFrame(
        {
            "night": rows["date"],
            **{name: rows[name] for name in ("shift", "vehicle", "order", "stop")},
            "stop_name": rows["name"].fillna(rows["stop"]),
            **{to: _moments(rows, of, time_zone)
               for to, of in (("arrive", "arrival_s"), ("depart", "departure_s"))},
            "lon": at.x.round(6),
            "lat": at.y.round(6),
            "area": area,
            "time_zone": time_zone,
        }
    )  # fmt: skip
    found = FORM_STOPS.frame(found.reset_index(drop=True))
    content = found.to_csv(index=False, lineterminator="\n")
    found["plan_id"] = hashlib.sha256(content.encode()).hexdigest()[:12]
    found["name"] = names_of(found.rename(columns={"night": "date"}))
    return found


def names_of(stops: pd.DataFrame) -> pd.Series:
    """Return what the visit form calls planned stops: night, patrol, order and plan."""
    parts = stops[["date", "shift", "vehicle", "order", "plan_id"]].astype("string")
    parts["shift"] = parts["shift"].str.replace(r"\W+", "_", regex=True)
    return parts["date"].str.cat(parts.iloc[:, 1:], sep="_")


def _moments(rows: pd.DataFrame, column: str, time_zone: str) -> list[str]:
    return [
        moment(date.fromisoformat(day), int(seconds), int(first_s), time_zone).isoformat()
        for day, seconds, first_s in zip(rows["date"], rows[column], rows["first_s"], strict=True)
    ]


def tables_of(stops: pd.DataFrame, import_id: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the rows that a plan's stops, table `FORM_STOPS`, add to `nights` and to `plans`."""
    rows = stops.assign(import_id=import_id, date=stops["night"], name=stops["stop_name"])
    nights = rows.drop_duplicates(["plan_id", "date"])
    placed = rows.assign(geometry=gpd.points_from_xy(rows["lon"], rows["lat"], crs=WGS84))
    return (
        LOG_NIGHTS.frame(nights).reset_index(drop=True),
        LOG_PLANS.geoframe(placed).reset_index(drop=True),
    )
