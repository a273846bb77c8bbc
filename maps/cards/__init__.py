"""Stop cards: an A5 page to hang up where people wait, so that they know when help comes.

=======  ================================================
`pdf`    `cards`, what is on all cards of a plan; typeset as PDF
`texts`  what is printed: texts, days and hours; a page to correct the texts
=======  ================================================

What stands where on a card is in ``maps/assets/stop_card.typ``.
"""

from maps.cards.pdf import NO_CARDS, Cards, cards
from maps.cards.texts import CardError

__all__ = ["NO_CARDS", "CardError", "Cards", "cards"]
