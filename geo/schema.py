"""The one place where columns, dtypes and units are named.

A `Table` is the contract between a reader, the analysis and a writer.  What its columns are stands
in `geo/tables`, a file a subject; the data dictionary is made from there, so a column that
is not described there does not leave the toolkit.

In these files a column that says ``"table.column"`` is that column; a list that holds ``"*name"``
holds the values of that list.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

WGS84: Final = "EPSG:4326"
"""Reading and drawing: longitude, latitude in degrees."""

METRIC: Final = "EPSG:9141"
"""Measuring: KOSOVAREF01 / Balkans zone 7, easting and northing in metres."""

MOMENT: Final = "ISO 8601"
"""Unit of a text that is a moment with its offset from UTC."""

SCHEMA_VERSION: Final = "8.0"
"""Version of the exported tables and of `findings.json`."""

LIST: Final = "list"
"""Dtype of a column that holds a list of texts in each row: a list in GeoJSON, GeoParquet and
`findings.json`, as JSON in the text of GeoPackage, FlatGeobuf and CSV."""


NO: Final = ("no", "No", "False", "false", "0", "0.0", "")
"""Texts that say no in a column of yes and no; any other says yes."""

_BLANK: Final[dict[str, object]] = {"bool": False, "int8": 0, "float64": float("nan")}
"""What stands in an absent column whose dtype knows no null."""


@dataclass(frozen=True)
class Column:
    """One column: its name, pandas dtype, meaning, and what values it may hold."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    required: bool = False
    """A reader refuses a file without the column, and a row with no value in it."""
    words: str = ""
    """What it is called in a GIS, where the name alone says too little."""
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    sensitive: bool = False
    """Describes people: masked in messages, and dropped by coarsening (`geo.sightings`)."""

    @property
    def title(self) -> str:
        """What it is called in a GIS: in words, with the unit behind them where there is one.

        >>> Column("drive_m", "float64", "driving distance", "m").title
        'drive, m'
        """
        words = self.name.removesuffix(f"_{self.unit}").replace("_", " ")
        words = self.words or words
        return f"{words}, {self.unit}" if self.unit not in ("", MOMENT) else words

    @cached_property
    def blank(self) -> Any:
        """What stands in a row that knows nothing of it: an array of one, of the column's dtype."""
        if self.dtype == LIST:
            return pd.Series([None], dtype=object).array
        return pd.Series([_BLANK.get(self.dtype, pd.NA)], dtype=self.dtype).array

    def cast(self, values: pd.Series) -> Any:
        """Return values as an array of the column's dtype."""
        if self.dtype == "bool" and values.dtype != bool:
            return (values.notna() & ~values.astype("string").isin(NO)).to_numpy(bool)
        if self.dtype == LIST:
            return values.astype(object).map(_texts).astype(object).array
        return values.array.astype(self.blank.dtype)


@dataclass(frozen=True)
class Table:
    """A named set of columns, with a geometry type where rows have a place on the map."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    geometry: str = ""
    part: str = ""
    """Which part of `geo.results.Findings` it is, such as ``hotspots.lixels``."""
    layer: str = ""
    """Name of its layer, where that is another one."""
    key: tuple[str, ...] = ()
    """Columns that tell a row from others, where no id does."""
    origin: str = ""
    """Whose its rows are: ``network`` or ``study``, which name whom to credit; ``shapes`` where
    only the shapes are the network's; else the office's own."""

    @property
    def names(self) -> list[str]:
        """Column names in order, without the geometry."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(
            f"table {self.name!r} has no column {name!r}; it has {self.names}"
        )

    def of(self, findings: object) -> Any:
        """Return the rows that the findings hold of it; none where they leave out that part."""
        whole, _, name = self.part.rpartition(".")
        part = getattr(findings, whole) if whole else findings
        if part is None:
            return self.geoframe() if self.geometry else self.frame()
        return getattr(part, name)

    def frame(
        self, rows: pd.DataFrame | Iterable[dict[str, object]] = ()
    ) -> pd.DataFrame:
        """Return `rows` with exactly this table's columns and dtypes, in order.

        The caller's index comes back.  Missing columns are filled with nulls; a missing yes or no
        is no, as are the texts of `NO`.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        given, first = dict(frame.items()), np.zeros(len(frame), dtype=int)
        columns = {
            c.name: c.cast(given[c.name]) if c.name in given else c.blank.take(first)
            for c in self.columns
        }
        return pd.DataFrame(columns, index=frame.index)

    def geoframe(
        self, rows: pd.DataFrame | Iterable[dict[str, object]] = (), *, crs: str = WGS84
    ) -> gpd.GeoDataFrame:
        """Return `rows`, with their ``geometry``, as a GeoDataFrame of this table.

        A GeoDataFrame keeps its own CRS; `crs` is for rows that carry none.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        geometry = gpd.GeoSeries(frame.get("geometry", ()), index=frame.index)
        # With the column there geopandas does not look for another one.
        table = self.frame(frame).assign(geometry=geometry.values)
        return gpd.GeoDataFrame(
            table, geometry="geometry", crs=geometry.crs or crs, copy=False
        )


