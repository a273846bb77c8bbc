"""A study is a folder: `study.toml`, and the files that it names.

>>> from layers.readers import bundled, study
>>> study.read(bundled.FOLDER).about.name
'Mitrovica region'

==========  =====================================================================
module      what it does
==========  =====================================================================
`folder`    opens a folder, and gives what a study reads; start here
`settings`  the keys of `study.toml`
`places`    reads the named places
`geojson`   reads the boundary, and ways of the study's own
==========  =====================================================================
"""

from layers.readers.study.folder import FILE, OWN_NETWORK, Study, StudyError, read

__all__ = ["FILE", "OWN_NETWORK", "Study", "StudyError", "read"]
