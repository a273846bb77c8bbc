"""A study is a folder: `study.toml`, and the files that it names.

>>> from layers.readers import bundled, study
>>> study.read(bundled.FOLDER).about.name
'Mitrovica region'
"""

from layers.readers.study.folder import FILE, OWN_NETWORK, Study, read

__all__ = ["FILE", "OWN_NETWORK", "Study", "read"]