def _texts(value: object) -> list[str] | None:
    """Return a cell of a list column, which files hold as JSON."""
    if isinstance(value, str):
        texts: list[str] = json.loads(value)
        return texts
    return list(value) if isinstance(value, Iterable) else None


def _packaged(subject: str) -> dict[str, Any]:
    """Return what the packaged file of this subject holds."""
    return tomllib.loads(
        resources.files("geo").joinpath("tables", f"{subject}.toml").read_text("utf-8")
    )


_SUBJECTS: Final = (
    "sightings",
    "ground",
    "corridors",
    "hotspots",
    "models",
    "patrols",
    "log",
    "report",
    "release",
    "services",
)
_LISTS: Final = _packaged("values")
_TABLES: Final = {
    name: table for subject in _SUBJECTS for name, table in _packaged(subject).items()
}


def values(name: str) -> tuple[str, ...]:
    """Return the list of values of this name."""
    return _values_of(_LISTS[name])


def table(name: str) -> Table:
    """Return the table of this name."""
    written = _TABLES[name]
    columns = tuple(_column(name, column) for column in written["columns"])
    return Table(
        name, **written | {"columns": columns, "key": tuple(written.get("key", ()))}
    )


def _values_of(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        value
        for item in items
        for value in (values(item[1:]) if item[0] == "*" else (item,))
    )


def _column(table: str, name: str) -> Column:
    written = _TABLES[table]["columns"][name]
    if isinstance(written, str):
        return _column(*written.split("."))
    named = written.get("values", ())
    spread = values(named) if isinstance(named, str) else _values_of(named)
    return Column(name, **written | {"values": spread})


DRIVABLE: Final = values("drivable")
MAIN_ROADS: Final = values("main_roads")
WALKABLE: Final = values("walkable")
WATERWAYS: Final = values("waterways")
CORRIDORS: Final = values("corridors")
GAUSSIAN_KINDS: Final = values("gaussian_kinds")
FACILITY_KINDS: Final = values("facility_kinds")
FACILITY_NAMES: Final[Mapping[str, str]] = MappingProxyType(_LISTS["facility_kinds"])
"""What a facility without a name is called, in English, by its kind."""
PLACE_KINDS: Final = values("place_kinds")
SIZE_CLASSES: Final = values("size_classes")
NEEDS: Final = values("needs")
HELP_KINDS: Final = values("help_kinds")
NEED_PARTS: Final = values("need_parts")
PLANS: Final = values("plans")
SKIP_REASONS: Final = values("skip_reasons")
UNDERSTOOD: Final = values("understood")
CONTACT_KINDS: Final = values("contact_kinds")
HELP_ANSWERS: Final = values("help_answers")
CAME_BY: Final = values("came_by")
TIME_CLASSES: Final = values("time_classes")

LOCATED_CORRIDORS: Final = {
    "railway": ("railway",),
    "road": ("main_road", "road_or_path"),
    "path": ("road_or_path",),
    "river": ("river",),
}
"""Corridor kinds that a `located_kind` belongs to: nearness to them is an input."""

VISIT: Final = "visit"
"""Kind of a row that reports a visit where nobody was met; such rows go to `EMPTY_VISITS`."""

BANDS_M: Final = (100.0, 250.0, 500.0)
"""Half-widths of the bands around corridors, unless a study sets others; metres."""

FORM_GROUPS: Final = 10
"""Groups that a page of the visit form can hold."""

INSTANT: Final = "datetime64[us, UTC]"
"""Dtype of a moment; the log keeps milliseconds."""

RECORDS: Final = table("records")
SIGHTINGS: Final = table("sightings")
MEASURED: Final = table("measured_sightings")
EMPTY_VISITS: Final = table("empty_visits")
SIGHTING_IDS: Final = table("sighting_ids")
REJECTED: Final = table("rejected_sightings")
EXCLUDED: Final = table("excluded_records")
DUPLICATES: Final = table("probable_duplicates")

PLACES: Final = table("places")
WAYS: Final = table("ways")
BOUNDARY: Final = table("boundary")
FACILITIES: Final = table("facilities")
SETTLEMENTS: Final = table("settlements")


def band_column(band_m: float) -> str:
    """Return the name of the column that holds the probability of lying within `band_m`."""
    return f"p_{band_m:g}m".replace(".", "_")


