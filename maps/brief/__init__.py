"""The month in two pages: one HTML file in four language forms, which needs no script to read.

`page` says in words and tables what `geo.brief` counted; `charts` draws what a table beside it
says in figures.
"""

from maps.brief.page import Content, draw

__all__ = ["Content", "draw"]
