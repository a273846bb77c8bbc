"""The office: what a team that plans patrols works with, built on `geo`, `layers` and `maps`.

===========  ================================================================================
room         what it holds
===========  ================================================================================
`cli`        the command line
`desk`       the page on which a night is planned
`story`      each command as a function: read, analyse, draw, write
`terminal`   what commands print
`releases`   what leaves the office, for whom: folders, the gate, the register
`crews`      what crews take along: the leaflet
`adaptation` what visits of the log change in the next nights
`dispatch`   what edits of a night cost, and the rest of a night that is driven
`intake`     what is handed in and kept: files of sightings, new studies, private folders
`machine`    memory, and whether all that the program needs is there
`scenarios`  what a night reaches if the office did something else
`log`        what patrols found: visits and tracks
`brief`      the month and the year in figures, and the pages that show them
`masks`      what of the sightings may leave: cells, twins, differences
===========  ================================================================================

A room needs only those below it in this table (``lint-imports`` holds that).
"""

__version__ = "0.1.0"
