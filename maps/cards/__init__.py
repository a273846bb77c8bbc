"""Stop cards: an A5 page to hang up where people wait, so that they know when help comes.

=======  ================================================
`pdf`    all cards of a plan: start here
`texts`  what is printed: texts, days and hours; a page to correct the texts
=======  ================================================

What stands where on a card is in ``maps/assets/stop_card.typ``.
"""

from maps.cards.pdf import draw_cards, stop_cards
from maps.cards.texts import CardError, split_at, visits

__all__ = ["CardError", "draw_cards", "split_at", "stop_cards", "visits"]
