"""A page with the texts of the cards in every language side by side, to be read and corrected."""

from markupsafe import Markup

from maps.cards.texts import NAMES, Texts, card_keys
from maps.page.escaping import asset, template
from maps.page.figure import policy
from maps.words.catalogue import FROM_RIGHT, UNREAD


def page(texts: Texts, handling: str) -> str:
    """Return the page: it asks for nothing, and saves what a reader corrects as ``words.toml``.

    The handling words stand in its head.
    """
    languages = {
        # The study's key; Serbian is shown in Latin letters, as on the cards.
        "sr" if tag == "sr-Latn" else tag: (
            name,
            tag,
            tag in FROM_RIGHT,
            tag in UNREAD and tag not in texts.read,
        )
        for tag, name in NAMES.items()
    }
    html = template("cards.html").render(
        csp=Markup("@CSP@"),
        handling=handling,
        languages=languages,
        keys=card_keys(),
        say=texts.say,
        script=Markup(asset("cards.js")),
    )
    return html.replace("@CSP@", policy(html, tiles=False), 1)
