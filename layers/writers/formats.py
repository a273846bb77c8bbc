"""More formats of every layer, for those who ask for them: GeoParquet 1.1 and FlatGeobuf."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyogrio

from layers.handling import Handling
from layers.writers.layers import Layer

PARQUET: Final = "parquet"
FLATGEOBUF: Final = "flatgeobuf"
NETWORK: Final = "network"
FORMATS: Final = (PARQUET, FLATGEOBUF, NETWORK)


class FormatError(ValueError):
    """A format that is not written."""


def named(listed: str) -> frozenset[str]:
    """Return the formats of a list with commas; `FormatError` for one that is not known.

    >>> sorted(named("parquet, network"))
    ['network', 'parquet']
    """
    found = frozenset(filter(None, (part.strip() for part in listed.split(","))))
    unknown = sorted(found - set(FORMATS))
    if unknown:
        raise FormatError(
            f"--formats names {', '.join(unknown)}. Fix: any of {', '.join(FORMATS)}, with commas"
        )
    return found


def write(
    layers: Iterable[Layer], folder: Path, formats: frozenset[str], handling: Handling
) -> list[Path]:
    """Write each layer in these formats, with credit, licence and run in it; return the files."""
    written = []
    for layer in layers:
        if PARQUET in formats:
            path = folder / f"{layer.name}.parquet"
            frame = layer.frame.copy(deep=False)
            frame.attrs.update(handling.members())
            frame.to_parquet(
                path, index=False, compression="zstd", write_covering_bbox=True,
                schema_version="1.1.0",
            )  # fmt: skip
            written.append(path)
        if FLATGEOBUF in formats:
            path = folder / f"{layer.name}.fgb"
            pyogrio.write_dataframe(
                layer.frame, path, driver="FlatGeobuf", geometry_type=layer.table.geometry,
                promote_to_multi=layer.table.geometry.startswith("Multi"),
                layer_metadata=handling.members(),
                layer_options={
                    "TITLE": layer.name,
                    "DESCRIPTION": f"{layer.table.meaning}. {handling.line()}",
                },
            )  # fmt: skip
            written.append(path)
    return written
