"""OpenStreetMap: where roads, paths, railways, waterways and facilities come from.

Start with `layers.readers.network.fetch`, which chooses the reader: `live` asks servers by osmnx,
`extract` reads files, and `tags` says for both what tags mean here.
`snapshots` keeps layers on disk, `changes` compares two of them, `queries` bounds the time that
servers have.  No run needs all of these.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
