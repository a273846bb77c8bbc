"""Notes and reports in Markdown, and as HTML."""

from functools import partial

from markdown_it import MarkdownIt

from layers import package_data

filled = partial(package_data.filled, package="mitrovica")
"""Return a note of ``mitrovica/assets`` with these values."""


def as_html(markdown: str) -> str:
    """Return a report in Markdown as HTML; what is markup in it stays text.

    >>> as_html("A *b* <i>").strip()
    '<p>A <em>b</em> &lt;i&gt;</p>'
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        # A style in the page itself is refused; so columns of figures get a class.
        if token.attrs.pop("style", None):
            token.attrSet("class", "figure")
    return str(reader.renderer.render(tokens, reader.options, {}))
