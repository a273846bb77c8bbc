"""GeoJSON by RFC 7946, one file a layer."""

import io
import json
from pathlib import Path
from typing import Any, Final

import pyogrio

from layers.handling import Handling
from layers.writers.layers import Layer

FEATURE_ID: Final = "feature_id"
OPTIONS: Final = {
    "RFC7946": "YES",
    "COORDINATE_PRECISION": "6",
    "SIGNIFICANT_FIGURES": "15",
    "ID_FIELD": FEATURE_ID,
    "WRITE_NAME": "NO",
    "NATIVE_MEDIA_TYPE": "application/vnd.geo+json",
}
"""WGS 84 without a ``crs`` member, exterior rings counter-clockwise, 6 decimals, stable ids."""


def write(layer: Layer, path: Path, handling: Handling) -> None:
    """Write one layer, with handling words, credit, licence and run as members of the collection.

    The column ``id`` becomes the ``id`` member of each feature, and stays among the properties, as
    vector tilers drop texts in the other place.  An empty layer becomes a valid file without
    features.
    """
    collection: dict[str, Any] = {"type": "FeatureCollection", **handling.members()}
    if len(layer.frame):
        collection["bbox"] = layer.frame.total_bounds.round(6).tolist()
    # By way of memory: GDAL tells of no error when the disk is full at the last bytes.
    content = io.BytesIO()
    pyogrio.write_dataframe(
        layer.frame.rename(columns={"id": FEATURE_ID}).assign(id=layer.frame["id"]),
        content,
        driver="GeoJSON",
        geometry_type=layer.table.geometry,
        promote_to_multi=layer.table.geometry.startswith("Multi"),
        use_arrow=True,
        layer_options={**OPTIONS, "NATIVE_DATA": json.dumps(collection)},
    )
    path.write_bytes(content.getvalue())
