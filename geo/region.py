"""The data of a region in the CRS in which it is measured."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import geopandas as gpd

from geo.crs import metric_crs
from geo.results import Layers, StudyData

Record = TypeVar("Record", StudyData, Layers)


def to_metric(data: StudyData) -> StudyData:
    """Return the data with every layer in the CRS in which the study is measured.

    EPSG:9141 where the outline lies in Kosovo, else the UTM zone of its middle.
    """
    crs = metric_crs(data.boundary)

    def moved(record: Record) -> Record:
        fields: dict[str, Any] = {
            field.name: getattr(record, field.name) for field in dataclasses.fields(record)
        }
        frames: dict[str, Any] = {
            k: v.to_crs(crs) for k, v in fields.items() if isinstance(v, gpd.GeoDataFrame)
        }
        return dataclasses.replace(record, **frames)

    return dataclasses.replace(
        moved(data), layers=moved(data.layers), corridor=moved(data.corridor)
    )
