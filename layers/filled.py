"""Templates of `layers/data/templates`, filled; what goes into XML is escaped."""

from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from layers import shipped
from layers.xml import xml_text


def filled(name: str, **values: Any) -> str:
    """Return a template with these values; in all but Markdown, text from data is made safe."""
    return _template(name).render(values)


@cache
def _template(name: str) -> Template:
    return Environment(
        autoescape=not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: xml_text(value) if type(value) is str else value,
    ).from_string(shipped.text("templates", name))
