"""Words, numbers, dates and names in every language.

Start in `phrases`: how a text gets to the page.

===================  ==============================================================
`catalogue`          words of ``maps/assets/words.toml`` by key; numbers and dates
`phrases`            texts that a page makes, collected once
`names`              names of places, roads, shifts and patrols
`quantities`         minutes, metres, shares as phrases
`kinds`              what a stop is, beside its name
`places`             whether it is closed, how well its position is known
`first_road`         which road each patrol takes first
`corridor_answers`   the three questions about corridors, answered
`sample_size`        what so many sightings can show
`reporting_periods`  months and quarters
`referral`           who helps with which need, in which order
===================  ==============================================================
"""
