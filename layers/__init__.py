"""Data in and out: readers bring data in, writers carry results out.

Both use what lies beside them here: `layers.schema` names every column, dtype and unit;
`layers.records` what goes into a study; `layers.files` says what a run's files are called, and
writes a folder all at once.  Readers and writers never import each other.
`raster` and `terrain` read any GeoTIFF as arrays in metres.
`log` keeps what patrols found, `releases` what leaves the office, `cluster` the large studies.

In a notebook `fetch` gives the OpenStreetMap layers of an area by osmnx, `fetch_graph` its graph;
`from_osmnx` gives the layers of what osmnx has returned to an analyst.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

__all__ = [
    "cluster", "complaints", "files", "log", "palette", "readers", "records", "releases", "schema",
    "shipped", "writers",
]  # fmt: skip


def opened_on_use(
    package: str, *rooms: str, **names: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports a room on its first use.

    `rooms` are the names of its rooms; `names` gives the room of what the package gives itself.

    Examples
    --------
    >>> import layers
    >>> layers.readers.bundled.boundary()["name"].tolist()
    ['Kosovo*']
    """
    known = sorted({*rooms, *names})

    def opened(name: str) -> Any:
        if name in names:
            return getattr(import_module(f"{package}.{names[name]}"), name)
        if name not in rooms:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(known)}")
        return import_module(f"{package}.{name}")

    return opened, lambda: known


_LIVE: Final = "readers.osm.live"
_GRIDS: Final = "readers.grids"

__getattr__, __dir__ = opened_on_use(
    __name__, *__all__, fetch=_LIVE, fetch_graph=_LIVE, from_osmnx=_LIVE,
    raster=_GRIDS, terrain=_GRIDS,
)  # fmt: skip
