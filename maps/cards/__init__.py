"""Stop cards: an A5 page to hang up where people wait, so that they know when help comes.

=======  ================================================
`pdf`    all cards of a plan: start here
`texts`  what is printed, and what a study puts in its place; a page to correct it
`times`  when each stop is served
=======  ================================================

What stands where on a card is in ``maps/assets/stop_card.typ``.
"""

from maps.cards.pdf import draw_cards, stop_cards
from maps.cards.times import CardError, split_at, visits

__all__ = ["CardError", "draw_cards", "split_at", "stop_cards", "visits"]
