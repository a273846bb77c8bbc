"""OpenStreetMap: where roads, paths, railways, waterways and facilities come from.

Start with `layers.readers.network.fetch`, which chooses the reader: `live` asks servers by osmnx,
`extract` and `roads_file` read files, and `tags` says for all of them what tags mean here.
`snapshots` keeps layers on disk, `changes` compares two of them, `asking` bounds the time that
servers have.  No run needs all of these.
"""

from geo.rooms import opened_on_use

__all__ = [
    "asking",
    "changes",
    "extract",
    "live",
    "roads_file",
    "snapshots",
    "tags",
]

__getattr__, __dir__ = opened_on_use(__name__, *__all__)
