"""Where a service would serve most need within a walk: one place, two, three."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from layers.complaints import UserError
from layers.files import atomic, filenames
from mitrovica.story.outcome import SILENT, Outcome, Watch
from mitrovica.story.patrol_plans import OnRun, read_again
from mitrovica.story.run_and_plan import used_log

REPORT: Final = "sites.md"


@dataclass(frozen=True, kw_only=True)
class Sites(OnRun):
    """Places for a service."""

    service: str | None = None
    most: int = 3
    walk_min: float = 15.0
    out: Path | None = None

    @property
    def target(self) -> Path:
        """The folder for the report and the map."""
        return self.out or self.from_ / "sites"


# The story in its order: read, measure walks, choose, draw, write, tell.
def sites(asked: Sites, watch: Watch = SILENT) -> Outcome:
    """Say where places for a service would serve most need.

    They serve what lies within a walk.  Public places are compared, and centres that are closed.
    It writes a report and a map.

    Parameters
    ----------
    asked : Sites
    watch : Watch, optional
        Hears each stage.

    Returns
    -------
    Outcome

    Raises
    ------
    layers.complaints.UserError
        If the folder holds no run of the study, or there is no such service.
    geo.siting.SitingError
        If the run found no need.
    """
    from geo import schema
    from geo.siting import best_sites, minutes_of, sites_of
    from layers.files.handling import Handling
    from maps import siting_page as drawn

    services = schema.SERVICES["service"].values
    if asked.service not in (None, *services):
        raise UserError(
            f"{asked.service} is no service. Fix: one of {', '.join(services)}"
        )
    earlier = asked.read_earlier()
    used = used_log(asked.log, earlier.study, unused=asked.no_log)
    watch.step("network")
    data, points, params = read_again(asked, earlier, used)
    watch.step("walks")
    places = sites_of(data, params.patrols)
    minutes, need = minutes_of(data, points, places, params.need)
    watch.step("places")
    offers = data.services[data.services["service"] == asked.service]
    is_open = sorted({*offers["place"]} & {*minutes.columns})
    closed = places.index[places["closed"]]
    public = minutes.drop(columns=closed)
    choices = {
        "": best_sites(
            public, need, is_open, most=asked.most, within_min=asked.walk_min
        )
    }
    for site in closed:
        choices[site] = best_sites(
            public.assign(**{site: minutes[site]}),
            need,
            [*is_open, site],
            most=max(asked.most - 1, 0),
            within_min=asked.walk_min,
        )
    lines = drawn.lines(choices, places, is_open, asked.service, asked.walk_min)
    page = drawn.page(choices, places, data)
    handling = Handling.of(datetime.now(UTC).date(), params.privacy)
    files = {REPORT: drawn.report(lines, handling), filenames.MAP: page}
    for name, text in files.items():
        atomic.write(asked.target / name, text)
    return Outcome(
        [*used.lines, *lines, "", f"Wrote {' and '.join(files)} to {asked.target}"]
    )
