"""Words, numbers, dates and names in every language.

Start in `phrases`: how a text gets to the page.

===================  ==============================================================
`catalogue`          words of ``maps/assets/words.toml`` by key; numbers and dates
`phrases`            texts that a page makes, collected once
`names`              names of places, roads, shifts and patrols; what a place is
`phrased_numbers`    minutes, metres, shares as phrases
`text_tables`        tables of text, which a terminal shows
`corridor_answers`   the three questions about corridors, answered; what so few sightings can show
`broken_rules`       rules that a plan breaks
`about`              title, credits, what the study leaves out, who helps with which need
===================  ==============================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
