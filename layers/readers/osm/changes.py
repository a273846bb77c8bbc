"""What changed between two states of OpenStreetMap, by kind, with kilometres."""

from typing import Final

import geopandas as gpd
import pandas as pd

from geo.records import Layers
from layers.readers.osm.snapshots import LAYERS, length_km

HEAD: Final = ("layer", "kind", "change", "features", "km")

KIND: Final = {
    "railways": "railway",
    "roads": "highway",
    "paths": "highway",
    "waterways": "waterway",
    "facilities": "kind",
    "settlements": "kind",
}
"""Layers in the order of the table, and the column that names the kind of a feature."""


def compare(old: Layers, new: Layers) -> pd.DataFrame:
    """Return what was added, removed and changed from one state to the other, of the same area.

    Features are the same by their id; one is changed where its shape or any column is another.
    Railways whose status is another come first, and are not counted as changed again.

    Parameters
    ----------
    old, new
        In the same CRS.

    Returns
    -------
    DataFrame
        Columns `HEAD`; `km` as it is now, or was before it was removed.
    """
    by_layer = [_layer(name, getattr(old, name), getattr(new, name)) for name in KIND]
    return pd.concat(
        [_status(old.railways, new.railways), *by_layer], ignore_index=True
    )


def _status(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the railways whose status is another."""
    before = old.drop_duplicates("id").set_index("id")["status"]
    was = new["id"].map(before)
    is_other = was.notna() & (was != new["status"])
    change = was + " to " + new["status"]
    return _counted(new[is_other], "railways", "railway", change[is_other])


def _layer(name: str, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what was added, removed and changed in a layer."""
    added = new[~new["id"].isin(old["id"])].assign(change="added")
    removed = old[~old["id"].isin(new["id"])].assign(change="removed")
    before, after = (
        layer.drop_duplicates("id").set_index("id") for layer in (old, new)
    )
    both = before.index.intersection(after.index)
    before, after = before.loc[both], after.loc[both]
    columns = [column.name for column in LAYERS[name].columns if column.name != "id"]
    is_other = ~before.geometry.geom_equals_exact(after.geometry, 0.0)
    for column in columns:
        was, is_now = (
            layer[column].astype("string").fillna("") for layer in (before, after)
        )
        is_other |= was != is_now
    if name == "railways":
        is_other &= before["status"] == after["status"]
    changed = after[is_other.to_numpy(bool)].assign(change="changed")
    rows = pd.concat([added, removed, changed])
    return _counted(rows, name, KIND[name], rows["change"])


def _counted(
    rows: gpd.GeoDataFrame, layer: str, kind: str, change: pd.Series
) -> pd.DataFrame:
    """Return number and kilometres of rows by kind and change, most kilometres first."""
    of_each = pd.DataFrame(
        {"kind": rows[kind], "change": change, "km": length_km(rows)}
    )
    counts = of_each.groupby(["kind", "change"], as_index=False).agg(
        features=("km", "size"), km=("km", "sum")
    )
    counts = counts.sort_values(["km", "features"], ascending=False, kind="stable")
    return counts.assign(layer=layer)[list(HEAD)]
