"""What comes out of a study: plain frozen records of frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo import schema
from geo.breaches import Breach
from geo.evidence_line import in_lines, in_table, told
from geo.params import PrivacyParams
from geo.records import Raster, Source
from geo.schema import ASSUMPTIONS

SELDOM: Final = 0.05
"""What chance gives in at most this share of all cases, it gives seldom."""


@dataclass(frozen=True)
class Gate:
    """Whether a K function has enough events to test, or only describes."""

    n: int
    detects: str = ""
    """The least that it could have found with this `n`, where that was computed."""
    minimum: ClassVar[int] = 20
    """The least number of events with which it tests: the envelope of fewer is wider than twofold
    clustering."""

    @property
    def descriptive_only(self) -> bool:
        """Whether the result must not be read as a test."""
        return self.n < self.minimum

    def __str__(self) -> str:
        """Return the line that goes with the result."""
        what = "descriptive only" if self.descriptive_only else "tested"
        line = f"{what}: {self.n} of at least {self.minimum}"
        return f"{line}; {self.detects}" if self.detects else line


@told
@dataclass(frozen=True)
class Proximity:
    """Nearness of the sightings to corridors: tables `PROXIMITY` and `PROXIMITY_TOTALS`."""

    table: pd.DataFrame
    totals: pd.DataFrame
    assumed: tuple[str, ...] = ()
    """Assumptions made where data are missing."""
    lines: gpd.GeoDataFrame = field(default_factory=schema.PROXIMITY_LINES.geoframe)
    """Table `PROXIMITY_LINES`: from the point of each sighting to the nearest way of each kind."""
    bands: gpd.GeoDataFrame = field(default_factory=schema.CORRIDOR_BANDS.geoframe)
    """Table `CORRIDOR_BANDS`; empty unless a study made it (`geo.corridors.bands`)."""
    quantiles: pd.DataFrame = field(default_factory=schema.DISTANCE_QUANTILES.frame)
    """Table `DISTANCE_QUANTILES`; empty unless a study made it."""
    ways: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    """The lines that were measured to, by kind; empty where they were read back from files."""


@told
@dataclass(frozen=True)
class CorridorTests:
    """Whether sightings lie nearer to corridors than a null puts them.

    Frames are tables `CORRIDOR_TESTS`, `BAND_TESTS` and `CORRIDOR_CURVES`.
    """

    tests: pd.DataFrame
    bands: pd.DataFrame
    curves: pd.DataFrame
    window: gpd.GeoDataFrame
    """One polygon: where chance is computed."""
    outside: tuple[str, ...]
    """Ids of sightings outside the window, which no test uses."""
    level: float
    simulations: int
    assumed: tuple[str, ...] = ()
    """Assumptions made where data are missing."""


@told
@dataclass(frozen=True)
class DensitySurface(Raster):
    """Density of what was reported on a grid: ``values`` are (bands, rows, columns)."""

    bandwidths_m: tuple[float, ...]
    """The bandwidth of each band, in metres."""
    unit: str
    """Of the values: ``1/km²`` on the plane, ``1/km`` of way along the network."""


@told
@dataclass(frozen=True)
class Hotspots:
    """Where more sightings were reported than reporting effort alone would bring."""

    lixels: gpd.GeoDataFrame
    """Table `LIXELS`, those that the bandwidth reaches."""
    table: gpd.GeoDataFrame
    """Table `HOTSPOTS`, ranked."""
    n: int
    """Sightings that could be placed on the network."""
    simulations: int
    """Data sets by effort that the p-values rest on; 0 where effort is assumed: there is no p."""
    unplaced: tuple[str, ...] = ()
    """Ids of the sightings too far from the network to be placed on it."""
    assumed: tuple[str, ...] = ()
    """Assumptions made where data are missing."""
    snap_m: pd.Series | None = None
    """How far the nearest way is from the middle of each sighting's cell, by id; not in files."""
    surfaces: Mapping[str, DensitySurface] = field(default_factory=dict)
    """``planar`` and ``network``: the density at several bandwidths, where a run made them."""

    @property
    def seldom(self) -> gpd.GeoDataFrame:
        """Those that chance gives seldom, in at most `SELDOM` of all cases; none if not tested."""
        return self.table[self.table["p_value"] <= SELDOM]


