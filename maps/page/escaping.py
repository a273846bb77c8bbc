"""The one place where text from data is made safe for a page.

Names and notes come from files that anyone may have written.  They go to a page through one of
four ways: the escaping templates of `template`, `script_json` for data that a script reads,
`folium_html` for what folium puts in a page, and `layers.package_data.xml_text` for the files that
a page holds.  The page's own script sets text by ``textContent`` and never by ``innerHTML``.  In
the report they stand as `markdown` escapes them.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from html import escape
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from layers.package_data import markdown_text
from maps.words.phrases import Phrase


def asset(name: str, package: str = "maps") -> str:
    """Return a text file of the folder ``assets`` of a package."""
    return resources.files(package).joinpath("assets", name).read_text("utf-8")


@cache
def template(name: str, package: str = "maps") -> Template:
    """Return a template that escapes every value put into it, of the assets of a package."""
    return _environment(package).get_template(name)


@cache
def markdown(
    name: str, filters: Callable[[], Mapping[str, Callable[..., Any]]]
) -> Template:
    """Return a template of ``maps/assets`` for Markdown, in which every value is shown as text."""
    environment = _environment(finalize=_as_markdown)
    environment.filters |= filters()
    return environment.get_template(name)


def _environment(package: str = "maps", **options: Any) -> Environment:
    return Environment(
        autoescape=True,
        loader=FunctionLoader(partial(asset, package=package)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )


def _as_markdown(value: object) -> Markup:
    """Return a value as Markdown shows it: a name makes no link, picture or emphasis."""
    text = value.forms["en"] if isinstance(value, Phrase) else str(value)
    return Markup(markdown_text(text))


def script_json(value: object) -> Markup:
    """Return `value` as JSON that no HTML parser reads as markup, on one line.

    A number that is not finite raises ValueError.
    """
    return htmlsafe_json_dumps(
        value, json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def folium_html(text: object) -> str:
    """Return a text as HTML for folium, which reads what it writes as a template once more.

    >>> folium_html("{{ 7 * 7 }} <b>")
    '&#123;&#123; 7 * 7 }} &lt;b&gt;'
    """
    return escape(str(text)).replace("{", "&#123;")
