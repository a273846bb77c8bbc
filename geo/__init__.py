"""Analysis: pure functions on GeoDataFrames and arrays, one measure a file.

Nothing here opens a file, a socket or a clock.  Every measure takes metres: see `geo.crs`.
"""
