"""The still pictures of a patrol as one SVG file, which needs no other file."""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from layers.shipped import xml_text
from maps.page.escaping import asset, template
from maps.panels.timetable import Patrol
from maps.sketch import Sketch, grounds
from maps.sketch.insets import CAPTION, GAP
from maps.words.phrases import collected

Placed = tuple[int, int, Sketch]
"""Left and upper edge of a picture in the file."""

FOOT: Final = 26


def pictures(
    patrols: Iterable[Patrol], handling: str, credits_: Iterable[str], language: str = "en"
) -> dict[str, str]:
    """Return an SVG file for each patrol, by its key: the whole route and what is enlarged.

    `handling` stands in the description of each, whom to credit at its foot.
    """
    patrols = list(patrols)
    texts = collected(patrols)[language]
    css = Markup(asset("sketch.css"))
    files = {}
    for patrol in patrols:
        placed = _placed(patrol.sketches)
        svg = template("picture.svg").render(
            patrol=patrol,
            placed=placed,
            width=max(x + one.width for x, _, one in placed),
            height=max(y + one.height for _, y, one in placed) + FOOT,
            grounds=grounds(patrol.sketches),
            texts=texts,
            handling=handling,
            credits=list(credits_),
            css=css,
        )
        files[patrol.key] = xml_text(svg.lstrip())
    return files


def _placed(sketches: tuple[Sketch, ...]) -> list[Placed]:
    """Return where each picture lies: beside the whole one, or below it where it is wide."""
    whole, *larger = sketches
    below = whole.width == whole.room
    x, y = (0, whole.height + 2 * CAPTION) if below else (whole.width + GAP, CAPTION)
    placed = [(0, CAPTION, whole)]
    for one in larger:
        placed.append((x, y, one))
        x, y = (x + one.width + GAP, y) if below else (x, y + one.height + CAPTION)
    return placed