@told
@dataclass(frozen=True)
class Patrols:
    """Proposed patrols for the shifts of one night or several: the tables of `geo.schema`."""

    stops: gpd.GeoDataFrame
    legs: gpd.GeoDataFrame
    left_out: pd.DataFrame = field(default_factory=schema.LEFT_OUT.frame)
    stop_need: pd.DataFrame = field(default_factory=schema.STOP_NEED.frame)
    measures: pd.DataFrame = field(default_factory=schema.PATROL_MEASURES.frame)
    trade_off: pd.DataFrame = field(default_factory=schema.TRADE_OFF.frame)
    """The night as planned first."""
    beyond: pd.DataFrame = field(default_factory=schema.BEYOND_REACH.frame)
    """What of all need, and which hotspots, no stop reaches."""
    visits: pd.DataFrame = field(default_factory=schema.VISITS.frame)
    """Empty for one night."""
    followed: pd.DataFrame = field(default_factory=schema.FOLLOWED.frame)
    """Empty for one night, and where nothing is followed."""
    within_nights: int = 0
    """Nights within which every other stop is drawn by lot; 0 where none is."""
    may_open: bool = True
    """Whether visits have shown that people keep coming, so that a stop may open."""
    not_kept: Sequence[Breach] = ()
    """What of the promises of following does not hold (`geo.patrols.audit`)."""
    crews: int = 0
    """Crews that it takes, where each rests between two shifts; 0 where it is not known."""
    roads: Any = None
    """Fastest drives between the stops, `geo.routing.driving.Matrix`; None where nothing drives."""
    nodes: Mapping[str, int] = field(default_factory=dict)
    """The node of its network at which each stop is, by id."""
    since: str = ""
    """HH:MM from which on the rest of a night is planned; empty for whole nights."""
    waiting: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Of the rest of a night, whom to tell (`mitrovica.dispatch.rest_of_night.to_tell`)."""

    @property
    def served(self) -> gpd.GeoDataFrame:
        """The rows of `stops` at which a crew serves: no departure, return or break."""
        return self.stops[self.stops["service_s"] > 0]

    @property
    def of_shifts(self) -> pd.DataFrame:
        """The measures of its shifts, without those of whole nights and of simpler plans."""
        proposed = self.measures["plan"] == schema.PLANS[0]
        return self.measures[proposed & self.measures["shift"].notna()]


@told
@dataclass(frozen=True)
class Access:
    """Model with assumptions: minutes on foot to the nearest help."""

    minutes: Mapping[str, npt.NDArray[np.float32]]
    """Minutes by kind of help, (rows, columns) from north to south; NaN where there is no way.  A
    kind without a place in the data is absent."""
    transform: tuple[float, float, float, float, float, float]
    """Affine, as in `Terrain`."""
    crs: str
    sections: gpd.GeoDataFrame
    """Table `ACCESS_SECTIONS`, the farthest from help first."""
    places: gpd.GeoDataFrame
    """Table `HELP`."""
    assumptions: pd.DataFrame
    """Table `ASSUMPTIONS`."""
    note: str
    """What the terrain is and how much of it is truth, as every map and export says it."""
    level_share: float
    """Share of the cells that are walked as level for want of elevation."""
    label: str = "model with assumptions"


@dataclass(frozen=True)
class Omission:
    """A part of a study that its data do not allow, and the one line that adds it.

    Without sightings there is no test against chance and no hotspot.
    """

    part: Literal["outline", "sightings", "access", "patrols"]
    reason: Literal[
        "no boundary",
        "no sighting",
        "no help",
        "no depot",
        "no stop",
        "no need",
        "depot off the roads",
        "no usable stop",
    ]
    fix: str
    """Such as ``a row in sightings.csv``."""


@told
@dataclass(frozen=True)
class Patrolled:
    """What patrols met, on the effort that was measured; reports from elsewhere are not in it."""

    met: int
    """Groups met at stops."""
    visits: int
    """Visits made, those without a group too."""
    hours: float
    """Hours that crews waited at stops."""
    tests: CorridorTests | None
    """Under the null ``measured``; None where no group was met."""
    hotspots: Hotspots
    """Where more groups were met than the time that crews waited would bring."""
    minutes: gpd.GeoDataFrame
    """The named sections with ``month`` and ``minutes`` within sight of crews: all of their tracks
    that may leave."""

    def __str__(self) -> str:
        """Return on how much it rests."""
        return f"groups met: {self.met}, visits: {self.visits}, hours at stops: {self.hours:.0f}"


@dataclass(frozen=True, repr=False)
class Findings:
    """The result of a study."""

    source: Source
    sightings: gpd.GeoDataFrame
    """The events, table `SIGHTINGS`, in the analysis CRS."""
    excluded: pd.DataFrame
    """Table `EXCLUDED`: records that are not events."""
    proximity: Proximity
    hotspots: Hotspots
    patrols: Patrols
    access: Access | None
    """None where the data hold no place of help."""
    need: gpd.GeoDataFrame = field(default_factory=schema.NEED.geoframe)
    """Table `NEED`: what the prizes of the patrols rest on."""
    privacy: PrivacyParams = field(default_factory=PrivacyParams)
    """How the sightings were coarsened, and until when the files hold."""
    measured: gpd.GeoDataFrame = field(default_factory=schema.MEASURED.geoframe)
    """Table `MEASURED`: the events with their distances, kilometres and nearest crossing."""
    omitted: tuple[Omission, ...] = ()
    """What the study leaves out, since its data do not hold it."""
    patrolled: Patrolled | None = None
    """What patrols met, apart from ``sightings``; None where no visit is known."""

    @property
    def n_sightings(self) -> int:
        """Number of events that every result rests on."""
        return len(self.sightings)

    def _parts(self) -> list[tuple[str, str]]:
        stops = self.patrols.stops
        offered = int(stops["kind"].isin(["depot", "break"]).eq(False).sum())
        return [
            ("source", self.source.title),
            ("sightings", f"{self.n_sightings}, {len(self.excluded)} records excluded"),
            (
                "proximity",
                f"{len(self.proximity.table)} distances of sightings to corridors",
            ),
            ("hotspots", f"{len(self.hotspots.table)}, where people were reported"),
            ("access", _access(self.access)),
            *([] if self.patrolled is None else [("met", str(self.patrolled))]),
            (
                "patrols",
                f"{offered} stops, {len(self.patrols.left_out)} candidates left out",
            ),
        ]

    def __repr__(self) -> str:
        """Return a line for each part of the study."""
        return in_lines("Findings", self._parts())

    def _repr_html_(self) -> str:
        return in_table(self._parts())


def _access(access: Access | None) -> str:
    if access is None:
        return "left out: the data do not hold what it needs"
    return f"{len(access.places)} places of help, {access.label}"


def assumption_table(params: Any) -> pd.DataFrame:
    """Return every parameter of a model's TOML table with its value and source."""
    described = type(params).__pydantic_fields__
    return ASSUMPTIONS.frame(
        {
            "parameter": field.name,
            "value": _text(getattr(params, field.name)),
            "source": " ".join(str(described[field.name].description or "").split()),
        }
        for field in fields(params)
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
