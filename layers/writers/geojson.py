"""GeoJSON by RFC 7946, one file a layer."""

import io
import json
from pathlib import Path
from typing import Final

import pyogrio

from layers.handling import Handling
from layers.writers.layers import Layer

OPTIONS: Final = {
    "RFC7946": "YES",
    "COORDINATE_PRECISION": "6",
    "ID_FIELD": "id",
    "WRITE_NAME": "NO",
    "NATIVE_MEDIA_TYPE": "application/vnd.geo+json",
}
"""WGS 84 without a ``crs`` member, exterior rings counter-clockwise, 6 decimals, stable ids."""


def write(layer: Layer, path: Path, handling: Handling) -> None:
    """Write one layer, with the handling words in a member ``handling`` of the collection.

    The column ``id`` becomes the ``id`` member of each feature.  An empty layer becomes a valid
    file without features.
    """
    collection = {"type": "FeatureCollection", "handling": handling.line()}
    # By way of memory: GDAL tells of no error when the disk is full at the last bytes.
    content = io.BytesIO()
    pyogrio.write_dataframe(
        layer.frame,
        content,
        driver="GeoJSON",
        geometry_type=layer.table.geometry,
        promote_to_multi=layer.table.geometry.startswith("Multi"),
        use_arrow=True,
        layer_options={**OPTIONS, "NATIVE_DATA": json.dumps(collection)},
    )
    path.write_bytes(content.getvalue())
