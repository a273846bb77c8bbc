"""What goes into a study and what comes out of it: plain frozen records of frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.chance.gate import Gate
from geo.params import PrivacyParams
from layers.schema import HOTSPOT_STOPS, NEED, PATROL_MEASURES, STOP_NEED, TRADE_OFF, VISITS


@dataclass(frozen=True)
class Source:
    """Where the network came from, as the terminal, the map and every export say it."""

    kind: Literal["bundled", "snapshot"]
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


@dataclass(frozen=True)
class Layers:
    """One region's ways and facilities, tables `WAYS` and `FACILITIES`.

    Readers give EPSG:4326; `geo.region.to_metric` gives metres.
    """

    roads: gpd.GeoDataFrame
    paths: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    waterways: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    source: Source


@dataclass(frozen=True)
class Terrain:
    """Ground elevation as a raster."""

    elevation_m: npt.NDArray[np.float32]
    """(rows, columns), from north to south; NaN where it is unknown."""
    transform: tuple[float, float, float, float, float, float]
    """Affine ``a, b, c, d, e, f``: x = a column + b row + c, y = d column + e row + f at the
    corner of a cell."""
    crs: str
    detail_m: float
    """Size of the smallest feature that the data truly show, whatever the cell size."""
    source: str
    licence: str


@dataclass(frozen=True)
class StudyData:
    """Everything that a study reads, in EPSG:4326; in metres from `geo.region.to_metric` on."""

    layers: Layers
    places: gpd.GeoDataFrame
    """Table `PLACES`."""
    boundary: gpd.GeoDataFrame
    """One polygon: the outline that patrols stay inside."""
    sightings: gpd.GeoDataFrame
    """Table `SIGHTINGS`, as the door gives it, interviews too; the study picks its events."""
    corridor: Layers
    """Ways that span the entries and the exits of the movement model, whatever `layers` covers."""
    entry_points: pd.DataFrame
    """Table `ENTRY_POINTS`: where people enter, as the report counts them."""
    totals: pd.Series
    """Persons of the same year as each source tells, by source."""
    terrain: Terrain | None = None


@dataclass(frozen=True)
class Proximity:
    """Nearness of the sightings to corridors."""

    table: pd.DataFrame
    """Table `PROXIMITY`: a row per sighting and corridor kind."""
    totals: pd.DataFrame
    """Table `PROXIMITY_TOTALS`."""


@dataclass(frozen=True)
class CorridorTests:
    """Whether sightings lie nearer to corridors than chance, and which explains them best."""

    tests: pd.DataFrame
    """Table `CORRIDOR_TESTS`."""
    bands: pd.DataFrame
    """Table `CORRIDOR_BANDS`."""
    curves: pd.DataFrame
    """Table `CORRIDOR_CURVES`."""
    explained: pd.DataFrame
    """Table `CORRIDOR_EXPLAINED`."""
    nulls: gpd.GeoDataFrame
    """Some equally likely positions of each null model: ``null`` and a point, for the map."""
    window: gpd.GeoDataFrame
    """One polygon: where chance is reckoned."""
    outside: tuple[str, ...]
    """Ids of sightings outside the window, which no test uses."""
    level: float
    simulations: int


@dataclass(frozen=True)
class DensityRaster:
    """Density of sightings in the plane; it ignores the network."""

    per_km2: npt.NDArray[np.float64]
    """(rows, columns), from north to south, sightings per km²; mean of each cell."""
    transform: tuple[float, float, float, float, float, float]
    """Affine, as in `Terrain`."""
    crs: str
    bandwidth_m: float
    """Standard deviation of the Gaussian."""
    label: str = "where sightings were reported, never where people are"


@dataclass(frozen=True)
class Hotspots:
    """Where more sightings were reported than reporting effort alone would bring."""

    lixels: gpd.GeoDataFrame
    """Table `LIXELS`, those that the bandwidth reaches."""
    segments: gpd.GeoDataFrame
    """Table `HOTSPOTS`, ranked, with what chance and uncertainty leave of each."""
    gate: Gate
    """Whether this many sightings allow a test; ``str(gate)`` is the line that goes with it."""
    simulations: int
    draws: int
    unplaced: tuple[str, ...] = ()
    """Ids of the sightings too far from the network to be placed on it."""
    raster: DensityRaster | None = None
    """The same sightings in the plane, for comparison; None where there is none."""


@dataclass(frozen=True)
class Patrols:
    """Proposed patrols for the shifts of one night or several."""

    stops: gpd.GeoDataFrame
    """Table `STOPS`."""
    legs: gpd.GeoDataFrame
    """Table `LEGS`."""
    left_out: pd.DataFrame
    """Table `LEFT_OUT`."""
    hotspot_stops: pd.DataFrame = field(default_factory=HOTSPOT_STOPS.frame)
    """Table `HOTSPOT_STOPS`."""
    stop_need: pd.DataFrame = field(default_factory=STOP_NEED.frame)
    """Table `STOP_NEED`."""
    measures: pd.DataFrame = field(default_factory=PATROL_MEASURES.frame)
    """Table `PATROL_MEASURES`."""
    trade_off: pd.DataFrame = field(default_factory=TRADE_OFF.frame)
    """Table `TRADE_OFF`: the night as planned first."""
    visits: pd.DataFrame = field(default_factory=VISITS.frame)
    """Table `VISITS`; empty for one night."""


@dataclass(frozen=True)
class Movement:
    """Model with assumptions: expected flow between entries and official crossings."""

    sections: gpd.GeoDataFrame
    """Table `SECTIONS`, ranked."""
    origins: pd.DataFrame
    """Table `ORIGINS`: what enters, and what is carried as a remainder."""
    check: pd.DataFrame
    """Table `MOVEMENT_CHECK`."""
    assumptions: pd.DataFrame
    """Table `ASSUMPTIONS`."""
    waypoint_share: float
    """Share of the trips that pass the waypoint without being told to."""
    waypoint_range: tuple[float, float]
    """10-90 % of the draws."""
    waypoint_forced: bool
    """No way on this network leads round the waypoint: then passing it shows nothing."""
    rank_stability: float
    """Mean rank correlation (Spearman) of the draws with the mean ranking; 1 is stable."""
    detour: float
    """Expected cost of a trip over the least cost."""
    unpublished_share: float
    """Share of the flow, by length, on ways that belong to no section."""
    draws: int
    connectors: int
    """Joins that the network needed."""
    network: str
    """Title of the ways that it was modelled on."""
    label: str = "model with assumptions"


@dataclass(frozen=True)
class Access:
    """Model with assumptions: minutes on foot to the nearest help."""

    minutes: Mapping[str, npt.NDArray[np.float32]]
    """By kind of help, (rows, columns) from north to south; NaN where there is no way.  Kinds of
    which the data hold no place are absent."""
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
class Findings:
    """The result of a study."""

    source: Source
    sightings: gpd.GeoDataFrame
    """The events, table `SIGHTINGS`, in the analysis CRS."""
    excluded: pd.DataFrame
    """Table `EXCLUDED`: records that are no events."""
    proximity: Proximity
    hotspots: Hotspots
    patrols: Patrols
    sensitivity: pd.DataFrame
    """Table `SENSITIVITY`."""
    tests: CorridorTests | None
    """Nearer than chance?  None where there is no sighting to ask about."""
    movement: Movement
    access: Access
    need: gpd.GeoDataFrame = field(default_factory=NEED.geoframe)
    """Table `NEED`: what the prizes of the patrols rest on."""
    privacy: PrivacyParams = field(default_factory=PrivacyParams)
    """How the door coarsened the sightings, and until when the files hold."""

    @property
    def n_sightings(self) -> int:
        """Number of events that every result rests on."""
        return len(self.sightings)
