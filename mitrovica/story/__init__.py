"""The story of the program: read, analyse, draw, write; each command is a function here.

A function takes one record of plain values and returns an `Outcome`: lines and tables as a
command shows them, and results.  Nothing is printed; who wants to hear of the work while it goes on
gives a `Watch`.  Here alone readers, writers, log, releases and maps meet.

=================  ==================================================================
module             what it tells
=================  ==================================================================
`preparation`      a new study, its form, its ways; whether the machine has all
`analysis`         check sightings, run a study, measure a large one in parts
`patrol_plans`     plan, check an edited plan, name crews, print the map
`disruption`       the rest of a night, when a vehicle, a road or a crew fails
`edit_costs`       a night that is edited: what it would be, and what each edit costs
`log_entries`      the log
`handout`          the leaflet on the asylum procedure; sheets for partners
`disclosure`       the monthly brief, releases, their recall
`combination`      releases of several offices in one picture
`study_form`       a study's texts, places and parameters, as a form shows and changes them
`siting`           where a service would serve most need within a walk
`submission`       files of sightings: what is read, what is asked, what the study keeps
`visit_page`       a visit told by hand
`run_and_plan`     what a run and a plan do alike
=================  ==================================================================

Examples
--------
>>> from pathlib import Path
>>> from mitrovica import story
>>> story.snapshots(story.Snapshots(store=Path("nowhere"))).shown
['No snapshot in nowhere. Make one: mitrovica fetch --store nowhere']
"""

from mitrovica.story.analysis import (
    CheckSightings,
    Measure,
    Reading,
    Run,
    check_sightings,
    measure,
    run,
)
from mitrovica.story.combination import Combine, combine
from mitrovica.story.disclosure import (
    Brief,
    OfRegister,
    Recall,
    Release,
    brief,
    enter_partner,
    list_releases,
    recall,
    register_shown,
    release,
    take_out_partner,
)
from mitrovica.story.disruption import tonight
from mitrovica.story.edit_costs import (
    OpenNight,
    Weighed,
    changed,
    changed_at,
    last_purge,
    legs,
    moved_in,
    nights_of,
    open_night,
    routes_of,
    weigh,
)
from mitrovica.story.handout import Leaflet, leaflet
from mitrovica.story.log_entries import (
    AddToLog,
    ExportLog,
    MergeLog,
    OfLog,
    PurgeLog,
    Withdraw,
    add_to_log,
    export_log,
    merge_log,
    purge_log,
    show_log,
    withdraw,
)
from mitrovica.story.outcome import Analysed, Outcome, Watch
from mitrovica.story.patrol_plans import (
    CheckPlan,
    Crews,
    OnRun,
    Plan,
    PrintMap,
    check_plan,
    crews,
    plan,
    print_map,
)
from mitrovica.story.plan_comparison import compare
from mitrovica.story.preparation import (
    Fetch,
    Form,
    Init,
    Snapshots,
    TableForm,
    doctor,
    fetch,
    form,
    init,
    snapshots,
    table_form,
    table_form_of,
)
from mitrovica.story.siting import Sites, sites
from mitrovica.story.study_form import (
    OfStudy,
    add_places,
    bounds_of,
    change_study,
    facilities,
    study_shown,
    take_places,
)
from mitrovica.story.submission import (
    Handed,
    TakeIn,
    form_of,
    keep_form,
    look_at,
    sheets_of,
    take_in,
    taken,
)
from mitrovica.story.visit_page import (
    Nights,
    TellVisit,
    questions,
    stops_of_night,
    tell_visit,
    visits_table,
)

__all__ = [
    "AddToLog",
    "Analysed",
    "Brief",
    "CheckPlan",
    "CheckSightings",
    "Combine",
    "Crews",
    "ExportLog",
    "Fetch",
    "Form",
    "Handed",
    "Init",
    "Leaflet",
    "Measure",
    "MergeLog",
    "Nights",
    "OfLog",
    "OfRegister",
    "OfStudy",
    "OnRun",
    "OpenNight",
    "Outcome",
    "Plan",
    "PrintMap",
    "PurgeLog",
    "Reading",
    "Recall",
    "Release",
    "Run",
    "Sites",
    "Snapshots",
    "TableForm",
    "TakeIn",
    "TellVisit",
    "Watch",
    "Weighed",
    "Withdraw",
    "add_places",
    "add_to_log",
    "bounds_of",
    "brief",
    "change_study",
    "changed",
    "changed_at",
    "check_plan",
    "check_sightings",
    "combine",
    "compare",
    "crews",
    "doctor",
    "enter_partner",
    "export_log",
    "facilities",
    "fetch",
    "form",
    "form_of",
    "init",
    "keep_form",
    "last_purge",
    "leaflet",
    "legs",
    "list_releases",
    "look_at",
    "measure",
    "merge_log",
    "moved_in",
    "nights_of",
    "open_night",
    "plan",
    "print_map",
    "purge_log",
    "questions",
    "recall",
    "register_shown",
    "release",
    "routes_of",
    "run",
    "sheets_of",
    "show_log",
    "sites",
    "snapshots",
    "stops_of_night",
    "study_shown",
    "table_form",
    "table_form_of",
    "take_in",
    "take_out_partner",
    "take_places",
    "taken",
    "tell_visit",
    "tonight",
    "visits_table",
    "weigh",
    "withdraw",
]
