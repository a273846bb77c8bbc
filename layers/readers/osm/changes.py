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
    rows = [_status(old.railways, new.railways)]
    rows += [_layer(name, getattr(old, name), getattr(new, name)) for name in KIND]
    return pd.concat(rows, ignore_index=True)


def _status(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the railways whose status is another."""
    status = old.drop_duplicates("id").set_index("id")["status"]
    before = new["id"].map(status)
    change = before + " to " + new["status"]
    is_other = before.notna() & (before != new["status"])
    return _counted(new.assign(change=change)[is_other], "railways")


def _layer(name: str, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what was added, removed and changed in a layer."""
    added = new[~new["id"].isin(old["id"])].assign(change="added")
    removed = old[~old["id"].isin(new["id"])].assign(change="removed")
    before = old.drop_duplicates("id").set_index("id")
    after = new.drop_duplicates("id").set_index("id")
    both = before.index.intersection(after.index)
    before, after = before.loc[both], after.loc[both]
    is_other = ~before.geometry.geom_equals_exact(after.geometry, 0.0)
    for column in LAYERS[name].names:
        if column != "id":
            is_other |= _text(before[column]) != _text(after[column])
    if name == "railways":
        is_other &= before["status"] == after["status"]
    changed = after[is_other.to_numpy(bool)].assign(change="changed")
    return _counted(pd.concat([added, removed, changed]), name)


def _text(values: pd.Series) -> pd.Series:
    return values.astype("string").fillna("")


def _counted(rows: gpd.GeoDataFrame, layer: str) -> pd.DataFrame:
    """Return number and kilometres of rows by kind and change, most kilometres first."""
    features = pd.DataFrame(
        {"kind": rows[KIND[layer]], "change": rows["change"], "km": length_km(rows)}
    )
    counts = features.groupby(["kind", "change"], as_index=False).agg(
        features=("km", "size"), km=("km", "sum")
    )
    counts = counts.sort_values(["km", "features"], ascending=False, kind="stable")
    return counts.assign(layer=layer)[list(HEAD)]
