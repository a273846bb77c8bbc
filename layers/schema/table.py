"""A table: named columns with dtype, unit and meaning."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

WGS84: Final = "EPSG:4326"
"""Reading and drawing: longitude, latitude in degrees."""

METRIC: Final = "EPSG:9141"
"""Measuring: KOSOVAREF01 / Balkans zone 7, easting and northing in metres."""

MOMENT: Final = "ISO 8601"
"""Unit of a text that is a moment with its offset from UTC."""

SCHEMA_VERSION: Final = "4.0"
"""Version of the exported tables and of `findings.json`."""


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
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    sensitive: bool = False
    """Describes people: masked in messages, and dropped by coarsening (`geo.sightings`)."""

    @property
    def title(self) -> str:
        """The name in words, with the unit behind it where there is one.

        >>> Column("drive_m", "float64", "driving distance", "m").title
        'drive, m'
        """
        words = self.name.removesuffix(f"_{self.unit}").replace("_", " ")
        return f"{words}, {self.unit}" if self.unit else words


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

    @property
    def names(self) -> list[str]:
        """Column names in order, without the geometry."""
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name!r} has no column {name!r}; it has {self.names}")

    def of(self, findings: object) -> Any:
        """Return the rows that the findings hold of it; none where they leave out that part."""
        whole, _, name = self.part.rpartition(".")
        held = getattr(findings, whole) if whole else findings
        if held is None:
            return self.geoframe() if self.geometry else self.frame()
        return getattr(held, name)

    def frame(self, rows: pd.DataFrame | Iterable[dict[str, object]] = ()) -> pd.DataFrame:
        """Return `rows` with exactly this table's columns and dtypes, in order.

        The caller's index comes back.  Missing columns are filled with nulls.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        return pd.DataFrame(
            {
                c.name: frame[c.name].astype(pd.api.types.pandas_dtype(c.dtype))
                if c.name in frame
                else pd.Series(_BLANK.get(c.dtype, pd.NA), index=frame.index, dtype=c.dtype)
                for c in self.columns
            },
            index=frame.index,
        )

    def geoframe(
        self, rows: pd.DataFrame | Iterable[dict[str, object]] = (), *, crs: str = WGS84
    ) -> gpd.GeoDataFrame:
        """Return `rows`, with their ``geometry``, as a GeoDataFrame of this table.

        A GeoDataFrame keeps its own CRS; `crs` is for rows that carry none.
        """
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
        geometry = (
            gpd.GeoSeries(frame["geometry"], index=frame.index)
            if "geometry" in frame
            else gpd.GeoSeries([], index=frame.index)
        )
        return gpd.GeoDataFrame(
            self.frame(frame), geometry=geometry.values, crs=geometry.crs or crs
        )