def proximity_table(bands_m: Iterable[float] = BANDS_M) -> Table:
    """Return the table of nearness to corridors for these bands: a column each, before the last."""
    plain = table("proximity")
    bands = (
        Column(band_column(b), "float64", f"probability of lying within {b:g} m")
        for b in bands_m
    )
    return replace(plain, columns=(*plain.columns[:-1], *bands, plain.columns[-1]))


PROXIMITY: Final = proximity_table()
PROXIMITY_TOTALS: Final = table("proximity_totals")
DISTANCE_QUANTILES: Final = table("distance_quantiles")
CORRIDOR_TESTS: Final = table("corridor_tests")
BAND_TESTS: Final = table("corridor_band_tests")
CORRIDOR_BANDS: Final = table("corridor_bands")
PROXIMITY_LINES: Final = table("proximity_lines")
CORRIDOR_CURVES: Final = table("corridor_curves")

LIXELS: Final = table("lixels")
HOTSPOTS: Final = table("hotspots")

ACCESS_SECTIONS: Final = table("access_sections")
HELP: Final = table("help_places")
ASSUMPTIONS: Final = table("assumptions")

STOPS: Final = table("patrol_plan")
EDITED_PLAN: Final = table("edited_plan")
LEGS: Final = table("patrol_legs")
LEFT_OUT: Final = table("patrol_left_out")
NEED: Final = table("need")
STOP_NEED: Final = table("stop_need")
PATROL_MEASURES: Final = table("patrol_measures")
TRADE_OFF: Final = table("patrol_trade_off")
BEYOND_REACH: Final = table("patrol_beyond_reach")
PLAN_CHANGES: Final = table("plan_changes")
VISITS: Final = table("patrol_visits")
FOLLOWED: Final = table("patrol_followed")
NETWORK_EDGES: Final = table("network_edges")
NETWORK_NODES: Final = table("network_nodes")

FORM_STOPS: Final = table("visit_form_stops")
VISIT_PAGES: Final = table("visit_pages")
LOG_IMPORTS: Final = table("imports")
LOG_NIGHTS: Final = table("nights")
LOG_PLANS: Final = table("plans")
LOG_VISITS: Final = table("visits")
LOG_GROUPS: Final = table("groups")
LOG_CONTACTS: Final = table("contacts")
LOG_TRACKS: Final = table("tracks")
LOG_PRESENCE: Final = table("presence")

SERVICES: Final = table("services")
PRESS: Final = table("press")
LEAFLET: Final = table("leaflet")
OTHERS: Final = table("others")

CONTRADICTIONS: Final = table("report_contradictions")
RELEASED_CELLS: Final = table("released_cells")
COMBINED_SQUARES: Final = table("combined_squares")
COMBINED_TOTALS: Final = table("combined_totals")
ANNOUNCED_STOPS: Final = table("announced_stops")

OUTPUTS: Final = (
    MEASURED,
    PLACES,
    BOUNDARY,
    WAYS,
    FACILITIES,
    PROXIMITY,
    PROXIMITY_TOTALS,
    DISTANCE_QUANTILES,
    PROXIMITY_LINES,
    CORRIDOR_BANDS,
    LIXELS,
    HOTSPOTS,
    NEED,
    STOPS,
    LEGS,
    LEFT_OUT,
    STOP_NEED,
    PATROL_MEASURES,
    TRADE_OFF,
    BEYOND_REACH,
    ACCESS_SECTIONS,
    HELP,
    ASSUMPTIONS,
    EXCLUDED,
    CONTRADICTIONS,
)
"""Tables that a run writes, in the order of the data dictionary."""

PLAN_OUTPUTS: Final = (
    STOPS,
    LEGS,
    LEFT_OUT,
    STOP_NEED,
    PATROL_MEASURES,
    TRADE_OFF,
    BEYOND_REACH,
    VISITS,
    FOLLOWED,
    FORM_STOPS,
)
"""Tables that a plan writes, likewise."""

LOG_TABLES: Final = (
    LOG_IMPORTS,
    LOG_NIGHTS,
    LOG_PLANS,
    LOG_VISITS,
    LOG_GROUPS,
    LOG_CONTACTS,
    LOG_TRACKS,
    LOG_PRESENCE,
)
"""Tables of a log, in the order of the file."""


def size_class(group_min: pd.Series, group_max: pd.Series) -> pd.Series:
    """Return the class of `SIZE_CLASSES` that holds the middle of each group's size range.

    Where one bound is missing, the other stands for both.  The caller's index comes back.
    """
    low = group_min.fillna(group_max).astype("Float64")
    high = group_max.fillna(group_min).astype("Float64")
    middle = ((low + high) / 2).astype("float64")
    classes = pd.cut(
        middle, [0, 5, 10, 20, float("inf")], right=False, labels=SIZE_CLASSES[:-1]
    )
    return classes.astype("string").fillna("unknown")
