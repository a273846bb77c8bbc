"""A study is a folder: `study.toml`, and the files that it names.

>>> from layers.readers import study
>>> study.read().about.name
'Mitrovica region'
"""

from layers.readers.study.opening import FILE, OWN_NETWORK, Study, checked, read

__all__ = ["FILE", "OWN_NETWORK", "Study", "checked", "read"]
