"""What goes into a study: plain frozen records."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.evidence_line import told
from geo.schema import LOG_TABLES, SERVICES, SETTLEMENTS

OFFERS: Final = ("water_food", "first_aid", "information", "registration", "charging")
"""What patrols may offer; they charge phones where they bring power banks."""

AT_CROSSINGS: Final = ("information", "legal_aid")
"""What patrols may offer at an official crossing, once it was assessed: nothing else."""

CARD_LANGUAGES: Final = ("ar", "fa", "ps", "ur", "fr", "en", "sq", "sr")
"""Languages in which stop cards are printed."""


def is_closed(places: gpd.GeoDataFrame) -> pd.Series:
    """Tell which rows of table `PLACES` are closed: their status begins with that word."""
    return places["status"].fillna("").str.startswith("closed")


@dataclass(frozen=True)
class Source:
    """Where the network came from, as the terminal, the map and every export say it."""

    kind: Literal["own", "snapshot"]
    id: str
    title: str
    licence: str
    osm_date: str | None = None
    """ISO date of the OSM data, or None where the source does not state it."""
    generalised: bool = False
    """Lines are simplified for small scales: distances to them carry that tolerance."""
    tolerance_m: float = 0.0
    provenance: Mapping[str, str] = field(default_factory=dict)
    """What it was made from (file, SHA-256, servers), as a snapshot's manifest records it."""
    note: Mapping[str, str] = field(default_factory=dict)
    """What a map says of it besides, by language."""


@told
@dataclass(frozen=True)
class Layers:
    """One region's ways and facilities, tables `WAYS` and `FACILITIES`.

    Readers give EPSG:4326; `geo.crs.to_metric` gives metres.
    """

    roads: gpd.GeoDataFrame
    paths: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    waterways: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    source: Source
    settlements: gpd.GeoDataFrame = field(default_factory=SETTLEMENTS.geoframe)
    """Table `SETTLEMENTS`, for the map."""


Transform = tuple[float, float, float, float, float, float]
"""Affine ``a, b, c, d, e, f``: x = a column + b row + c, y = d column + e row + f at the corner
of a cell."""


@told
@dataclass(frozen=True)
class Raster:
    """Values in square cells."""

    values: npt.NDArray[np.floating]
    """(rows, columns), from north to south; NaN where nothing is known."""
    transform: Transform
    crs: str


@dataclass(frozen=True)
class Terrain:
    """Ground elevation as a raster."""

    elevation_m: npt.NDArray[np.float32]
    """(rows, columns), from north to south; NaN where it is unknown."""
    transform: Transform
    crs: str
    detail_m: float
    """Size of the smallest feature that the data truly show, whatever the cell size."""
    source: str
    licence: str


@dataclass(frozen=True)
class Relief(Terrain):
    """Terrain, with its slope and its light; arrays of one shape."""

    slope_deg: npt.NDArray[np.float32]
    """Steepest slope in degrees; NaN at the rim, and beside a cell that is unknown."""
    hillshade: npt.NDArray[np.float32]
    """Brightness under light from the north-west, from 0 to 1; NaN likewise."""


