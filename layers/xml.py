"""Text from data in XML, for every writer of it: GPX and KML files, QGIS styles."""

import re
from typing import Final

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return `text` without what XML 1.0 cannot hold; the XML writer escapes the others."""
    return _NOT_XML.sub("", text)
