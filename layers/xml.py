"""XML with text from data: GPX and KML files, QGIS styles."""

import re
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from layers import shipped

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return `text` without what XML 1.0 cannot hold; the XML writer escapes the others."""
    return _NOT_XML.sub("", text)


def template(name: str) -> Template:
    """Return a template of `layers/data/templates`, which escapes all text that is put into it."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: xml_text(value) if type(value) is str else value,
    )
    return environment.from_string(shipped.text("templates", name))
