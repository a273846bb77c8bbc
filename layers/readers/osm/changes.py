"""What changed between two snapshots."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.readers.osm.snapshots import LAYERS, length_km
from layers.records import Layers


def lines(before: Layers, after: Layers) -> list[str]:
    """Return in lines for a user what changed, and why that is of little use where it is."""
    layers, status = compare(before, after)
    found = [
        f"{row.Index}: {row.before:,} -> {row.after:,} "
        f"({row.added:,} added, {row.removed:,} removed, {row.reshaped:,} reshaped, "
        f"{row.reclassed:,} reclassed), {row.km_before:,.1f} -> {row.km_after:,.1f} km"
        for row in layers.itertuples()
    ]
    found += [
        f"railway {row.id}: {row.before} -> {row.after}, {row.km:.1f} km"
        for row in status.itertuples()
    ]
    shared = (layers["before"] - layers["removed"]).sum()
    if shared < min(layers["before"].sum(), layers["after"].sum()) / 2:
        found.append(
            "The two share few ids: they cover different areas, or their sources number features "
            "differently.  Read the kilometres, not the counts."
        )
    return found


def compare(before: Layers, after: Layers) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare two snapshots feature by feature.

    Features are the same when their ids are.  OpenStreetMap gives one half of a way that was cut
    in two a new id: that half counts as added.

    Returns by layer the features ``before`` and ``after``, of these ``added``, ``removed``,
    ``reshaped`` and ``reclassed``, ``km_before`` and ``km_after``; and the railways whose status
    changed: ``id``, ``name``, ``before``, ``after``, ``km``.
    """
    rows = {name: _layer(getattr(before, name), getattr(after, name), name) for name in LAYERS}
    layers = pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")
    return layers, _status(before.railways, after.railways)


def _layer(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, name: str) -> dict[str, float]:
    old, new = _by_id(before), _by_id(after)
    both = old.index.intersection(new.index)
    column = LAYERS[name][1]
    same = shapely.equals_identical(np.asarray(old.geometry[both]), np.asarray(new.geometry[both]))
    return {
        "before": len(before),
        "after": len(after),
        "added": len(new.index.difference(old.index)),
        "removed": len(old.index.difference(new.index)),
        "reshaped": int((~same).sum()),
        "reclassed": int((old.loc[both, column] != new.loc[both, column]).sum()),
        "km_before": float(length_km(before).sum()),
        "km_after": float(length_km(after).sum()),
    }


def _status(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    old, new = _by_id(before), _by_id(after)
    both = old.index.intersection(new.index)
    changed = both[(old.loc[both, "status"] != new.loc[both, "status"]).to_numpy(bool)]
    return pd.DataFrame(
        {
            "name": new.loc[changed, "name"],
            "before": old.loc[changed, "status"],
            "after": new.loc[changed, "status"],
            "km": length_km(new.loc[changed]),
        }
    ).reset_index(names="id")


def _by_id(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return layer.drop_duplicates("id").set_index("id")
