"""The desk: a page in the browser on which a night is planned, without a terminal.

One folder is one office.  The desk keeps what is edited there, shows what each edit costs, and
starts commands as jobs; every figure and every file comes of `mitrovica.story`.

==============  =====================================================================
module          what it does
==============  =====================================================================
`server`        serves the pages on this machine alone, until it is stopped
`addresses`     what each address answers
`safety`        who may use it: a key, a cookie, what is refused
`night`         tonight: edits, their costs, planning, publishing
`office`        where everything lies; what the desk keeps between two starts
`edit_steps`    edits as plain values, and the parameters that they stand for
`sightings`     files of sightings: what is read, asked, mended, taken in
`log_page`      pages, tracks, visits by hand, purging
`setup`         a new study: its ways, places, every parameter
`release_page`  briefs, releases, partners, recall
`part`          what the last four have alike
`jobs`          commands that run meanwhile, in processes of their own (`job`)
==============  =====================================================================
"""

from mitrovica.desk.requests import Desk
from mitrovica.story import Outcome, Watch

__all__ = ["Desk", "desk"]


def desk(asked: Desk, watch: Watch) -> Outcome:
    """Open the desk of an office in the browser; Ctrl-C ends it.

    Only this machine and its user reach it, and nothing is fetched.

    Raises
    ------
    layers.files.atomic.BusyError
        If the folder is open at another desk.
    """
    from mitrovica.desk.server import serve

    return serve(asked, watch)
