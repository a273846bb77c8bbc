"""What a large study ends with: hotspots, densities and tiles, beside its parts."""

from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio

from geo import schema
from geo.results import Hotspots
from layers.complaints import UserError
from layers.files import atomic
from layers.files.filenames import RASTERS
from layers.files.handling import Handling
from layers.writers import formats, surfaces
from layers.writers.layer_tables import layer_of

HOTSPOTS: Final = "hotspots.geojson"
TILES: Final = "reported.pmtiles"
LIXELS: Final = "reported_density"


def write(hotspots: Hotspots | None, folder: Path, handling: Handling) -> list[str]:
    """Write hotspots as GeoJSON, densities as GeoTIFF, both as tiles; return what could not be.

    Parameters
    ----------
    hotspots : geo.results.Hotspots or None
        None where the memory does not hold what they need.
    folder : pathlib.Path
        That of `layers.cluster.measure`, whose parts of the density go into the tiles.
    handling : layers.files.handling.Handling
    """
    any_hotspot = False
    if hotspots is not None:
        layer = layer_of(schema.HOTSPOTS, hotspots.table)
        any_hotspot = len(layer.frame) > 0
        with atomic.file(folder / HOTSPOTS) as part:
            formats.geojson(layer, part, handling)
        surfaces.write_densities(hotspots, folder / RASTERS, handling)
    try:
        _tiles(folder, any_hotspot, handling)
    except UserError as error:
        return [f"no {TILES}: {error}"]
    return []


def _tiles(folder: Path, any_hotspot: bool, handling: Handling) -> None:
    """Write where anything was reported as tiles, by way of FlatGeobuf, a file a part."""
    with atomic.aside(folder / "tiles") as made:
        made.mkdir()
        files = []
        for path in sorted((folder / "density").glob("*.parquet")):
            lixels = gpd.read_parquet(path)
            lixels = lixels[lixels["density_per_km"] > 0]
            if len(lixels):
                file = made / f"{path.stem}.fgb"
                pyogrio.write_dataframe(lixels, file, driver="FlatGeobuf")
                files.append((LIXELS, file))
        if any_hotspot:
            files.append(("hotspots", folder / HOTSPOTS))
        if files:
            archive = made / TILES
            formats.write_tiles(files, archive, handling)
            atomic.put({archive: folder / TILES})