@told
@dataclass(frozen=True)
class About:
    """What a study is called, and what every map of it says, each by language; any may be empty."""

    title: Mapping[str, str] = field(default_factory=dict)
    """Such as ``{"en": "Mitrovica region"}``."""
    outline: Mapping[str, str] = field(default_factory=dict)
    """What the boundary is, as the legend says it."""
    footnote: Mapping[str, str] = field(default_factory=dict)
    credit: str = ""
    """Whom to credit for places and boundary."""
    run_by: Mapping[str, str] = field(default_factory=dict)
    """Who runs the patrols, as stop cards say it: in Arabic (``ar``) too."""
    check_in_min: float = 15.0
    """Minutes after its return from which on a crew that has not reported is overdue."""
    overdue_call: Mapping[str, str] = field(default_factory=dict)
    """Whom to call then; where it is empty, the coordinator."""
    phone: str = ""
    """Telephone of whoever runs the patrols, for stop cards."""
    offers: tuple[str, ...] = OFFERS
    """What patrols offer, for stop cards."""
    card_languages: tuple[str, ...] = ()
    """Languages of stop cards, in their order; none for the usual four."""
    card_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Texts of stop cards by key and language, in place of the usual ones."""
    card_read: tuple[str, ...] = ()
    """Languages in which a native reader has read the texts of stop cards."""
    report: Mapping[str, str] = field(default_factory=dict)
    """Title, place and year of the report whose tables the study has."""
    neighbours: tuple[tuple[Mapping[str, str], float, float], ...] = ()
    """What lies beyond the boundary: name by language, latitude and longitude."""
    emergency: str = "112"
    """Number to call in an emergency."""

    @property
    def name(self) -> str:
        """The title in English, or else in the first language that it has; or nothing."""
        return self.title.get("en") or next(iter(self.title.values()), "")


def stayed_s(visits: pd.DataFrame) -> pd.Series:
    """Return the seconds that crews stayed, table `LOG_VISITS`."""
    return (visits["left_at"] - visits["arrived_at"]).dt.total_seconds()


@told
@dataclass(frozen=True)
class Log:
    """What patrols planned and found, and where crews were: tables `LOG_TABLES`."""

    imports: pd.DataFrame
    nights: pd.DataFrame
    plans: gpd.GeoDataFrame
    """EPSG:4326."""
    visits: pd.DataFrame
    groups: pd.DataFrame
    contacts: pd.DataFrame
    tracks: gpd.GeoDataFrame
    """EPSG:4326."""
    presence: pd.DataFrame

    @property
    def planned(self) -> gpd.GeoDataFrame:
        """The stops of its nights; of a night that was planned again, as `nights` has it."""
        nights = self.nights[["plan_id", "date"]].drop_duplicates()
        return gpd.GeoDataFrame(self.plans.merge(nights, on=["plan_id", "date"]))

    @property
    def stops(self) -> gpd.GeoDataFrame:
        """Each planned stop once, as it was planned last."""
        return self.plans.drop_duplicates("stop", keep="last")

    @property
    def stop_names(self) -> pd.Series:
        """The last name of each planned stop, by its id."""
        return self.stops.set_index("stop")["name"]

    @property
    def time_zone(self) -> str:
        """In which crews tell the time, by its last night."""
        return str(self.nights["time_zone"].iloc[-1])

    @property
    def made(self) -> pd.DataFrame:
        """The visits that were made."""
        return self.visits[self.visits["outcome"] == "done"]

    @property
    def timed(self) -> pd.DataFrame:
        """Of the visits that were made, those of which it is known how long crews stayed."""
        return self.made[self.made["left_at"] > self.made["arrived_at"]]

    @classmethod
    def of(cls, **tables: pd.DataFrame) -> Log:
        """Return a log of these tables, the others empty."""
        frames: dict[str, Any] = {
            table.name: (table.geoframe if table.geometry else table.frame)(
                tables.get(table.name, ())
            )
            for table in LOG_TABLES
        }
        return cls(**frames)


@dataclass(frozen=True)
class Assessment:
    """That a crossing was assessed with a legal-aid partner, so that help may be planned there."""

    partner: str
    """Who assessed it with the office."""
    until: datetime.date
    """Last day on which it holds."""


@told
@dataclass(frozen=True)
class StudyData:
    """Everything that a study reads, in EPSG:4326; in metres from `geo.crs.to_metric` on."""

    layers: Layers
    places: gpd.GeoDataFrame
    """Table `PLACES`."""
    boundary: gpd.GeoDataFrame
    """One polygon: the outline that patrols stay inside."""
    sightings: gpd.GeoDataFrame
    """Table `SIGHTINGS`, coarse, interviews too; the study picks its events."""
    terrain: Terrain | None = None
    about: About = field(default_factory=About)
    services: pd.DataFrame = field(default_factory=SERVICES.frame)
    """Table `SERVICES`."""
    assessed: Mapping[str, Assessment] = field(default_factory=dict)
    """The official crossings that were assessed, by id; at no other a patrol stops."""
    log: Log = field(default_factory=Log.of)
    """What counts in the log of this study (`mitrovica.log.current`); it is internal, and the
    study keeps what leaves of it coarse."""
    bounded: bool = True
    """Whether the boundary is the study's own, and not the hull of its ways."""


def months_of(period: str) -> list[str]:
    """Return the months of a month, quarter or half-year, ``YYYY-MM``.

    >>> months_of("2021-Q4")
    ['2021-10', '2021-11', '2021-12']
    """
    year, part = period.split("-")
    count = {"Q": 3, "H": 6}.get(part[0], 1)
    last = int(part.strip("QH")) * count
    return [f"{year}-{month:02d}" for month in range(last - count + 1, last + 1)]
